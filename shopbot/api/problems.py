"""How does the API say that something went wrong?

Every refusal is an RFC 9457 problem with our stable ``code``; programs act on the code, people
read the title.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import structlog
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from shopbot.kernel.errors import Busy, ShopError

CONTENT_TYPE: Final = "application/problem+json"

_LOCK_NOT_AVAILABLE: Final = "55P03"


def problem(
    *, status: int, code: str, title: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """Build the answer for one problem; ``more`` joins its members."""
    body = {"type": "about:blank", "title": title, "status": status, "code": code, **more}
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    if request_id:
        body["request_id"] = request_id
    return Response(body, status=status, headers=headers, content_type=CONTENT_TYPE)


def answer_problem(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer what a view raised; ``None`` leaves a programming error to Django."""
    known = _as_known(error)
    if known is None:
        return None
    set_rollback()
    if isinstance(known, ShopError):
        return problem(
            status=known.status, code=known.code, title=_title(known), **_context(known)
        )
    return _answer_rest(known)


def _as_known(error: Exception) -> ShopError | exceptions.APIException | None:
    match error:
        case ShopError() | exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case OperationalError() if _is_lock_timeout(error):
            return Busy("a lock was not had in time")
        case _:
            return None


def _is_lock_timeout(error: OperationalError) -> bool:
    sqlstate = getattr(error.__cause__, "sqlstate", "")
    return sqlstate == _LOCK_NOT_AVAILABLE or "database is locked" in str(error)


def _title(error: ShopError) -> str:
    return error.code.replace("_", " ").capitalize()


def _context(error: ShopError) -> dict[str, Any]:
    """Return the error's own values as one member, so that none can shadow ours."""
    return {"context": error.context} if error.context else {}


def _answer_rest(error: exceptions.APIException) -> Response:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, exceptions.ValidationError):
        return problem(
            status=error.status_code,
            code="invalid_input",
            title="Invalid input",
            errors=error.detail,
        )
    return problem(
        status=error.status_code,
        code=str(error.default_code),
        title=str(error.detail),
        headers=headers,
    )
