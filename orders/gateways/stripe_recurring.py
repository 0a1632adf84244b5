"""How is a running subscription put on another plan, cancelled or resumed?"""

from __future__ import annotations

from datetime import datetime

import stripe

from orders.gateways.protocol import GatewayError, PlanChange, PlanPreview
from orders.gateways.stripe_currencies import from_stripe, to_stripe
from orders.gateways.stripe_events import TIER_ID, moment
from orders.gateways.stripe_reading import identifier, next_phase
from shopbot.kernel.money import Money


class Recurring:
    """The recurring verbs; its methods raise the SDK's own errors."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._v1 = client.v1

    def preview(self, change: PlanChange, *, now: datetime) -> PlanPreview:
        """Ask what a change would cost at this moment, and keep the moment.

        The moment is the one that Stripe computed with, read back from its answer: a clock of
        our own that runs a little ahead would be refused.
        """
        item = self._item(change)
        ends_at = moment(item.current_period_end)
        if not change.is_immediate:
            nothing = Money.zero(change.terms.price.currency)
            return PlanPreview(change, nothing, ends_at, change.terms.price, change.at or now)
        details: stripe.params.InvoiceCreatePreviewParamsSubscriptionDetails = {
            "items": [{"id": item.id, "price": self._price(change)}],
            "proration_behavior": "always_invoice",
        }
        if change.at is not None:
            details["proration_date"] = int(change.at.timestamp())
        invoice = self._v1.invoices.create_preview(
            {
                "subscription": change.subscription.external_id,
                "subscription_details": details,
            }
        )
        return PlanPreview(
            change=change,
            due_now=from_stripe(max(invoice.total, 0), invoice.currency),
            renews_at=ends_at,
            renewal_price=change.terms.price,
            computed_at=moment(max(line.period.start for line in invoice.lines.data)),
        )

    def carry_out(self, preview: PlanPreview) -> None:
        """Change the plan: now and against money, or at the end of what is paid."""
        change = preview.change
        item = self._item(change)
        price = self._price(change)
        if identifier(item.price) == price or self._is_planned(change, price):
            return
        if not change.is_immediate:
            self._change_later(change, item, price)
            return
        self._release(change.subscription.external_id)
        self._v1.subscriptions.update(
            change.subscription.external_id,
            {
                "items": [{"id": item.id, "price": price}],
                "proration_behavior": "always_invoice",
                "proration_date": int(preview.computed_at.timestamp()),
                # The plan changes only once the difference is paid.
                "payment_behavior": "pending_if_incomplete",
            },
            {"idempotency_key": f"change-{change.key}"},
        )

    def stop_renewing(self, subscription_id: str) -> None:
        """Let it end with the paid period; a planned change of plan is given up."""
        self._release(subscription_id)
        self._v1.subscriptions.update(subscription_id, {"cancel_at_period_end": True})

    def renew_again(self, subscription_id: str) -> None:
        """Take the cancellation back."""
        self._v1.subscriptions.update(subscription_id, {"cancel_at_period_end": False})

    def _item(self, change: PlanChange) -> stripe.SubscriptionItem:
        held = self._v1.subscriptions.retrieve(change.subscription.external_id)
        items = held["items"].data
        if len(items) != 1:
            raise GatewayError(f"{held.id} has {len(items)} items", permanent=True)
        item: stripe.SubscriptionItem = items[0]
        recurring = item.price.recurring
        if recurring is None or recurring.interval_count != change.terms.months:
            raise GatewayError("a plan keeps the rhythm of its renewals", permanent=True)
        return item

    def _price(self, change: PlanChange) -> str:
        """Return the price of a plan; one object per plan, however often it is asked for."""
        terms = change.terms
        amount, currency = to_stripe(terms.price), terms.price.currency.lower()
        name = f"shopbot-{change.tier_id}-{amount}-{currency}-{terms.months}m"
        known = self._v1.prices.list({"lookup_keys": [name], "active": True, "limit": 1})
        if known.data:
            return known.data[0].id
        tier = {TIER_ID: str(change.tier_id)}
        made = self._v1.prices.create(
            {
                "currency": currency,
                "unit_amount": amount,
                "recurring": {"interval": "month", "interval_count": terms.months},
                "product_data": {"name": change.title, "metadata": tier},
                "lookup_key": name,
                "metadata": tier,
            },
            {"idempotency_key": f"price-{name}-{change.key}"},
        )
        return made.id

    def _change_later(
        self, change: PlanChange, item: stripe.SubscriptionItem, price: str
    ) -> None:
        schedule_id = self._schedule(change)
        self._v1.subscription_schedules.update(
            schedule_id,
            {
                "end_behavior": "release",
                "phases": [
                    {
                        "items": [{"price": identifier(item.price), "quantity": 1}],
                        "start_date": item.current_period_start,
                        "end_date": item.current_period_end,
                        "proration_behavior": "none",
                    },
                    {
                        "items": [{"price": price, "quantity": 1}],
                        "duration": {
                            "interval": "month",
                            "interval_count": change.terms.months,
                        },
                        "proration_behavior": "none",
                    },
                ],
            },
            {"idempotency_key": f"phases-{change.key}-{schedule_id}"},
        )

    def _schedule(self, change: PlanChange) -> str:
        """Return the schedule it has, else a new one.

        A repeat goes on with the schedule that a broken try left: to release that one would
        leave nothing to write to, for its key names it again.
        """
        held = self._v1.subscriptions.retrieve(change.subscription.external_id)
        if held.schedule:
            return identifier(held.schedule)
        return self._new_schedule(held.id, key=f"schedule-{change.key}", after="")

    def _new_schedule(self, subscription_id: str, *, key: str, after: str) -> str:
        """Create a schedule, another than those that were released since the key was used.

        For a day Stripe repeats its answer to a key, whatever became of what it made.
        """
        made = self._v1.subscription_schedules.create(
            {"from_subscription": subscription_id}, {"idempotency_key": f"{key}{after}"}
        )
        if self._v1.subscription_schedules.retrieve(made.id).status != "released":
            return made.id
        return self._new_schedule(subscription_id, key=key, after=f"-after-{made.id}")

    def _is_planned(self, change: PlanChange, price: str) -> bool:
        """Whether a schedule leads to this price already: a repeat must not undo the first."""
        held = self._v1.subscriptions.retrieve(
            change.subscription.external_id, {"expand": ["schedule"]}
        )
        phase = next_phase(held)
        return phase is not None and identifier(phase["items"][0].price) == price

    def _release(self, subscription_id: str) -> None:
        held = self._v1.subscriptions.retrieve(subscription_id)
        schedule = identifier(held.schedule)
        if schedule:
            self._v1.subscription_schedules.release(schedule)
