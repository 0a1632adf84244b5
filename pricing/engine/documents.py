"""How do a question and the part of the price book it touched survive as JSON?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import orjson

T = TypeVar("T")


def written(value: Any) -> bytes:
    """Return JSON values and values of the engine in the one form that equal ones share.

    Keys and sets are sorted, fields keep their order, private ones are left out.
    """
    return orjson.dumps(
        value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return tuple(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def decode(kind: Any, document: Any) -> Any:
    """Return the value of type ``kind`` that ``written`` wrote as ``document``."""
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
