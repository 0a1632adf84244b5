"""How does one pay with Telegram Stars?

Telegram tells of money in updates, and in the list of the bot's transactions; there is no call
that asks for one payment. So this gateway folds stored notices: a charge that came in, a charge
that went back, what became of a subscription. Each has one id whichever way it was learned.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from django.conf import settings

from orders.gateways.bot_api import BotApi, BotApiError
from orders.gateways.protocol import (
    Capabilities,
    ChangePage,
    GatewayError,
    Moved,
    NotSupported,
    PayableOrder,
    PaymentLink,
    PaymentNotice,
    PaymentReference,
    PaymentStatus,
    PlanChange,
    PlanPreview,
    ProviderState,
    RefundRequest,
    RefundState,
    RefundStatus,
    SubscriptionReference,
    SubscriptionState,
    SubscriptionStatus,
)
from orders.gateways.signing import order_payload
from orders.gateways.stars_facts import (
    PERIOD,
    REFUNDED,
    fold,
    paid_notice,
    refund_id,
    refunded_notice,
    transaction_notice,
)
from shopbot.kernel.money import STARS

# The highest price of a Stars subscription (Bot API, createInvoiceLink).
MOST_STARS_A_PERIOD: Final = 10_000

# Lengths that sendInvoice takes, in characters.
TITLE_LENGTH: Final = 32
DESCRIPTION_LENGTH: Final = 255

PAGE: Final = 100
# Transactions read again each time: one may be listed later than a younger one.
OVERLAP: Final = 100


class StarsGateway:
    """Telegram Stars through one bot."""

    name: ClassVar[str] = "stars"
    label: ClassVar[str] = "Telegram Stars"
    capabilities = Capabilities(
        currencies=frozenset({STARS}),
        partial_refunds=False,
        recurring=True,
        recurring_months=frozenset({1}),
        # Telegram's terms: physical goods go through the providers of its own list.
        goods_types=frozenset({"digital", "service"}),
        folds_notices=True,
    )

    def __init__(self, *, api: BotApi, is_test: bool) -> None:
        self._api = api
        self._is_test = is_test

    @property
    def is_test(self) -> bool:
        """Whether the simulator stands in for Telegram."""
        return self._is_test

    def open(self, order: PayableOrder) -> PaymentLink:
        """Write the invoice that the bot sends into the buyer's chat; no call is made."""
        return PaymentLink(external_id="", invoice=_invoice(order), expires_at=order.expires_at)

    def subscribe(self, order: PayableOrder) -> PaymentLink:
        """Make a link that renews monthly: a subscription can be exported as a link only."""
        if order.amount.minor > MOST_STARS_A_PERIOD:
            raise GatewayError(
                f"a Stars subscription costs at most {MOST_STARS_A_PERIOD}", permanent=True
            )
        url = self._api.call(
            "createInvoiceLink",
            **_invoice(order),
            subscription_period=int(PERIOD.total_seconds()),
        )
        return PaymentLink(external_id="", url=str(url), expires_at=order.expires_at)

    def read(self, body: bytes, headers: Mapping[str, str]) -> PaymentNotice | None:
        """Read what one of the functions below wrote about an update.

        There is no signature of Telegram's to check: the webhook's secret was, at the door.
        """
        said: dict[str, Any] = json.loads(body)
        match said.get("kind"):
            case "stars.paid":
                return paid_notice(**said["payment"])
            case "stars.refunded":
                return refunded_notice(**said["payment"])
            case _:
                return None

    def fetch(self, payment: PaymentReference) -> ProviderState:
        """Fold the stored notices: the order in which they came does not matter."""
        return fold(payment)

    def refund(self, request: RefundRequest) -> RefundState:
        """Refund a charge, all of it; one that Telegram refunded before counts as done."""
        charge_id = request.payment.refs.charge_id
        if not request.is_full:
            raise NotSupported("Telegram refunds all of a charge or nothing")
        try:
            self._api.call(
                "refundStarPayment",
                user_id=request.payment.telegram_id,
                telegram_payment_charge_id=charge_id,
            )
        except BotApiError as error:
            if "CHARGE_ALREADY_REFUNDED" not in error.description:
                raise
        return RefundState(
            external_id=refund_id(charge_id),
            amount=request.amount,
            status=RefundStatus.SUCCEEDED,
            key=str(request.key),
        )

    def cancel(self, payment: PaymentReference) -> ProviderState:
        """Say that it is closed: the invoice stays in the chat, but fails its pre-checkout."""
        state = self.fetch(payment)
        if state.status == PaymentStatus.PAID:
            return state
        return ProviderState(status=PaymentStatus.CANCELLED)

    def list_changes(self, *, since: datetime, cursor: str) -> ChangePage:
        """List transactions from an offset on; kinds we do not know are passed over.

        Telegram lists the oldest first and takes no date, so a reading without a place looks
        for where the date begins.
        """
        offset = int(cursor.rstrip("+") or 0)
        start = max(0, offset - OVERLAP) if not _is_within(cursor) else offset
        rows = self._transactions(start, PAGE)
        # A list that is shorter than what was read of it is another bot's.
        is_other_list = start + len(rows) < offset
        begins_too_early = not cursor and len(rows) == PAGE and _date(rows[-1]) < since
        if is_other_list or begins_too_early:
            start = offset = self._offset_of(since)
            rows = self._transactions(start, PAGE)
        notices = tuple(
            notice for row in rows if (notice := transaction_notice(row)) is not None
        )
        reached = start + len(rows)
        has_more = len(rows) == PAGE
        return ChangePage(
            notices=notices,
            cursor=f"{reached}+" if has_more else str(max(reached, offset)),
            has_more=has_more,
        )

    def moved(self, *, since: datetime) -> Sequence[Moved]:
        """List the Stars themselves, which no stored notice can color."""
        found: list[Moved] = []
        offset = self._offset_of(since)
        while rows := self._transactions(offset, PAGE):
            found.extend(_moved(row) for row in rows if _date(row) >= since)
            offset += len(rows)
        return [each for each in found if each.charge_id]

    def _transactions(self, offset: int, limit: int) -> Sequence[Mapping[str, Any]]:
        answer = self._api.call("getStarTransactions", offset=offset, limit=limit)
        rows: Sequence[Mapping[str, Any]] = answer.get("transactions") or []
        return rows

    def _offset_of(self, moment: datetime) -> int:
        """Find where the list reaches a moment, with a few questions however long it is."""
        low, high = 0, PAGE
        while self._is_before(high, moment):
            low, high = high, high * 2
        while low < high:
            middle = (low + high) // 2
            if self._is_before(middle, moment):
                low = middle + 1
            else:
                high = middle
        return max(0, low - OVERLAP)

    def _is_before(self, offset: int, moment: datetime) -> bool:
        rows = self._transactions(offset, 1)
        return bool(rows) and _date(rows[0]) < moment

    def preview_change(self, change: PlanChange) -> PlanPreview:
        """Refuse: a Stars subscription keeps its price and what it is for."""
        raise NotSupported("a Stars subscription cannot change its plan")

    def change_plan(self, preview: PlanPreview) -> SubscriptionState:
        """Refuse, as ``preview_change``."""
        raise NotSupported("a Stars subscription cannot change its plan")

    def fetch_subscription(self, subscription: SubscriptionReference) -> SubscriptionState:
        """Refuse: only stored notices tell, and ``fetch`` of the first payment folds them."""
        raise NotSupported("ask for the first payment of the subscription instead")

    def cancel_subscription(self, subscription: SubscriptionReference) -> SubscriptionState:
        """Stop renewing; the paid period stays."""
        return self._edit(subscription, is_canceled=True)

    def resume_subscription(self, subscription: SubscriptionReference) -> SubscriptionState:
        """Let the customer renew again what the bot had cancelled.

        Whether they do, a ``subscription`` update or the next charge tells.
        """
        return self._edit(subscription, is_canceled=False)

    def portal_url(self, subscription: SubscriptionReference, *, return_url: str) -> str:
        """Refuse: customers manage Stars subscriptions in Telegram's own settings."""
        raise NotSupported("Telegram's settings are the portal")

    def _edit(
        self, subscription: SubscriptionReference, *, is_canceled: bool
    ) -> SubscriptionState:
        self._api.call(
            "editUserStarSubscription",
            user_id=subscription.telegram_id,
            # The charge of the first payment names the subscription, also after renewals.
            telegram_payment_charge_id=subscription.first_payment.charge_id,
            is_canceled=is_canceled,
        )
        return SubscriptionState(
            external_id=subscription.external_id,
            status=SubscriptionStatus.ACTIVE,
            current_period_end=None,
            will_renew=False if is_canceled else None,
        )


