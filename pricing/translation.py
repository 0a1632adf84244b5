"""Which texts of prices exist once per language."""

from modeltranslation.translator import TranslationOptions, register

from pricing.models import Promotion


@register(Promotion)
class PromotionTranslation(TranslationOptions):
    """The name that customers read as the reason for a price."""

    fields = ("name",)
    required_languages = {"en": ("name",)}
