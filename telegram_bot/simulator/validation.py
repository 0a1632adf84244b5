"""Does a call keep to the Bot API's description, value by value?

Strings are turned into the described types, as Telegram does with form fields; the first
fault ends the call with the description that Telegram would give.
"""

import json
import os.path
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from telegram_bot.simulator.errors import ApiError, bad_request
from telegram_bot.simulator.parameters import Parameters, Upload
from telegram_bot.simulator.spec import Field, Kind, Method, ObjectType, load_spec

TRUE_WORDS = frozenset({"true", "yes", "1"})
FALSE_WORDS = frozenset({"false", "no", "0", ""})

# Lengths of these are limits after entity parsing, which only the method's own code knows.
MEASURED_LATER = frozenset({"text", "caption", "explanation", "question"})

MISSING: Mapping[str, str] = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
    "user_id": "invalid user_id specified",
}
TOO_LONG: Mapping[str, str] = {
    "callback_data": "BUTTON_DATA_INVALID",
    "payload": "INVOICE_PAYLOAD_INVALID",
    "title": "INVOICE_TITLE_INVALID",
    "description": "INVOICE_DESCRIPTION_INVALID",
    "secret_token": "secret token is too long",
    "command": "BOT_COMMAND_INVALID",
}
DISCRIMINATORS = ("type", "source", "status")
# Statuses are the only discriminators whose values are not the type's own name.
STATUS_OF = {"Owner": "creator", "Banned": "kicked"}


@dataclass(slots=True)
class Checked:
    """A call that kept to the description."""

    method: str
    values: dict[str, Any]
    files: Mapping[str, Upload]
    warnings: list[str] = field(default_factory=list)
    # As it was sent, for rules about parameters that the method does not even have.
    raw: Mapping[str, Any] = field(default_factory=dict)


def utf16_length(text: str) -> int:
    """Count as Telegram counts: an emoji outside the basic plane is two."""
    return len(text.encode("utf-16-le")) // 2


def measure(text: str, unit: str) -> int:
    """Measure in bytes or in UTF-16 code units."""
    return len(text.encode()) if unit == "bytes" else utf16_length(text)


def discriminator_of(union: str, choice: str) -> str:
    """The value that names ``choice`` within ``union``: "all_private_chats" or "photo"."""
    suffix = choice.removeprefix(union)
    if suffix in STATUS_OF:
        return STATUS_OF[suffix]
    suffix = suffix.removeprefix("Cached")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", suffix).lower()


