"""Which parts of a text may nobody read in a log or on an error page?"""

from __future__ import annotations

import re
from collections.abc import ItemsView, Mapping, MutableMapping
from typing import Any, Final

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

HIDDEN: Final = "[hidden]"

_NAMES: Final = re.compile(
    r"token|secret|passw|authorization|cookie|signature|api_?key|webhook_?key|database_url|"
    r"redis_url|broker_url|initdata|card",
    re.IGNORECASE,
)
#: Long fields of Telegram and Stripe that only look like names of secrets.
_HARMLESS: Final = frozenset({"csrf_cookie_name", "token_type"})
_VALUES: Final = (
    # A bot token, alone or in the path of a Bot API address.
    (re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}"), HIDDEN),
    # Stripe: secret and restricted keys, webhook secrets.
    (re.compile(r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]+|\bwhsec_[A-Za-z0-9+/=]+"), HIDDEN),
    # The password in an address.
    (re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+(?=@)"), rf"\1:{HIDDEN}"),
    # A bearer or API key in a header that was logged as text.
    (re.compile(r"(?i)\b(bearer|basic|api-key)\s+[a-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
)  # fmt: skip


def redact_text(text: str) -> str:
    """Hide every token, key and password that the text shows by its form."""
    for pattern, replacement in _VALUES:
        text = pattern.sub(replacement, text)
    return text


def redact(value: Any, name: str = "") -> Any:
    """Hide what is secret in a value of any depth, by the names of its parts or by its form."""
    if name and name.lower() not in _HARMLESS and _NAMES.search(name):
        return HIDDEN if value else value
    # By the real type: a lazy object only claims to be what it stands for.
    kind = type(value)
    if issubclass(kind, str):
        return redact_text(value)
    if issubclass(kind, bytes):
        return redact_text(value.decode(errors="replace"))
    if issubclass(kind, Mapping):
        return {key: redact(part, str(key)) for key, part in value.items()}
    if kind in {list, tuple, set, frozenset}:
        return [redact(part) for part in value]
    return value


def redact_event(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide secrets in a log record; a structlog processor."""
    return {key: redact(value, key) for key, value in event.items()}


class ErrorPageFilter(SafeExceptionReporterFilter):
    """Hide the variables of an error page whose names say that they are secret."""

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: Any
    ) -> ItemsView[str, Any]:
        """Hide secrets among the variables of one frame."""
        variables = super().get_traceback_frame_variables(request, tb_frame)
        return {
            name: HIDDEN if _NAMES.search(name) else value for name, value in variables
        }.items()


class ErrorPage(ExceptionReporter):
    """An error page on which everything that looks like a secret is hidden, wherever it is."""

    def get_traceback_html(self) -> SafeString:
        """Write the page for a browser."""
        return mark_safe(redact_text(super().get_traceback_html()))  # noqa: S308  it was safe

    def get_traceback_text(self) -> SafeString:
        """Write the page for a terminal or a mail."""
        return mark_safe(redact_text(super().get_traceback_text()))  # noqa: S308  it was safe
