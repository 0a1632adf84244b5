import pytest

from customers.languages import guess_language, guess_region


@pytest.mark.parametrize(
    ("code", "language"),
    [("en", "en"), ("ru", "ru"), ("de-AT", "de"), ("es_MX", "es"), ("fr", "en"), ("", "en")],
)
def test_the_language_is_the_nearest_the_shop_speaks(code, language):
    assert guess_language(code) == language


@pytest.mark.parametrize(
    ("code", "region"),
    [
        ("en-GB", "GB"),
        ("en_gb", "GB"),
        ("en", "US"),
        ("en-US", "US"),
        ("en-IE", "EU"),
        ("en-IN", "ASIA"),
        ("de", "EU"),
        ("es", "EU"),
        ("es-MX", "US"),
        ("fr", "EU"),
        ("ru", "EU"),
        ("uk", "EU"),
        ("pt-BR", "US"),
        ("zh-hans", "ASIA"),
        ("ja", "ASIA"),
        ("ko", "ASIA"),
        ("hi", "ASIA"),
        ("id", "ASIA"),
        ("th", "ASIA"),
        ("vi", "ASIA"),
        ("tlh", "US"),
        ("", "US"),
    ],
)
def test_the_region_follows_the_country_first_and_the_language_second(code, region):
    assert guess_region(code) == region
