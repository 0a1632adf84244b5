"""How does a call that changes something stay one change, however often it is sent?

The first call with an ``Idempotency-Key`` writes the key down, runs, and keeps its answer, all
in one transaction: a second one at the same moment waits for it. The same call again gets that
answer; another call under the same key is refused.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any, cast

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import KeyNeeded, KeyReused
from api.models import ApiKey, StoredAnswer
from shopbot.kernel import clock

HEADER = "Idempotency-Key"
LONGEST = 128
#: What a key may measure to fit, behind the program's name, into what it names in the books.
_LONGEST_NAME = 80


def once(request: Request, act: Callable[[str], tuple[int, dict[str, Any]]]) -> Response:
    """Run ``act(name)`` once and answer with its (status, body), now and later.

    ``name`` is the idempotency key, or the digest of a long one: cut short, two keys that begin
    alike would be one.

    Raises:
        KeyNeeded: the header is missing, too long, or not plain text.
        KeyReused: the key carried another request before.
    """
    sent = request.headers.get(HEADER, "")
    if not sent or len(sent) > LONGEST or not sent.isascii() or not sent.isprintable():
        raise KeyNeeded(f"send {HEADER} with 1 to {LONGEST} printable ASCII characters")
    with transaction.atomic():
        stored, is_new = StoredAnswer.objects.get_or_create(
            key=cast(ApiKey, request.auth),
            idempotency_key=sent,
            defaults={"request_hash": _hash(request), "created_at": clock.now()},
        )
        if not is_new:
            return _repeat(stored, request)
        status, body = act(_name(sent))
        StoredAnswer.objects.filter(pk=stored.pk).update(status=status, body=body)
    return Response(body, status=status)


def _name(sent: str) -> str:
    return sent if len(sent) <= _LONGEST_NAME else hashlib.sha256(sent.encode()).hexdigest()


def _repeat(stored: StoredAnswer, request: Request) -> Response:
    if stored.request_hash != _hash(request):
        raise KeyReused("this idempotency key was used for another request")
    return Response(stored.body, status=stored.status, headers={"Idempotent-Replay": "true"})


def _hash(request: Request) -> str:
    whole = (request.method, request.get_full_path(), request.data)
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
