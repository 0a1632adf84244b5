"""Which texts of the catalog exist once per language."""

from modeltranslation.translator import TranslationOptions, register

from catalog.models import Category, Product, ProductTier


@register(Category)
class CategoryTranslation(TranslationOptions):
    """Texts of a category."""

    fields = ("name", "description")
    required_languages = {"en": ("name",)}


@register(Product)
class ProductTranslation(TranslationOptions):
    """Texts of a product."""

    fields = ("name", "description", "features")
    required_languages = {"en": ("name",)}


@register(ProductTier)
class ProductTierTranslation(TranslationOptions):
    """Texts of a tier."""

    fields = ("name",)
    required_languages = {"en": ("name",)}
