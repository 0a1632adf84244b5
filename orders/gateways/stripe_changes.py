"""What happened at Stripe since a moment, whatever the webhook told or kept?

Events first: they carry the names that their deliveries had, so what was delivered is known
already. Then the objects themselves, because events are kept for 30 days only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import stripe

from orders.gateways.protocol import ChangePage, PaymentNotice
from orders.gateways.stripe_events import EVENTS, moment, notice

_PAGE: Final = 100
#: Stripe takes at most so many types in one question.
_TYPES: Final = 20


class ChangeLister:
    """Pages through every source, one after another; raises the SDK's own errors."""

    def __init__(self, client: stripe.StripeClient) -> None:
        v1 = client.v1
        kinds = sorted(EVENTS)
        batches = [kinds[at : at + _TYPES] for at in range(0, len(kinds), _TYPES)]
        self._sources: Sequence[Callable[[dict[str, Any]], Any]] = [
            *(self._of_events(v1.events, batch) for batch in batches),
            lambda params: v1.checkout.sessions.list(params),  # type: ignore[arg-type]
            lambda params: v1.refunds.list(params),  # type: ignore[arg-type]
            lambda params: v1.disputes.list(params),  # type: ignore[arg-type]
            lambda params: v1.invoices.list(params),  # type: ignore[arg-type]
        ]

    def page(self, *, since: datetime, cursor: str) -> ChangePage:
        """Read one page; a cursor is ``<source>:<last id seen>``."""
        index, _, after = cursor.partition(":")
        at = int(index or 0)
        params: dict[str, Any] = {
            "created": {"gte": int(since.timestamp())},
            "limit": _PAGE,
        }
        if after:
            params["starting_after"] = after
        listed = self._sources[at](params)
        held = [json.loads(str(found)) for found in listed.data]
        notices = tuple(n for n in map(_notice, reversed(held)) if n is not None)
        if listed.has_more:
            return ChangePage(notices, f"{at}:{held[-1]['id']}", has_more=True)
        has_more = at + 1 < len(self._sources)
        return ChangePage(notices, f"{at + 1}:" if has_more else "", has_more=has_more)

    def _of_events(self, events: Any, kinds: Sequence[str]) -> Callable[[dict[str, Any]], Any]:
        return lambda params: events.list({**params, "types": list(kinds)})


def _notice(held: dict[str, Any]) -> PaymentNotice | None:
    occurred_at = moment(int(held["created"]))
    if held["object"] == "event":
        return notice(held["type"], held["id"], held["data"]["object"], occurred_at=occurred_at)
    # A state seen once need not be looked at again: it is part of the name.
    words = [held["id"], held.get("status"), held.get("payment_status")]
    event_id = "seen:" + ":".join(str(word) for word in words if word)
    kind = f"{held['object']}.seen"
    return notice(kind, event_id, held, occurred_at=occurred_at)
