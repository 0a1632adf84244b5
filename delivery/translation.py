"""Which texts of a delivery exist once per language."""

from modeltranslation.translator import TranslationOptions, register

from delivery.models import DeliveryItem, ShippingOption


@register(DeliveryItem)
class DeliveryItemTranslation(TranslationOptions):
    """The heading of a file or text."""

    fields = ("title",)
    required_languages = {"en": ("title",)}


@register(ShippingOption)
class ShippingOptionTranslation(TranslationOptions):
    """The name on the button."""

    fields = ("name",)
    required_languages = {"en": ("name",)}
