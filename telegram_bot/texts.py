"""Are all texts of the shop there in every language, and compiled?

gettext's files without gettext's programs: Babel extracts, merges, checks and compiles.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

SOURCE_LANGUAGE: Final = "en"
#: What stands in ``shopbot`` itself is for staff, who read English.
_STAFF_ONLY: Final = "shopbot"
_METHODS: Final = [
    ("simulator/**", "ignore"),
    ("migrations/**", "ignore"),
    # Staff read English.
    ("templates/*/admin/**", "ignore"),
    ("**.py", "telegram_bot.texts:extract_code"),
    ("**.html", "telegram_bot.texts:extract_template"),
]
_KEYWORDS: Final = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
}
_A_TEXT: Final = re.compile(rf"\b({'|'.join(_KEYWORDS)})\(".encode())
#: A date would change the files with every run.
_NO_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend in one language."""

    language: str
    text: str
    what: str

    def __str__(self) -> str:
        return f"{self.language}: {self.what}: {self.text!r}"


def languages() -> tuple[str, ...]:
    """Return the languages that have a catalog: all but the one that the code is written in."""
    return tuple(code for code, _ in settings.LANGUAGES if code != SOURCE_LANGUAGE)


def extract() -> Catalog:
    """Collect every text of the shop from its code."""
    found = Catalog(project="shopbot", creation_date=_NO_DATE, fuzzy=False)
    for app in _apps():
        for name, _line, text, comments, context in extract_from_dir(
            settings.BASE_DIR / app, method_map=_METHODS, keywords=_KEYWORDS
        ):
            place = [(f"{app}/{name}", 0)]
            found.add(text, locations=place, auto_comments=comments, context=context)
    return found


def _apps() -> list[str]:
    found = (path.parent.name for path in settings.BASE_DIR.glob("*/apps.py"))
    return sorted(name for name in found if name != _STAFF_ONLY)


def extract_code(
    file: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: Any
) -> Iterator[Any]:
    """Find texts in a module; one in twenty has any, and only those are read word by word."""
    code = file.read()
    if _A_TEXT.search(code):
        yield from extract_python(BytesIO(code), dict.fromkeys(keywords), comment_tags, options)


def extract_template(
    file: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: Any
) -> Iterator[Any]:
    """Find texts in a template: Django writes it as code whose texts are gettext calls."""
    code = templatize(file.read().decode())
    wanted = dict.fromkeys([*keywords, "gettext", "ngettext"])
    yield from extract_python(BytesIO(code.encode()), wanted, comment_tags, {})


def catalog_path(language: str) -> Path:
    """Return where a language's texts are edited; the compiled ones stand beside them."""
    return settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """Read a language's texts, none where there is no file yet."""
    path = catalog_path(language)
    if not path.exists():
        return Catalog(locale=language, project="shopbot", creation_date=_NO_DATE, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str, template: Catalog) -> None:
    """Bring a language's file to the texts that the code has now, and compile it.

    What the code has no more is dropped; nothing is guessed from similar texts.
    """
    merged = read(language)
    merged.update(template, no_fuzzy_matching=True)
    merged.obsolete.clear()
    merged.revision_date = merged.creation_date = _NO_DATE
    merged.header_comment = f"# The shop's texts in {language}. Written by `manage.py texts`."
    merged.last_translator = merged.language_team = "shopbot"
    merged.msgid_bugs_address, merged.version = "", ""
    path = catalog_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_written(merged))
    path.with_suffix(".mo").write_bytes(_compiled(read(language)))


def problems() -> Iterator[Problem]:
    """Yield what is missing, left over, wrongly formed or not compiled."""
    template = extract()
    for language in languages():
        held = read(language)
        yield from _texts_at_odds(language, template, held)
        compiled = catalog_path(language).with_suffix(".mo")
        if not compiled.exists() or compiled.read_bytes() != _compiled(held):
            yield Problem(language, str(compiled.name), "not compiled")


def _texts_at_odds(language: str, template: Catalog, held: Catalog) -> Iterator[Problem]:
    wanted = {message.id for message in template if message.id}
    for message in held:
        if message.id and message.id not in wanted:
            yield Problem(language, _name(message), "left over")
    for message in template:
        if not message.id:
            continue
        own = held.get(message.id)
        if own is None or not _is_complete(own, held):
            yield Problem(language, _name(message), "missing")
        else:
            for error in own.check(held):
                yield Problem(language, _name(message), str(error))


def _is_complete(message: Message, held: Catalog) -> bool:
    if message.fuzzy:
        return False
    if message.pluralizable:
        forms = tuple(message.string or ())
        return len(forms) == held.num_plurals and all(forms)
    return bool(message.string)


def _name(message: Message) -> str:
    return str(message.id[0] if message.pluralizable else message.id)


def _written(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, catalog, width=96, sort_output=True, include_lineno=False)
    return file.getvalue()


def _compiled(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()
