"""Every text of the shop is there in every language, compiled, and says the same things."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from django.utils.translation import gettext, ngettext

from telegram_bot import texts

PLACES = re.compile(r"\{\w+\}|%\(\w+\)[sd]|</?\w+>|/[a-z]{3,}\b")


def test_nothing_is_missing_left_over_or_uncompiled():
    assert [str(problem) for problem in texts.problems()] == []


@pytest.mark.parametrize("language", texts.languages())
def test_translations_keep_places_markup_and_commands(language):
    for message in texts.read(language):
        if not message.id:
            continue
        sources = message.id if message.pluralizable else (message.id,)
        strings = message.string if message.pluralizable else (message.string,)
        allowed = [set(PLACES.findall(source)) for source in sources]
        for string in strings:
            assert set(PLACES.findall(string)) in allowed, string
        assert set(PLACES.findall(strings[-1])) == allowed[-1]


@pytest.mark.parametrize("language", texts.languages())
def test_answers_to_buttons_fit_into_two_hundred_characters(language):
    with translation.override(language):
        said = gettext(
            "Something went wrong on our side. We are on it; please try again in a minute."
        )

    assert len(said) <= 200


def test_russian_has_three_plurals():
    with translation.override("ru"):
        months = [
            ngettext("{count} month", "{count} months", n).format(count=n) for n in (1, 3, 12)
        ]

    assert months == ["1 месяц", "3 месяца", "12 месяцев"]


@pytest.fixture
def small_shop(settings, tmp_path):
    """A shop of one app that says one thing."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "apps.py").touch()
    (tmp_path / "app" / "words.py").write_text('print(_("A text that nobody translated"))')
    settings.BASE_DIR = tmp_path
    return tmp_path


def test_a_text_without_a_translation_is_a_problem_with_its_name(small_shop):
    for language in texts.languages():
        texts.update(language, texts.extract())

    found = [str(problem) for problem in texts.problems()]

    assert found == [
        f"{language}: missing: 'A text that nobody translated'"
        for language in texts.languages()
    ]


def test_the_command_says_that_all_is_there():
    out = StringIO()

    call_command("texts", "--check", stdout=out)

    assert "All texts are there" in out.getvalue()


def test_the_command_checks_without_changing_and_fails_while_something_is_due(small_shop):
    with pytest.raises(CommandError, match="need a translator"):
        call_command("texts", "--check", stdout=StringIO())
    assert not (small_shop / "locale").exists()

    with pytest.raises(CommandError, match="3 texts need a translator"):
        call_command("texts", stdout=StringIO())
    assert (small_shop / "locale" / "de" / "LC_MESSAGES" / "django.mo").exists()


def test_updating_drops_what_is_gone_adds_what_is_new_and_keeps_the_rest(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    template = texts.Catalog()
    template.add("Old")
    template.add("Kept")
    texts.update("de", template)
    held = texts.read("de")
    held["Kept"].string = "Behalten"
    texts.catalog_path("de").write_bytes(texts._written(held))

    template = texts.Catalog()
    template.add("Kept")
    template.add("New")
    texts.update("de", template)

    held = texts.read("de")
    assert {message.id: message.string for message in held if message.id} == {
        "Kept": "Behalten",
        "New": "",
    }
    assert texts.catalog_path("de").with_suffix(".mo").exists()
