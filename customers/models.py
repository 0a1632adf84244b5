"""The people who buy."""

import secrets
from datetime import datetime
from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from customers.languages import Language, guess_region

REFERRAL_CODE_LENGTH = 10

validate_region_code = RegexValidator(
    r"^[A-Z]{2,8}\Z",
    "A region's code is two to eight capital letters, such as GB or ASIA.",
)


def new_referral_code() -> str:
    """Return 60 random bits as ten URL-safe characters."""
    return secrets.token_urlsafe(8)[:REFERRAL_CODE_LENGTH]


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Customers."""

    def locked(self) -> Self:
        """Lock the rows in the one order that cannot deadlock: by primary key."""
        return self.order_by("pk").select_for_update(of=("self",))

    def reachable(self) -> Self:
        """Those who have not blocked the bot."""
        return self.filter(blocked_bot_at__isnull=True)

    def block_bot(self, *, telegram_id: int, at: datetime) -> bool:
        """Mark the bot blocked; False when it already was, or nobody has that id."""
        free = self.filter(telegram_id=telegram_id, blocked_bot_at__isnull=True)
        return free.update(blocked_bot_at=at) == 1

    def unblock_bot(self, *, telegram_id: int) -> bool:
        """Clear the mark; False when there was none."""
        marked = self.filter(telegram_id=telegram_id, blocked_bot_at__isnull=False)
        return marked.update(blocked_bot_at=None) == 1


class Customer(models.Model):
    """One Telegram person who has opened the shop at least once."""

    telegram_id = models.BigIntegerField(
        unique=True, help_text="The person's number in Telegram; it never changes."
    )
    username = models.CharField(
        max_length=64,
        blank=True,
        help_text="Telegram name without the @; people may change it.",
    )
    first_name = models.CharField(max_length=256, blank=True, help_text="As given in Telegram.")
    last_name = models.CharField(max_length=256, blank=True, help_text="As given in Telegram.")
    language = models.CharField(
        max_length=2,
        choices=Language.choices,
        default=Language.ENGLISH,
        help_text="The language the bot speaks to this customer.",
    )
    language_is_chosen = models.BooleanField(
        default=False,
        help_text="The customer picked it; otherwise it follows the Telegram app.",
    )
    telegram_language = models.CharField(
        max_length=35,
        blank=True,
        help_text="Language code the Telegram app reports, e.g. en-GB.",
    )
    region = models.CharField(
        max_length=8,
        blank=True,
        validators=[validate_region_code],
        help_text="Code of the region whose prices apply; empty until one is confirmed.",
    )
    region_confirmed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the region was last confirmed or set by staff.",
    )
    referrer = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="referred",
        help_text="Who brought this customer; the first one counts and stays.",
    )
    referred_at = models.DateTimeField(
        null=True, blank=True, help_text="When the referral was accepted."
    )
    referral_code = models.CharField(
        max_length=REFERRAL_CODE_LENGTH,
        unique=True,
        default=new_referral_code,
        help_text="The secret part of this customer's own referral link.",
    )
    is_staff = models.BooleanField(
        default=False,
        help_text="Works for the shop: promotions for staff apply. Set by the page's action.",
    )
    blocked_bot_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the customer blocked the bot; empty if reachable.",
    )
    stripe_customer_id = models.CharField(
        max_length=255,
        blank=True,
        help_text="The customer's id at Stripe, once there is one.",
    )
    created_at = models.DateTimeField(help_text="When the customer first opened the shop.")
    last_seen_at = models.DateTimeField(
        help_text="Last day the customer used the shop; written at most once a day."
    )
    note = models.TextField(blank=True, help_text="For staff only; the customer never sees it.")

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [("mark_staff", "Can say which customers work for the shop")]
        constraints = [
            models.CheckConstraint(
                condition=Q(language__in=Language.values),
                name="customer_language_known",
            ),
            models.CheckConstraint(
                condition=Q(telegram_id__gt=0), name="customer_telegram_id_positive"
            ),
            models.CheckConstraint(
                condition=Q(region="", region_confirmed_at__isnull=True)
                | (~Q(region="") & Q(region_confirmed_at__isnull=False)),
                name="customer_region_iff_confirmed",
                violation_error_message="A region and the time it was confirmed go together.",
            ),
            models.CheckConstraint(
                condition=Q(referrer__isnull=True, referred_at__isnull=True)
                | Q(referrer__isnull=False, referred_at__isnull=False),
                name="customer_referrer_iff_referred",
            ),
            models.CheckConstraint(
                condition=Q(referrer__isnull=True) | ~Q(referrer=F("id")),
                name="customer_not_own_referrer",
                violation_error_message="Nobody refers themselves.",
            ),
            models.UniqueConstraint(
                fields=["stripe_customer_id"],
                condition=~Q(stripe_customer_id=""),
                name="customer_once_at_stripe",
            ),
        ]
        indexes = [
            # Staff's search by user name, which people type in any case.
            models.Index(Upper("username"), name="customer_username_upper"),
        ]

    def __str__(self) -> str:
        """Return the name staff know the person by."""
        return f"{self.display_name} ({self.telegram_id})"

    @property
    def display_name(self) -> str:
        """The best name there is: full name, else user name, else the Telegram number."""
        full_name = f"{self.first_name} {self.last_name}".strip()
        return full_name or (f"@{self.username}" if self.username else str(self.telegram_id))

    @property
    def guessed_region(self) -> str:
        """The region to show prices for until the customer confirms one."""
        return guess_region(self.telegram_language)

    @property
    def region_or_guess(self) -> str:
        """The confirmed region, else the guess."""
        return self.region or self.guessed_region
