"""What did Telegram say about Stars, and what follows from all of it together?

Writes down updates and listed transactions as notices, and folds notices into a state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from orders.gateways.protocol import (
    ChargeReason,
    ChargeState,
    PaymentNotice,
    PaymentReference,
    PaymentStatus,
    ProviderState,
    Refs,
    RefundState,
    RefundStatus,
    SubscriptionState,
    SubscriptionStatus,
)
from orders.gateways.signing import order_of
from shopbot.kernel.money import STARS, Money

PROVIDER: Final = "stars"

# The only period of a Stars subscription (Bot API, createInvoiceLink).
PERIOD: Final = timedelta(seconds=2_592_000)

# After a week without updates Telegram numbers them anew, from anywhere. A day less is safe:
# none is delivered later than a day after it was numbered.
SILENCE: Final = timedelta(days=6)

# Kinds of stored notices.
PAID: Final = "stars.paid"
REFUNDED: Final = "stars.refunded"
SUBSCRIPTION: Final = "stars.subscription"


def fold(payment: PaymentReference) -> ProviderState:
    """Return the state that stored notices add up to, in whatever order they came."""
    facts = _facts(payment.notices)
    own = payment.refs.charge_id or _first_charge(facts)
    agreement = _agreement(payment, facts)
    charge = facts.paid.get(own)
    if charge is None:
        return ProviderState(status=PaymentStatus.OPEN, subscription=agreement)
    return ProviderState(
        status=PaymentStatus.PAID,
        paid=charge.amount,
        paid_at=charge.at,
        charge_id=own,
        refs=Refs(external_id=own, charge_id=own),
        refunds=_refunds(payment, facts, own),
        subscription=agreement,
    )


def paid_notice(
    *,
    charge_id: str,
    payload: str,
    amount_minor: int,
    telegram_id: int,
    at: str,
    is_recurring: bool = False,
    is_first_recurring: bool | None = None,
    period_end: str | None = None,
    currency: str = STARS,
) -> PaymentNotice:
    """Write down a charge that came in; ``at`` and ``period_end`` are ISO 8601.

    ``is_first_recurring`` None means that it was not told (the list of transactions does not).
    """
    return PaymentNotice(
        provider=PROVIDER,
        event_id=f"in:{charge_id}",
        kind=PAID,
        refs=_refs(payload, charge_id, is_recurring=is_recurring),
        body={
            "charge_id": charge_id,
            "payload": payload,
            "amount_minor": amount_minor,
            "currency": currency,
            "telegram_id": telegram_id,
            "at": at,
            "is_recurring": is_recurring,
            "is_first_recurring": is_first_recurring,
            "period_end": period_end,
        },
        occurred_at=datetime.fromisoformat(at),
        amount=Money(amount_minor, currency),
        payer_telegram_id=telegram_id,
    )


def refunded_notice(
    *,
    charge_id: str,
    payload: str,
    amount_minor: int,
    telegram_id: int,
    at: str,
    currency: str = STARS,
) -> PaymentNotice:
    """Write down a charge that went back, by whomever."""
    return PaymentNotice(
        provider=PROVIDER,
        event_id=f"out:{charge_id}",
        kind=REFUNDED,
        refs=_refs(payload, charge_id, is_recurring=False),
        body={
            "charge_id": charge_id,
            "payload": payload,
            "amount_minor": amount_minor,
            "currency": currency,
            "telegram_id": telegram_id,
            "at": at,
        },
        occurred_at=datetime.fromisoformat(at),
        amount=Money(amount_minor, currency),
        payer_telegram_id=telegram_id,
    )


def subscription_notice(
    *, payload: str, state: str, telegram_id: int, sequence: int, at: str
) -> PaymentNotice:
    """Write down what became of a subscription.

    ``sequence`` is the update's number: it orders words between which there was no silence.
    """
    return PaymentNotice(
        provider=PROVIDER,
        event_id=f"subscription:{sequence}",
        kind=SUBSCRIPTION,
        refs=_refs(payload, "", is_recurring=True),
        body={"payload": payload, "state": state, "sequence": sequence, "at": at},
        occurred_at=datetime.fromisoformat(at),
        payer_telegram_id=telegram_id,
    )


@dataclass(frozen=True, slots=True)
class _Charge:
    id: str
    amount: Money
    at: datetime
    is_recurring: bool
    is_first: bool | None
    period_end: datetime


@dataclass(frozen=True, slots=True)
class _Facts:
    paid: Mapping[str, _Charge]
    refunded: Mapping[str, Money]
    states: Sequence[Mapping[str, Any]]


def _facts(notices: Iterable[PaymentNotice]) -> _Facts:
    paid: dict[str, _Charge] = {}
    refunded: dict[str, Money] = {}
    states: list[Mapping[str, Any]] = []
    for notice in notices:
        body = notice.body
        if notice.kind == PAID:
            paid[body["charge_id"]] = _charge(body)
        elif notice.kind == REFUNDED:
            refunded[body["charge_id"]] = Money(body["amount_minor"], body["currency"])
        elif notice.kind == SUBSCRIPTION:
            states.append(body)
    return _Facts(paid, refunded, _in_order(states))


def _in_order(states: Iterable[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Sort what Telegram said: by number where numbers count up, by time across a silence."""
    placed: list[tuple[int, int, Mapping[str, Any]]] = []
    run, before = 0, None
    for body in sorted(states, key=_said_at):
        at = _said_at(body)
        run += before is not None and at - before >= SILENCE
        placed.append((run, int(body["sequence"]), body))
        before = at
    return [body for *_, body in sorted(placed, key=lambda each: each[:2])]


