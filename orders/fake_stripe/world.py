"""What does this imaginary Stripe account hold?"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from threading import RLock
from typing import Any

from orders.fake_stripe.clock import DAY, Clock
from orders.fake_stripe.refusals import missing

#: One object of the API, as its JSON.
Obj = dict[str, Any]

API_VERSION = "2026-10-28.endive"
#: Objects that say nothing of live and test mode.
_WITHOUT_MODE = frozenset({"refund", "balance_transaction"})
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"


class World:
    """All state of one account: objects, events, deliveries to come, memory of keys.

    No I/O happens here; the adapters call it under ``lock``. ``hidden`` keeps what Stripe
    knows and does not show, such as which test card a payment method is.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        pay_url: str = "http://127.0.0.1:8001/stripe-pay",
        seed: int | None = None,
        settle_after: int = 3 * DAY,
    ) -> None:
        self.clock = clock or Clock()
        self.pay_url = pay_url
        self.settle_after = settle_after
        self.account_name = "Demo shop"
        #: Seconds by which the shop's clock is behind this one, where it does not move along.
        self.lag = 0
        self.lock = RLock()
        self.objects: dict[str, Obj] = {}
        self.hidden: dict[str, dict[str, Any]] = {}
        self.replays: dict[str, dict[str, Any]] = {}
        self.deliveries: list[dict[str, Any]] = []
        #: Called with each new event's id and type: how endpoints learn of it.
        self.listeners: list[Callable[[Obj], None]] = []
        #: The idempotency key of the request in progress, echoed by its events.
        self.request_key: str | None = None
        self.request_id: str | None = None
        self._as_of: int | None = None
        # Not for secrets: ids that differ between two runs, and repeat for one seed.
        self._random = random.Random(seed)  # noqa: S311

    def now(self) -> int:
        """Return the present, or the moment whose overdue work is being done."""
        return self.clock.now() if self._as_of is None else self._as_of

    @contextmanager
    def as_of(self, moment: int) -> Iterator[None]:
        """Do overdue work at the moment when it was due."""
        self._as_of, before = moment, self._as_of
        try:
            yield
        finally:
            self._as_of = before

    def new_id(self, prefix: str, length: int = 24) -> str:
        """Return an id that no object has, in Stripe's form."""
        return f"{prefix}_" + "".join(self._random.choices(_ALPHABET, k=length))

    def add(self, **values: Any) -> Obj:
        """Store one object (``id`` and ``object`` among its values) and return it."""
        mode = {} if values["object"] in _WITHOUT_MODE else {"livemode": False}
        stored: Obj = {"created": self.now(), **mode, **values}
        self.objects[stored["id"]] = stored
        return stored

    def find(self, kind: str, identifier: Any, *, param: str = "id") -> Obj:
        """Return one object.

        Raises:
            StripeRefusal: no object of this kind has this id.
        """
        found = self.objects.get(str(identifier))
        if found is None or found["object"] != kind:
            raise missing(kind, str(identifier), param=param)
        return found

    def every(self, kind: str, **equal: Any) -> list[Obj]:
        """Return the objects of a kind, oldest first, whose fields equal those given."""
        return [
            held
            for held in list(self.objects.values())
            if held["object"] == kind
            and all(held.get(name) == value for name, value in equal.items())
        ]

    def note(self, identifier: str, **values: Any) -> dict[str, Any]:
        """Remember what is not shown about an object, and return all of it."""
        kept = self.hidden.setdefault(identifier, {})
        kept.update(values)
        return kept

    def emit(self, kind: str, subject: Obj, **previous: Any) -> Obj:
        """Record an event about ``subject`` as it is now, and tell the listeners."""
        data: Obj = {"object": deepcopy(subject)}
        if previous:
            data["previous_attributes"] = previous
        event = self.add(
            id=self.new_id("evt_1"),
            object="event",
            api_version=API_VERSION,
            data=data,
            pending_webhooks=0,
            request={"id": self.request_id, "idempotency_key": self.request_key},
            type=kind,
        )
        for listener in self.listeners:
            listener(event)
        return event


def a_list(items: list[Obj], url: str, *, has_more: bool = False) -> Obj:
    """Return a list object."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}
