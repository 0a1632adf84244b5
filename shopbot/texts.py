"""Are the shop's translations complete, and do they fill in the same values?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings

from shopbot.health import Finding

_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)|\{(\w*)\}")
#: Other packages bring catalogs of their own; those are theirs to mend.
_HOME: Final = settings.BASE_DIR


def catalogs() -> Iterator[Path]:
    """Yield the path of every catalog of the shop's own."""
    folders = [*settings.LOCALE_PATHS]
    folders += [Path(config.path) / "locale" for config in apps.get_app_configs()]
    for folder in folders:
        path = Path(folder)
        if path.is_relative_to(_HOME) and ".venv" not in path.parts:
            yield from sorted(path.glob("*/LC_MESSAGES/*.po"))


def findings() -> Iterator[Finding]:
    """Judge each catalog: nothing missing, the same placeholders, compiled."""
    faults = [finding for path in catalogs() for finding in judge(path)]
    yield from faults
    if not faults:
        yield Finding("texts")


def judge(path: Path) -> Iterator[Finding]:
    """Yield what is wrong with one catalog."""
    with path.open("rb") as file:
        catalog = read_po(file)
    where = str(path.relative_to(_HOME)) if path.is_relative_to(_HOME) else path.name
    wrong = [_named(message) for message in _real(catalog) if not _agrees(message)]
    missing = [_named(message) for message in _real(catalog) if not _is_translated(message)]
    if missing:
        yield Finding(
            "texts",
            f"{where}: {len(missing)} not translated, as {missing[0]}",
            f"Add to {where}.",
        )
    if wrong:
        yield Finding(
            "texts", f"{where}: other placeholders in {wrong[0]}", f"Correct it in {where}."
        )
    compiled = path.with_suffix(".mo")
    if not compiled.exists():
        yield Finding("texts", f"{where} is not compiled", "Run `make texts-compile`.")


def _real(catalog: Catalog) -> Iterable[Message]:
    return (message for message in catalog if message.id)


def _forms(value: object) -> list[str]:
    return [str(form) for form in value] if isinstance(value, list | tuple) else [str(value)]


def _is_translated(message: Message) -> bool:
    return not message.fuzzy and all(_forms(message.string))


def _agrees(message: Message) -> bool:
    """Say whether every form fills in what some form of the source does, and no more."""
    allowed = set().union(*(_placeholders(form) for form in _forms(message.id)))
    return all(_placeholders(form) <= allowed for form in _forms(message.string))


def _placeholders(text: str) -> set[str]:
    return {named or braced for named, braced in _PLACEHOLDER.findall(text)}


def _named(message: Message) -> str:
    return repr(_forms(message.id)[0][:60])