def _said_at(body: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(body["at"])


def _charge(body: Mapping[str, Any]) -> _Charge:
    at = datetime.fromisoformat(body["at"])
    end = body.get("period_end")
    return _Charge(
        id=body["charge_id"],
        amount=Money(body["amount_minor"], body["currency"]),
        at=at,
        is_recurring=bool(body.get("is_recurring")),
        is_first=body.get("is_first_recurring"),
        period_end=datetime.fromisoformat(end) if end else at + PERIOD,
    )


def _first_charge(facts: _Facts) -> str:
    """The charge that began it: the one Telegram calls first, else the earliest."""
    candidates = [
        charge for charge in facts.paid.values()
        if not charge.is_recurring or charge.is_first is not False
    ]  # fmt: skip
    first = min(candidates, key=lambda c: (not c.is_first, c.at, c.id), default=None)
    return first.id if first else ""


def _agreement(payment: PaymentReference, facts: _Facts) -> SubscriptionState | None:
    charges = sorted(
        (charge for charge in facts.paid.values() if charge.is_recurring),
        key=lambda charge: (charge.at, charge.id),
    )
    if not charges:
        return None
    first = _first_charge(facts)
    last = charges[-1]
    word = _last_word(facts, last, has_renewed=last.id != first, stopped_at=payment.stopped_at)
    return SubscriptionState(
        external_id=_subscription_id(payment),
        status=SubscriptionStatus.PAST_DUE if word == "failed" else SubscriptionStatus.ACTIVE,
        current_period_end=last.period_end,
        will_renew=False if payment.is_stopped_here else _renews(word),
        charges=tuple(
            ChargeState(
                external_id=charge.id,
                reason=ChargeReason.FIRST if charge.id == first else ChargeReason.RENEWAL,
                paid=charge.amount,
                paid_at=charge.at,
                period_end=charge.period_end,
                refs=Refs(external_id=charge.id, charge_id=charge.id),
                refunds=_refunds(payment, facts, charge.id),
            )
            for charge in charges
        ),
    )


def _renews(word: str) -> bool | None:
    """Whether Telegram said so; it tells what customers do, and never what the bot does.

    Of the two, either alone ends the renewal: a customer cannot undo what the bot cancelled.
    """
    return None if not word else word != "canceled"


def _last_word(
    facts: _Facts, last: _Charge, *, has_renewed: bool, stopped_at: datetime | None
) -> str:
    """What Telegram last said of the agreement; a charge of a renewal says that it is active.

    What said so before somebody stopped it says nothing of now.
    """
    word, at = "", last.at
    if facts.states:
        word, at = str(facts.states[-1]["state"]), _said_at(facts.states[-1])
    if word == "failed" and last.at >= at:
        word, at = "", last.at
    if has_renewed and (not word or last.at > at):
        word, at = "active", last.at
    is_stale = stopped_at is not None and at < stopped_at
    return "" if is_stale and word == "active" else word


def _subscription_id(payment: PaymentReference) -> str:
    """Telegram names a subscription by the payload of its invoice."""
    payloads = {
        str(notice.body["payload"]) for notice in payment.notices if "payload" in notice.body
    }
    return min(payloads, default="")


def _refunds(
    payment: PaymentReference, facts: _Facts, charge_id: str
) -> tuple[RefundState, ...]:
    known = [
        refund for refund in payment.known_refunds if refund.external_id == refund_id(charge_id)
    ]
    amount = facts.refunded.get(charge_id)
    if amount is None or known:
        return tuple(known)
    return (
        RefundState(
            external_id=refund_id(charge_id), amount=amount, status=RefundStatus.SUCCEEDED
        ),
    )


def refund_id(charge_id: str) -> str:
    """Telegram gives refunds no id of their own; a charge has at most one."""
    return f"{charge_id}:refund"


def _refs(payload: str, charge_id: str, *, is_recurring: bool) -> Refs:
    return Refs(
        order_id=order_of(payload),
        charge_id=charge_id,
        subscription_id=payload if is_recurring else "",
    )


def transaction_notice(row: Mapping[str, Any]) -> PaymentNotice | None:
    """Read one row of the list; whatever is not a payment of an invoice is none of ours."""
    source, receiver = row.get("source"), row.get("receiver")
    partner = source or receiver or {}
    payload = partner.get("invoice_payload")
    if partner.get("transaction_type") != "invoice_payment" or not payload:
        return None
    at = datetime.fromtimestamp(int(row["date"]), tz=UTC).isoformat()
    telegram_id = int((partner.get("user") or {}).get("id", 0))
    facts: dict[str, Any] = {
        "charge_id": str(row["id"]),
        "payload": str(payload),
        "amount_minor": int(row["amount"]),
        "telegram_id": telegram_id,
        "at": at,
    }
    if not source:
        return refunded_notice(**facts)
    is_recurring = bool(partner.get("subscription_period"))
    return paid_notice(**facts, is_recurring=is_recurring)
