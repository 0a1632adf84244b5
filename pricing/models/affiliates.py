"""People who bring customers, what they earn, and gift cards: money of others, in ledgers."""

from __future__ import annotations

from typing import Final, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from catalog.models import validate_currency
from customers.models import Customer
from pricing.models.lasting import Lasting
from pricing.models.promotions import validate_code

_BPS_HELP = "In percent."


class AffiliateProgram(models.Model):
    """The one row of terms for everyone who brings customers."""

    is_active = models.BooleanField(
        default=True, help_text="Off gives no discount and earns no commission on new orders."
    )
    discount_bps = models.PositiveIntegerField(
        default=1_000,
        validators=[MaxValueValidator(10_000)],
        verbose_name="discount",
        help_text=f"What a referred customer saves. {_BPS_HELP}",
    )
    first_purchase_only = models.BooleanField(
        default=False,
        help_text="The discount is only for a referred customer's first purchase.",
    )
    commission_bps = models.PositiveIntegerField(
        default=1_000,
        validators=[MaxValueValidator(10_000)],
        verbose_name="commission",
        help_text=f"What the affiliate earns of what was paid. {_BPS_HELP}",
    )
    hold_days = models.PositiveIntegerField(
        default=30,
        validators=[MaxValueValidator(365)],
        help_text="Days until a commission can be paid out, so that refunds come first.",
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "affiliate program"
        verbose_name_plural = "affiliate program"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="affiliate_program_is_one_row"),
            models.CheckConstraint(
                condition=Q(discount_bps__lte=10_000, commission_bps__lte=10_000),
                name="affiliate_terms_percent",
            ),
        ]

    def __str__(self) -> str:
        """Return the title of the page."""
        return "Affiliate program"


class Affiliate(models.Model):
    """A customer who brings others, on terms of their own where these differ."""

    customer = models.OneToOneField(
        Customer,
        on_delete=models.PROTECT,
        related_name="affiliate",
        help_text="Who brings the others.",
    )
    is_active = models.BooleanField(
        default=True, help_text="Off earns nothing more; what is earned stays."
    )
    discount_bps = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(10_000)],
        verbose_name="own discount",
        help_text=f"What their customers save instead; empty for the program's. {_BPS_HELP}",
    )
    commission_bps = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(10_000)],
        verbose_name="own commission",
        help_text=f"What they earn instead; empty for the program's. {_BPS_HELP}",
    )
    note = models.TextField(blank=True, help_text="For staff only, such as how to pay them.")

    objects = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(discount_bps__isnull=True) | Q(discount_bps__lte=10_000))
                & (Q(commission_bps__isnull=True) | Q(commission_bps__lte=10_000)),
                name="affiliate_own_terms_percent",
            )
        ]

    def __str__(self) -> str:
        """Return the customer's row."""
        return f"Affiliate {self.customer_id}"


class AffiliateClicks(models.Model):
    """How often an affiliate's link was opened on a day."""

    customer = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        related_name="affiliate_clicks",
        help_text="Whose link.",
    )
    day = models.DateField(help_text="The day (UTC).")
    clicks = models.PositiveIntegerField(default=0, help_text="How often it was opened.")

    objects = models.Manager()

    class Meta:
        ordering = ["-day"]
        verbose_name_plural = "affiliate clicks"
        constraints = [
            models.UniqueConstraint(fields=["customer", "day"], name="clicks_once_per_day")
        ]

    def __str__(self) -> str:
        """Return the day."""
        return f"{self.day}: {self.clicks}"


class AffiliateVisitor(models.Model):
    """Somebody who has opened an affiliate's link: only the first time counts as a click."""

    customer = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        related_name="affiliate_visitors",
        help_text="Whose link.",
    )
    visitor = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        related_name="affiliate_visits",
        help_text="Who opened it.",
    )

    objects = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "visitor"], name="click_once_per_visitor"
            )
        ]

    def __str__(self) -> str:
        """Return both."""
        return f"{self.visitor_id} by the link of {self.customer_id}"


