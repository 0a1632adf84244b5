"""What can be done with prices: quote, keep promises, reserve limits, pay affiliates."""

from pricing.services.commissions import (
    cancel_payout,
    count_click,
    earn_commission,
    mark_payout_paid,
    open_payouts,
    reverse_commission,
)
from pricing.services.limits import (
    holds_limits,
    lock_limits,
    release,
    release_used,
    reserve,
    use,
)
from pricing.services.quoting import (
    preview,
    quote_offer,
    quote_with_book,
    remember_shown,
    show_arms,
    store_quote,
)

__all__ = [
    "cancel_payout",
    "count_click",
    "earn_commission",
    "holds_limits",
    "lock_limits",
    "mark_payout_paid",
    "open_payouts",
    "preview",
    "quote_offer",
    "quote_with_book",
    "release",
    "release_used",
    "remember_shown",
    "reserve",
    "reverse_commission",
    "show_arms",
    "store_quote",
    "use",
]
