"""Where may a process end, and who takes money meanwhile?

A ``Death`` ends the process at one of the seams of its work. A ``Till`` is a customer at one of
the real providers: what they do there, what the provider tells, and a way to turn it all back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import connection, transaction

from catalog.models import ProductTier
from entitlements.models import Grant
from orders import sweeps
from orders.fake_stripe import refunds, scheduler
from orders.fake_stripe.client import FakeHTTPClient
from orders.gateways.bot_api import BotApi
from orders.gateways.protocol import PaymentLink
from orders.gateways.signing import order_payload
from orders.gateways.stars import StarsGateway
from orders.gateways.stripe import StripeGateway
from orders.models import Order, Payment, Receipt, Subscription
from orders.services.auditing import audit
from orders.services.paying import open_payment, open_subscription
from orders.services.refunding import refund
from orders.services.stars import record_star_payment, record_star_refund
from orders.services.subscribing import (
    cancel_subscription,
    change_plan,
    preview_plan,
    resume_subscription,
)
from shopbot.kernel import clock
from shopbot.kernel.models import Event
from tests.orders.fake_stripe.harness import SECRET, PostedShop
from tests.orders.fake_telegram import StarAccount
from tests.orders.faulty import Killed
from tests.orders.ledger import books

_WRITES = ("INSERT", "UPDATE", "DELETE")
_SWEEPS = (
    sweeps.apply_notices,
    sweeps.expire_orders,
    sweeps.close_payments,
    sweeps.retry_requested_refunds,
    sweeps.stop_renewals,
)
# One word for each thing that happens is enough to die over.
_FIRST_KINDS = ["checkout.session.completed", "charge.dispute.closed"]
_RENEWAL_KINDS = ["invoice.paid"]
_CHANGE_KINDS = ["invoice.paid", "customer.subscription.updated"]


class Death:
    """Ends the process at its n-th seam: after a commit, or with a provider's answer in hand.

    Whoever dies before a call or inside of a transaction leaves what the seam before left: what
    was not committed is gone.
    """

    present: ClassVar[Death | None] = None

    def __init__(self, *, at: int) -> None:
        self.at = at
        self.passed = 0
        self._depth = 0
        self._stack = ExitStack()

    @property
    def came(self) -> bool:
        """Whether the work had so many seams."""
        return self.passed >= self.at

    def __enter__(self) -> Self:
        Death.present, self._depth = self, len(connection.savepoint_ids)
        self._stack.enter_context(connection.execute_wrapper(self._after))
        return self

    def __exit__(self, *_: object) -> None:
        Death.present = None
        self._stack.close()

    def _after(self, execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith((*_WRITES, "RELEASE SAVEPOINT")):
            is_committed = len(connection.savepoint_ids) == self._depth
            if is_committed:
                self.seam()
        return result

    def seam(self) -> None:
        """Pass one seam, or end here."""
        self.passed += 1
        if self.passed == self.at:
            raise Killed


def answered() -> None:
    """A provider has done what it was asked to do."""
    if Death.present is not None:
        Death.present.seam()


class MortalHTTPClient(FakeHTTPClient):
    """Stripe's answer may be the last thing that a process sees."""

    def request(self, method: str, *args: Any, **kwargs: Any) -> Any:
        answer = super().request(method, *args, **kwargs)
        if method.upper() != "GET":
            answered()
        return answer


class MortalBotApi(BotApi):
    """So may Telegram's."""

    def call(self, method: str, **parameters: Any) -> Any:
        result = super().call(method, **parameters)
        if not method.startswith("get"):
            answered()
        return result