class Payout(models.Model):
    """A sum owed to an affiliate, from the list to the transfer."""

    class Status(models.TextChoices):
        """How far it is."""

        OPEN = "open", "To be paid"
        PAID = "paid", "Paid"
        CANCELLED = "cancelled", "Cancelled"

    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="payouts",
        help_text="Who is paid.",
    )
    currency = models.CharField(
        max_length=3, validators=[validate_currency], help_text="Three capital letters."
    )
    amount_minor = models.BigIntegerField(
        verbose_name="amount", help_text="In the smallest unit of the currency."
    )
    status = models.CharField(
        max_length=9,
        choices=Status.choices,
        default=Status.OPEN,
        help_text="Changed by the buttons of this page.",
    )
    created_at = models.DateTimeField(help_text="When the sum was put on the list.")
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When it was settled.")
    closed_by = models.CharField(
        max_length=40, blank=True, help_text="Who settled it, such as staff:7."
    )
    reason = models.CharField(
        max_length=200, blank=True, help_text="How it was paid, or why it was cancelled."
    )

    objects = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "paid", "cancelled"]),
                name="payout_status_known",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payout_of_something"),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True, closed_by="", reason="")
                | (
                    ~Q(status="open")
                    & Q(closed_at__isnull=False)
                    & ~Q(closed_by="")
                    & ~Q(reason="")
                ),
                name="payout_settled_iff_by_whom_when_and_why",
                violation_error_message="Say how it was paid, or why it was cancelled.",
            ),
            models.UniqueConstraint(
                fields=["customer", "currency"],
                condition=Q(status="open"),
                name="payout_one_open_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        """Return the status."""
        return f"Payout {self.pk} ({self.status})"


class CommissionEntry(Lasting):
    """One line of an affiliate's account; the sum of the lines is what they are owed."""

    why_it_stays = "the commission ledger is only ever added to"

    class Kind(models.TextChoices):
        """Why the account moved."""

        EARNED = "earned", "Commission"
        REVERSED = "reversed", "Taken back: the customer was refunded"
        RESTORED = "restored", "Given back: the refund failed or the dispute was won"
        PAID = "paid", "Paid out"
        RETURNED = "returned", "Payout cancelled"

    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="commissions",
        help_text="Whose account.",
    )
    kind = models.CharField(
        max_length=8, choices=Kind.choices, help_text="Why the account moved."
    )
    holder = models.CharField(
        max_length=80, help_text="What it was for, such as order:17 or payout:3."
    )
    currency = models.CharField(
        max_length=3, validators=[validate_currency], help_text="Three capital letters."
    )
    amount_minor = models.BigIntegerField(
        verbose_name="amount", help_text="In the smallest unit; negative takes away."
    )
    matures_at = models.DateTimeField(help_text="From when it counts for a payout.")
    created_at = models.DateTimeField(help_text="When it was written.")

    class Meta:
        verbose_name = "commission"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["earned", "restored", "returned"], amount_minor__gt=0)
                | Q(kind__in=["reversed", "paid"], amount_minor__lt=0),
                name="commission_sign_fits_kind",
            ),
            models.UniqueConstraint(
                fields=["holder", "kind"],
                condition=~Q(kind__in=["reversed", "restored"]),
                name="commission_once_per_holder",
            ),
        ]
        indexes = [
            # Balances and statements of one affiliate.
            models.Index(
                fields=["customer", "currency", "matures_at"], name="commission_account"
            ),
            # Refunds look for what an order earned.
            models.Index(fields=["holder"], name="commission_by_holder"),
        ]

    def __str__(self) -> str:
        """Return what it was for."""
        return f"{self.kind} {self.holder}"


#: What of a gift card can be spent, in its smallest unit.
LEFT_ON_CARD: Final = F("balance_minor") - F("withheld_minor")


class GiftCardQuerySet(models.QuerySet["GiftCard"]):
    """Gift cards, and what of them is money."""

    def filled(self) -> Self:
        """Keep those with money on them that is neither frozen nor withheld."""
        return self.filter(frozen=GiftCard.Frozen.NOT, balance_minor__gt=F("withheld_minor"))