def from_settings() -> StarsGateway:
    """Build the gateway for the bot of the settings."""
    return StarsGateway(
        api=BotApi(token=settings.TELEGRAM_BOT_TOKEN, base_url=settings.TELEGRAM_API_URL),
        is_test=settings.SIMULATOR_ENABLED,
    )


def _invoice(order: PayableOrder) -> dict[str, Any]:
    payload = order_payload(
        order_id=order.order_id, amount=order.amount, telegram_id=order.telegram_id
    )
    return {
        "title": order.title[:TITLE_LENGTH],
        "description": order.description[:DESCRIPTION_LENGTH],
        "payload": payload,
        "currency": STARS,
        "prices": [{"label": order.title[:TITLE_LENGTH], "amount": order.amount.minor}],
    }


def _date(row: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(row.get("date") or 0), tz=UTC)


def _moved(row: Mapping[str, Any]) -> Moved:
    """Read a row of the list; one that is no payment of an invoice has no charge."""
    notice = transaction_notice(row)
    if notice is None:
        return Moved(charge_id="", at=_date(row))
    is_out = notice.kind == REFUNDED
    return Moved(
        charge_id=notice.refs.charge_id,
        at=_date(row),
        paid=None if is_out else notice.amount,
        refunded=notice.amount if is_out else None,
    )


def _is_within(cursor: str) -> bool:
    """Whether this continues a listing that has begun, so that no overlap is due."""
    return cursor.endswith("+")