class Till(ABC):
    """One customer who pays a month, which renews unless told otherwise, at one provider."""

    name: ClassVar[str]
    renews = True

    def __init__(self, order: Order, time_machine: Any) -> None:
        self.order = order
        self._time = time_machine

    def opens(self) -> None:
        """Tap the way to pay."""
        self._open()

    def _open(self) -> PaymentLink:
        tap = open_subscription if self.renews else open_payment
        return tap(order_id=self.order.pk, gateway=self.name, now=clock.now())

    def stops(self) -> None:
        """Let the customer renew no more."""
        cancel_subscription(**self._agreement(), actor="customer", now=clock.now())

    def resumes(self) -> None:
        """Let the customer renew again."""
        resume_subscription(**self._agreement(), actor="customer", now=clock.now())

    def _agreement(self) -> dict[str, int]:
        held = Subscription.objects.get(customer=self.order.customer)
        return {"subscription_id": held.pk, "customer_id": held.customer_id}

    @abstractmethod
    def pays(self) -> None:
        """Pay at the provider, who has not told yet."""

    @abstractmethod
    def is_charged_again(self) -> None:
        """Let a month pass; the provider charges and has not told yet."""

    @abstractmethod
    def takes_back(self) -> None:
        """Have the bank take the first charge back; nobody has told yet."""

    @abstractmethod
    def tells(self) -> None:
        """Deliver what was not answered yet."""

    @abstractmethod
    def given(self) -> tuple[int, int]:
        """Return what the provider took from the customer, and what it gave back."""

    @abstractmethod
    def kept(self) -> Any:
        """Return the provider's state, to be turned back to."""

    @abstractmethod
    def turn_back(self, kept: Any) -> None:
        """Bring the provider to an earlier state."""

    def is_refunded(self) -> None:
        """Let staff give the latest charge back, unless they have asked for it already."""
        latest = Payment.objects.filter(status="paid").latest("pk")
        if not latest.refunds.exists():
            refund(
                order_id=latest.order_id, amount=latest.paid, reason="asked", access="revoke",
                actor="staff:1", now=clock.now(),
            )  # fmt: skip

    def sweeps(self) -> None:
        """Do what comes due by itself, some minutes later."""
        self.waits(timedelta(minutes=3))
        for sweep in _SWEEPS:
            sweep(now=clock.now(), limit=100)

    def waits(self, span: timedelta) -> None:
        """Let time pass for everybody."""
        self._time.move_to(clock.now() + span, tick=False)

    def books(self) -> dict[str, Any]:
        """All that must not depend on whether the process died; nothing of it on when."""
        now = clock.now()
        grants = Grant.objects.filter(customer=self.order.customer).order_by("pk")
        told = Event.objects.filter(customer_id=self.order.customer_id)
        return {
            **books(self.order, now),
            "grants": [
                (each.level, each.ends_at - each.starts_at, each.revoked_at is None)
                for each in grants
            ],
            "receipts": Receipt.objects.count(),
            "events": Counter(told.values_list("kind", flat=True)),
            "provider": self.given(),
            "differences": audit(now=now).differences,
        }

    @contextmanager
    def turned_back(self) -> Iterator[None]:
        """Undo afterwards what happens here, on all sides."""
        at, kept, place = clock.now(), self.kept(), transaction.savepoint()
        yield
        transaction.savepoint_rollback(place)
        self.turn_back(kept)
        self._time.move_to(at, tick=False)