class GiftCard(models.Model):
    """Money paid in advance, in one currency, spendable by whoever redeems the code first."""

    class Frozen(models.TextChoices):
        """Why what is left on a sold card cannot be spent."""

        NOT = "", "No"
        DISPUTED = "disputed", "Its payment is disputed"
        REFUNDED = "refunded", "Its payment was refunded"

    code = models.CharField(
        max_length=40, unique=True, validators=[validate_code], help_text="What is typed."
    )
    currency = models.CharField(
        max_length=3, validators=[validate_currency], help_text="Three capital letters."
    )
    issued_minor = models.BigIntegerField(
        verbose_name="issued", help_text="In the smallest unit of the currency."
    )
    balance_minor = models.BigIntegerField(
        verbose_name="balance", help_text="What is left, in the smallest unit."
    )
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Not valid from this moment on; empty: for ever."
    )
    is_active = models.BooleanField(default=True, help_text="Off stops the card at once.")
    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="gift_cards",
        help_text="Who redeemed it; from then on nobody else can spend it.",
    )
    redeemed_at = models.DateTimeField(null=True, blank=True, help_text="When it was redeemed.")
    batch = models.CharField(
        max_length=60, blank=True, help_text="Set it was issued with, to find and export it."
    )
    created_at = models.DateTimeField(help_text="When it was issued.")
    note = models.CharField(max_length=200, blank=True, help_text="For staff only.")
    source = models.CharField(
        max_length=80, blank=True, help_text="What sold it, like order-line:17:1; empty: staff."
    )
    frozen = models.CharField(
        max_length=8,
        choices=Frozen.choices,
        blank=True,
        help_text="Whether its sale was undone; it moves with the money, not by hand.",
    )
    withheld_minor = models.BigIntegerField(
        default=0,
        editable=False,
        verbose_name="withheld",
        help_text="Cannot be spent, in the smallest unit: its money was refunded.",
    )

    objects = GiftCardQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=~Q(source=""), name="gift_card_once_per_source"
            ),
            models.CheckConstraint(
                condition=Q(frozen__in=["", "disputed", "refunded"]),
                name="gift_card_frozen_known",
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=True, redeemed_at__isnull=True)
                | Q(customer__isnull=False, redeemed_at__isnull=False),
                name="gift_card_redeemed_iff_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(issued_minor__gt=0, balance_minor__gte=0)
                & Q(balance_minor__lte=F("issued_minor")),
                name="gift_card_balance_within_issue",
            ),
            models.CheckConstraint(
                condition=Q(withheld_minor__gte=0) & Q(withheld_minor__lte=F("issued_minor")),
                name="gift_card_withheld_within_issue",
            ),
        ]

    def __str__(self) -> str:
        """Return the code."""
        return self.code


class CodeTries(models.Model):
    """How many codes that do not exist a customer has typed lately."""

    customer = models.OneToOneField(
        Customer,
        on_delete=models.CASCADE,
        related_name="code_tries",
        help_text="Who typed them.",
    )
    since = models.DateTimeField(help_text="When counting began.")
    wrong = models.PositiveIntegerField(default=0, help_text="Wrong codes since.")

    objects = models.Manager()

    class Meta:
        verbose_name_plural = "code tries"

    def __str__(self) -> str:
        """Return how many."""
        return f"{self.wrong} wrong"


class GiftCardEntry(Lasting):
    """One line of a gift card's account."""

    why_it_stays = "the gift card ledger is only ever added to"

    class Kind(models.TextChoices):
        """Why the balance moved."""

        ISSUED = "issued", "Issued"
        SPENT = "spent", "Spent"
        RETURNED = "returned", "Given back"

    card = models.ForeignKey(
        GiftCard,
        on_delete=models.PROTECT,
        related_name="entries",
        help_text="Whose balance.",
    )
    kind = models.CharField(max_length=8, choices=Kind.choices, help_text="Why it moved.")
    holder = models.CharField(max_length=80, help_text="What for, such as order:17.")
    amount_minor = models.BigIntegerField(
        verbose_name="amount",
        validators=[MinValueValidator(-(10**15))],
        help_text="In the smallest unit; negative was spent.",
    )
    created_at = models.DateTimeField(help_text="When it was written.")

    class Meta:
        verbose_name_plural = "gift card entries"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["issued", "returned"], amount_minor__gt=0)
                | Q(kind="spent", amount_minor__lt=0),
                name="gift_entry_sign_fits_kind",
            ),
            models.UniqueConstraint(
                fields=["card", "holder", "kind"], name="gift_entry_once_per_holder"
            ),
        ]

    def __str__(self) -> str:
        """Return what it was for."""
        return f"{self.kind} {self.holder}"
