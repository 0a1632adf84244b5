from catalog.checks import exports_hold_no_formulas, texts_fall_back_to_english


def ids(messages):
    return [message.id for message in messages]


def test_texts_must_fall_back_to_english(settings):
    assert texts_fall_back_to_english(None) == []

    settings.MODELTRANSLATION_DEFAULT_LANGUAGE = "de"

    assert ids(texts_fall_back_to_english(None)) == ["catalog.E001"]


def test_exports_must_not_carry_formulas(settings):
    settings.IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
    assert exports_hold_no_formulas(None) == []

    settings.IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = False

    assert ids(exports_hold_no_formulas(None)) == ["catalog.W001"]
