"""What does the Bot API's own description say about a method or a type?"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SPEC_PATH = Path(__file__).with_name("botapi-10.3.json")


@dataclass(frozen=True, slots=True)
class Kind:
    """A parsed type expression: ``name`` is "Integer", "Array", "OneOf" or a type's name."""

    name: str
    inner: "tuple[Kind, ...]" = ()

    @property
    def words(self) -> str:
        """The name as Telegram's error texts spell it: "InlineKeyboardButton" in words."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", self.name).lower()


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of a method or one field of a type."""

    name: str
    kind: Kind
    is_required: bool
    length: tuple[int, int] | None
    unit: str
    span: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Method:
    """A Bot API method with its parameters by name."""

    name: str
    parameters: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A Bot API type: an object with fields, or a choice between other types."""

    name: str
    fields: Mapping[str, Field]
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """The whole description: methods by lower-case name, types by name."""

    version: str
    methods: Mapping[str, Method]
    types: Mapping[str, ObjectType]


def parse_kind(text: str) -> Kind:
    """Read a type expression such as "Array of InputMediaPhoto and InputMediaVideo"."""
    if text.startswith("Array of "):
        return Kind("Array", (parse_kind(text.removeprefix("Array of ")),))
    names = re.split(r", | and | or ", text)
    if len(names) == 1:
        return Kind(text)
    return Kind("OneOf", tuple(Kind(name) for name in names))


def _field(name: str, entry: Mapping[str, Any]) -> Field:
    length, span = entry.get("length"), entry.get("range")
    return Field(
        name=name,
        kind=parse_kind(entry["type"]),
        is_required=entry["required"],
        length=(length[0], length[1]) if length else None,
        unit=entry.get("unit", "characters"),
        span=(span[0], span[1]) if span else None,
    )


def _fields(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Field]:
    return {name: _field(name, entry) for name, entry in entries.items()}


@cache
def load_spec() -> Spec:
    """Read the description that ships beside this module, once per process."""
    data = json.loads(SPEC_PATH.read_text(encoding="utf-8"))
    return Spec(
        version=data["bot_api"],
        methods={
            name.lower(): Method(name, _fields(entry["params"]))
            for name, entry in data["methods"].items()
        },
        types={
            name: ObjectType(
                name, _fields(entry.get("fields", {})), tuple(entry.get("one_of", ()))
            )
            for name, entry in data["types"].items()
        },
    )
