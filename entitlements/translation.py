"""Which texts of entitlements exist once per language."""

from modeltranslation.translator import TranslationOptions, register

from entitlements.models import EntitlementType, Privilege


@register(EntitlementType)
class EntitlementTypeTranslation(TranslationOptions):
    """Texts of an entitlement."""

    fields = ("name", "description")
    required_languages = {"en": ("name",)}


@register(Privilege)
class PrivilegeTranslation(TranslationOptions):
    """Texts of a privilege."""

    fields = ("name",)
    required_languages = {"en": ("name",)}
