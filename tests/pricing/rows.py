"""Rows of the pricing app for tests, with defaults that may be overridden one by one."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from pricing.models import Experiment, PromoCode, PromoLimit, Promotion, PromotionAmount

_numbers = count(1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def make_promotion(**fields: Any) -> Promotion:
    """Return a saved automatic 10 % off; ``amounts`` and ``limits`` are mappings.

    ``limits`` maps a kind, or ``("budget", currency)``, to what is allowed.
    """
    amounts = fields.pop("amounts", {})
    limits = fields.pop("limits", {})
    number = next(_numbers)
    defaults = {
        "name": f"Promotion {number}",
        "key": f"promotion-{number}",
        "percent_bps": 1000,
    }
    if fields.get("kind") == "amount":
        defaults.pop("percent_bps")
    row = Promotion.objects.create(**{**defaults, **fields})
    for currency, amount_minor in amounts.items():
        PromotionAmount.objects.create(
            promotion=row, currency=currency, amount_minor=amount_minor
        )
    for kind, allowed in limits.items():
        make_limit(row, kind, allowed)
    return row


def make_limit(promotion: Promotion, kind: Any, allowed: int, code: Any = None) -> PromoLimit:
    """Return a saved limit of a promotion or of one code."""
    name, currency = kind if isinstance(kind, tuple) else (kind, "")
    return PromoLimit.objects.create(
        promotion=promotion, code=code, kind=name, currency=currency, allowed=allowed
    )


def make_code(promotion: Promotion | None = None, **fields: Any) -> PromoCode:
    """Return a saved code; its promotion needs one and gives 10 % off."""
    limits = fields.pop("limits", {})
    promotion = promotion or make_promotion(trigger="code")
    defaults = {"code": f"CODE-{next(_numbers)}", "created_at": LONG_AGO}
    row = PromoCode.objects.create(promotion=promotion, **{**defaults, **fields})
    for kind, allowed in limits.items():
        make_limit(promotion, kind, allowed, code=row)
    return row


def make_experiment(tier: Any, factors: tuple[int, ...] = (10_000, 11_000)) -> Experiment:
    """Return a running experiment on a tier with an arm for each factor."""
    row = Experiment.objects.create(name="Dearer", tier=tier)
    for number, factor_bps in enumerate(factors):
        row.arms.create(name=f"Arm {number}", factor_bps=factor_bps)
    Experiment.objects.filter(pk=row.pk).update(status="running", starts_at=LONG_AGO)
    row.refresh_from_db()
    return row
