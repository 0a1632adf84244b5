"""How do a question and the part of the price book it touched survive as JSON?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def encode(value: Any) -> Any:
    """Return a value of the engine as JSON values; sets sorted, private fields left out."""
    if dataclasses.is_dataclass(value):
        return {
            each.name: encode(getattr(value, each.name))
            for each in dataclasses.fields(value)
            if not each.name.startswith("_")
        }
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): encode(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [encode(each) for each in value]
    return value


def decode(kind: Any, document: Any) -> Any:
    """Return the value of type ``kind`` that ``encode`` wrote as ``document``."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if document is None and NoneType in arguments:
            return None
        return decode(next(each for each in arguments if each is not NoneType), document)
    if origin is not None:
        return _decode_many(origin, arguments, document)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{name: decode(hints[name], each) for name, each in document.items()})
    if isinstance(kind, type) and issubclass(kind, tuple):
        return kind(*document)
    if kind in (datetime, date):
        return kind.fromisoformat(document)
    return int(document) if kind is int else document


def _decode_many(origin: Any, arguments: tuple[Any, ...], document: Any) -> Any:
    if origin is frozenset:
        return frozenset(document)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return tuple(decode(arguments[0], each) for each in document)
        return tuple(decode(*pair) for pair in zip(arguments, document, strict=True))
    key, each = arguments
    return {decode(key, name): decode(each, value) for name, value in document.items()}


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