class Checker:
    """Checks the values of one call and remembers what Telegram would silently ignore."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def value(self, kind: Kind, given: Any, where: str) -> Any:
        """Return ``given`` as the described type, or refuse it."""
        if kind.name == "Array":
            items = self._parsed(given, where)
            if not isinstance(items, list):
                raise bad_request(f"can't parse {where}: expected an Array")
            return [self.value(kind.inner[0], item, where) for item in items]
        if kind.name == "OneOf":
            return self._one_of(kind, given, where)
        simple = SIMPLE.get(kind.name)
        if simple is not None:
            return simple(given, where)
        return self.object(load_spec().types[kind.name], given, where)

    def object(self, described: ObjectType, given: Any, where: str) -> Any:
        """Check an object of a named type with all its fields."""
        value = self._parsed(given, where)
        if not isinstance(value, dict):
            raise bad_request(f"can't parse {where}: expected an Object")
        if described.choices:
            return self.object(self._choice(described, value, where), value, where)
        self._warn_of_unknown(described.fields, value, described.name)
        label = Kind(described.name).words
        checked = dict(value)
        for name, one in described.fields.items():
            if value.get(name) is None:
                if one.is_required:
                    raise bad_request(f"can't parse {label}: Can't find field \"{name}\"")
                continue
            checked[name] = self.field(one, value[name], f'{label}: Field "{name}"')
        return checked

    def field(self, one: Field, given: Any, where: str) -> Any:
        """Check one field: its type, then its length or range."""
        value = self.value(one.kind, given, where)
        if one.length and isinstance(value, str) and one.name not in MEASURED_LATER:
            self._check_length(one, value, where)
        if one.span and isinstance(value, int) and not one.span[0] <= value <= one.span[1]:
            low, high = one.span
            raise bad_request(f"{where} must be between {low} and {high}")
        return value

    def _check_length(self, one: Field, value: str, where: str) -> None:
        low, high = one.length or (0, 0)
        size = measure(value, one.unit)
        if low <= size <= high:
            return
        hint = f"{where}: {size} {one.unit}, allowed are {low} to {high}"
        raise bad_request(TOO_LONG.get(one.name, f"{where} has a wrong length"), hint=hint)

    def _parsed(self, given: Any, where: str) -> Any:
        if not isinstance(given, str):
            return given
        try:
            return json.loads(given)
        except ValueError as error:
            raise bad_request(f"can't parse {where} JSON object", hint=str(error)) from error

    def _one_of(self, kind: Kind, given: Any, where: str) -> Any:
        names = [choice.name for choice in kind.inner]
        if names == ["Integer", "String"]:
            return _integer(given, where) if _is_integer(given) else _string(given, where)
        if names == ["InputFile", "String"]:
            return _string(given, where)
        union = ObjectType(os.path.commonprefix(names), {}, tuple(names))
        return self.object(union, given, where)

    def _choice(self, union: ObjectType, value: dict[str, Any], where: str) -> ObjectType:
        types = [load_spec().types[name] for name in union.choices]
        named = [one for one in types if self._is_named(union.name, one, value)]
        unnamed = [one for one in types if not any(key in one.fields for key in DISCRIMINATORS)]
        for one in named + unnamed:
            if self._has_required(one, value):
                return one
        if named:
            return named[0]
        raise bad_request(f"can't parse {where}: object expected as {where}")

    @staticmethod
    def _is_named(union: str, one: ObjectType, value: dict[str, Any]) -> bool:
        name = discriminator_of(union, one.name)
        return any(value.get(key) == name for key in DISCRIMINATORS if key in one.fields)

    @staticmethod
    def _has_required(described: ObjectType, value: dict[str, Any]) -> bool:
        return all(name in value for name, one in described.fields.items() if one.is_required)

    def _warn_of_unknown(
        self, known: Mapping[str, Field], given: Mapping[str, Any], label: str
    ) -> None:
        self.warnings.extend(
            f'Telegram ignores "{name}": {label} has no such field'
            for name in given
            if name not in known
        )


def _is_integer(given: Any) -> bool:
    if isinstance(given, bool):
        return False
    return isinstance(given, int) or (
        isinstance(given, str) and re.fullmatch(r"-?\d{1,19}", given.strip()) is not None
    )


def _integer(given: Any, where: str) -> int:
    if not _is_integer(given):
        raise bad_request(f"{where} must be of type Integer")
    return int(given)


def _number(given: Any, where: str) -> float:
    try:
        return float(given)
    except (TypeError, ValueError) as error:
        raise bad_request(f"{where} must be of type Number") from error


def _string(given: Any, where: str) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise bad_request(f"{where} must be of type String")
    return str(given)


def _boolean(given: Any, where: str) -> bool:
    word = str(given).strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise bad_request(f"{where} must be of type Boolean")


SIMPLE = {
    "Integer": _integer,
    "Float": _number,
    "String": _string,
    "Boolean": _boolean,
    "True": _boolean,
    "InputFile": _string,
}


def find_method(name: str) -> Method:
    """Look a method up, whatever its case."""
    method = load_spec().methods.get(name.lower())
    if method is None:
        raise ApiError(
            404, "Not Found: method not found", hint=f"No method is called {name!r}."
        )
    return method


def check_call(name: str, given: Parameters) -> Checked:
    """Hold a call to the description of its method.

    An empty string counts as absent, as it does for Telegram: a form cannot say "nothing".

    Raises:
        ApiError: the method is unknown, or a value is missing, ill-typed or out of bounds.
    """
    method, checker = find_method(name), Checker()
    values: dict[str, Any] = {}
    for key, one in method.parameters.items():
        sent = given.values.get(key)
        if sent is None and key in given.files:
            sent = f"attach://{key}"
        if sent is None or (sent == "" and key not in ("url", "text", "caption")):
            if one.is_required:
                raise bad_request(MISSING.get(key, f'parameter "{key}" is required'))
            continue
        values[key] = checker.field(one, sent, f'parameter "{key}"')
    attached = {
        name for name in given.files if name not in method.parameters
    }  # files named by attach:// inside JSON
    extra = [key for key in given.values if key not in method.parameters and key != "method"]
    checker.warnings.extend(
        f'Telegram ignores "{key}": {method.name} has no such parameter'
        for key in extra
        if key not in attached
    )
    return Checked(method.name, values, given.files, checker.warnings, given.values)


def check_object(type_name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Hold an object of our own making to its description, as tests do with each update."""
    checker = Checker()
    checked: dict[str, Any] = checker.object(
        load_spec().types[type_name], dict(value), Kind(type_name).words
    )
    if checker.warnings:
        raise bad_request("; ".join(checker.warnings))
    return checked
