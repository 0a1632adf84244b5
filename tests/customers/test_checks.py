from customers.checks import languages_agree


def test_languages_of_the_settings_and_of_customers_must_be_the_same(settings):
    assert languages_agree(None) == []

    settings.LANGUAGES = [("en", "English"), ("fr", "French")]

    [message] = languages_agree(None)
    assert message.id == "customers.E001"