class CardTill(Till):
    """At Stripe."""

    name = "stripe"

    def __init__(self, order: Order, time_machine: Any, shop: PostedShop) -> None:
        super().__init__(order, time_machine)
        self.shop = shop
        self._listens_to(_FIRST_KINDS)
        shop.gateway = StripeGateway(
            api_key="sk_test_shop", webhook_secrets=(SECRET,), now=shop.now,
            http_client=MortalHTTPClient(shop.api),
        )  # fmt: skip

    def pays(self) -> None:
        self.shop.pay(self._open())

    def changes_to(self, tier: ProductTier) -> None:
        """Let the customer say yes to another plan, unless they have it already."""
        self._listens_to(_CHANGE_KINDS)
        agreement = self._agreement()
        if Subscription.objects.filter(pk=agreement["subscription_id"], tier=tier).exists():
            return
        shown = preview_plan(**agreement, tier_id=tier.pk, now=clock.now())
        change_plan(**agreement, preview=shown, actor="customer", now=clock.now())

    def is_charged_again(self) -> None:
        self._listens_to(_RENEWAL_KINDS)
        self.waits(timedelta(days=32))
        scheduler.run_due(self.shop.world)

    def takes_back(self) -> None:
        charge = self.shop.world.every("charge", paid=True)[0]
        dispute = refunds.open_dispute(self.shop.world, charge["id"])
        self.tells()
        refunds.move_dispute(self.shop.world, dispute["id"], "lost")

    def tells(self) -> None:
        for delivery in self.shop.postman.due():
            message = self.shop.postman.message(delivery)
            assert self.shop.post(message.body, dict(message.headers)).status_code == 200
            self.shop.postman.answered(delivery, 200)

    def _listens_to(self, kinds: list[str]) -> None:
        self.shop.world.objects[self.shop.endpoint["id"]]["enabled_events"] = kinds

    def given(self) -> tuple[int, int]:
        charges = self.shop.world.every("charge", paid=True)
        return (
            sum(each["amount"] for each in charges),
            sum(each["amount_refunded"] for each in charges),
        )

    def kept(self) -> Any:
        world = self.shop.world
        return deepcopy((world.objects, world.hidden, world.replays, world.deliveries))

    def turn_back(self, kept: Any) -> None:
        world = self.shop.world
        world.objects, world.hidden, world.replays, world.deliveries = kept


class StarTill(Till):
    """At Telegram, with Stars."""

    name = "stars"

    def __init__(self, order: Order, time_machine: Any, telegram: StarAccount) -> None:
        super().__init__(order, time_machine)
        self.telegram = telegram
        self._untold: list[tuple[bool, str, datetime]] = []
        self._payload = order_payload(
            order_id=order.pk, amount=order.total, telegram_id=order.customer.telegram_id
        )

    def pays(self) -> None:
        self._charge("stars-1")

    def is_charged_again(self) -> None:
        self.waits(timedelta(days=30))
        self._charge("stars-2")

    def takes_back(self) -> None:
        self.telegram.give_back("stars-1", at=clock.now())
        self._untold.append((True, "stars-1", clock.now()))

    def tells(self) -> None:
        while self._untold:
            is_back, charge_id, at = self._untold[0]
            self._tell(charge_id, at, is_back=is_back)
            self._untold.pop(0)

    def given(self) -> tuple[int, int]:
        rows = self.telegram.transactions
        return (
            sum(row["amount"] for row in rows if "source" in row),
            sum(row["amount"] for row in rows if "receiver" in row),
        )

    def kept(self) -> Any:
        return deepcopy((self.telegram.transactions, self._untold))

    def turn_back(self, kept: Any) -> None:
        self.telegram.transactions, self._untold = kept

    def _charge(self, charge_id: str) -> None:
        self.telegram.charge(
            charge_id, payload=self._payload, amount=self.order.total_minor,
            telegram_id=self.order.customer.telegram_id, at=clock.now(),
            period=2592000 if self.renews else None,
        )  # fmt: skip
        self._untold.append((False, charge_id, clock.now()))

    def _tell(self, charge_id: str, at: datetime, *, is_back: bool) -> None:
        facts: dict[str, Any] = {
            "telegram_id": self.order.customer.telegram_id,
            "payload": self._payload,
            "charge_id": charge_id,
            "currency": "XTR",
            "total_amount": self.order.total_minor,
            "now": clock.now(),
        }
        if is_back:
            record_star_refund(**facts, refunded_at=at)
            return
        if self.renews:
            facts |= {
                "is_recurring": True,
                "is_first_recurring": charge_id == "stars-1",
                "subscription_expires_at": at + timedelta(days=30),
            }
        record_star_payment(**facts, paid_at=at)


def mortal_stars() -> StarsGateway:
    """Build the gateway of the settings' bot; an answer may be the last that it sees."""
    api = MortalBotApi(token=settings.TELEGRAM_BOT_TOKEN, base_url=settings.TELEGRAM_API_URL)
    return StarsGateway(api=api, is_test=False)
