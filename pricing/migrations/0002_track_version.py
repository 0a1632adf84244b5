"""Let every change that may move a price raise the price book's version."""

from django.db import migrations

from shopbot.kernel.versions import TrackVersion

TABLES = (
    "pricing_affiliate",
    "pricing_affiliateprogram",
    "pricing_currencysetting",
    "pricing_experiment",
    "pricing_experimentarm",
    "pricing_fxrate",
    "pricing_localprice",
    "pricing_priceversion",
    "pricing_pricingrules",
    "pricing_promolimit",
    "pricing_promotion",
    "pricing_promotion_categories",
    "pricing_promotion_products",
    "pricing_promotion_regions",
    "pricing_promotion_tiers",
    "pricing_promotionamount",
    "pricing_quantitystep",
    "pricing_region",
    "pricing_versionprice",
    "pricing_volumestep",
    "catalog_category",
    "catalog_product",
    "catalog_producttier",
)


class Migration(migrations.Migration):
    """Put triggers on the tables that the price book is read from."""

    dependencies = [
        ("pricing", "0001_initial"),
        ("catalog", "0002_track_version"),
        ("kernel", "0001_initial"),
    ]

    operations = [TrackVersion("pricing", table) for table in TABLES]
