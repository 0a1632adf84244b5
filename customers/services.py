"""What can be done with customers: meet them, learn their language and region, join them up."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from customers.errors import BadRegionCode, RegionIsFixed, UnknownCustomer, UnknownLanguage
from customers.languages import Language, guess_language, guess_region
from customers.models import Customer, validate_region_code
from customers.referral_tree import chain_above
from shopbot.kernel.errors import Busy
from shopbot.kernel.events import record

__all__ = [
    "accept_referral",
    "choose_language",
    "confirm_region",
    "forget_region_by_staff",
    "guess_region",
    "mark_bot_blocked",
    "mark_bot_unblocked",
    "mark_staff",
    "meet",
    "set_region_by_staff",
    "unmark_staff",
]

# The root of a chain of referrals may gain a referrer between reading and locking it; each time
# it does, another customer's referral succeeded, so a few attempts are plenty.
_REFERRAL_ATTEMPTS = 5


def meet(
    *,
    telegram_id: int,
    username: str,
    first_name: str,
    last_name: str,
    language_code: str,
    now: datetime,
) -> Customer:
    """Return the customer with this Telegram id, created at the first meeting.

    Costs one query when nothing changed. Safe to repeat and to run twice at once: the unique
    Telegram id decides who creates the row, and only that one records ``customer.met``.
    """
    told = {
        "username": _storable(username, 64),
        "first_name": _storable(first_name, 256),
        "last_name": _storable(last_name, 256),
        "telegram_language": _storable(language_code, 35),
    }
    known = Customer.objects.filter(telegram_id=telegram_id).first()
    if known is not None:
        return _refresh(known, told, now)
    with transaction.atomic():
        guessed = {"language": guess_language(language_code)}
        customer, is_new = Customer.objects.get_or_create(
            telegram_id=telegram_id,
            defaults={**told, **guessed, "created_at": now, "last_seen_at": now},
        )
        if is_new:
            _record(customer, "customer.met", now)
    return customer


def _storable(text: str, longest: int) -> str:
    # PostgreSQL refuses zero bytes, and a name must never cost somebody the shop.
    return text.replace("\x00", "")[:longest]


def _refresh(customer: Customer, told: dict[str, str], now: datetime) -> Customer:
    if not told["telegram_language"]:
        # Not every update says it: the word of a refund carries the chat, not the person.
        told = {**told, "telegram_language": customer.telegram_language}
    changes: dict[str, object] = {
        field: value for field, value in told.items() if getattr(customer, field) != value
    }
    if not customer.language_is_chosen:
        guessed = guess_language(told["telegram_language"])
        if guessed != customer.language:
            changes["language"] = guessed
    if customer.last_seen_at.date() < now.date():
        changes["last_seen_at"] = now
    if changes:
        Customer.objects.filter(pk=customer.pk).update(**changes)
        for field, value in changes.items():
            setattr(customer, field, value)
    return customer


@transaction.atomic
def choose_language(*, customer_id: int, language: str, now: datetime) -> Customer:
    """Speak the language the customer picked from now on, whatever Telegram says.

    Raises:
        UnknownLanguage: the shop does not speak it.
        UnknownCustomer: no such customer.
    """
    if language not in Language.values:
        raise UnknownLanguage(f"the shop does not speak {language!r}", language=language)
    customer = _locked(customer_id)
    if customer.language_is_chosen and customer.language == language:
        return customer
    customer.language, customer.language_is_chosen = language, True
    customer.save(update_fields=["language", "language_is_chosen"])
    _record(customer, "customer.language_chosen", now, language=language)
    return customer


@transaction.atomic
def confirm_region(*, customer_id: int, region: str, now: datetime) -> Customer:
    """Fix the region whose prices the customer pays; confirming the same again changes nothing.

    Raises:
        RegionIsFixed: another region was confirmed less than ``REGION_CHANGE_DAYS`` ago.
        BadRegionCode: not written as a region's code is.
        UnknownCustomer: no such customer.
    """
    _check_region_code(region)
    customer = _locked(customer_id)
    if customer.region == region:
        return customer
    if customer.region_confirmed_at is not None:
        until = customer.region_confirmed_at + timedelta(days=settings.REGION_CHANGE_DAYS)
        if now < until:
            raise RegionIsFixed(
                f"customer {customer_id} pays in {customer.region} until {until:%Y-%m-%d}",
                region=customer.region,
                until=until.isoformat(),
            )
    before = customer.region
    _write_region(customer, region, now)
    _record(customer, "customer.region_confirmed", now, region=region, before=before)
    return customer


@transaction.atomic
def set_region_by_staff(
    *, customer_id: int, region: str, actor: str, now: datetime
) -> Customer:
    """Set the region whatever the waiting time; the customer then waits anew to change it.

    Raises:
        BadRegionCode: not written as a region's code is.
        UnknownCustomer: no such customer.
    """
    _check_region_code(region)
    customer = _locked(customer_id)
    if customer.region == region:
        return customer
    before = customer.region
    _write_region(customer, region, now)
    _record(customer, "customer.region_set", now, actor=actor, region=region, before=before)
    return customer


@transaction.atomic
def forget_region_by_staff(*, customer_id: int, actor: str, now: datetime) -> Customer:
    """Ask the customer for the region again at the next checkout.

    Raises:
        UnknownCustomer: no such customer.
    """
    customer = _locked(customer_id)
    if not customer.region:
        return customer
    before = customer.region
    customer.region, customer.region_confirmed_at = "", None
    customer.save(update_fields=["region", "region_confirmed_at"])
    _record(customer, "customer.region_forgotten", now, actor=actor, before=before)
    return customer


@transaction.atomic
def mark_staff(*, customer_id: int, actor: str, now: datetime) -> Customer:
    """Let promotions for staff apply to a customer; safe to repeat.

    Raises:
        UnknownCustomer: no such customer.
    """
    customer = _locked(customer_id)
    return _write_staff(customer, "customer.staff_marked", actor, now, is_staff=True)


@transaction.atomic
def unmark_staff(*, customer_id: int, actor: str, now: datetime) -> Customer:
    """End that promotions for staff apply to a customer; safe to repeat.

    Raises:
        UnknownCustomer: no such customer.
    """
    customer = _locked(customer_id)
    return _write_staff(customer, "customer.staff_unmarked", actor, now, is_staff=False)


def accept_referral(*, customer_id: int, code: str, now: datetime) -> bool:
    """Note who brought the customer; True if this is now known for the first time.

    The first referrer counts and stays. Refused without a word are an unknown code, one's own
    code, and a code whose owner the customer brought, directly or through others.

    Locks the customer and the root of the referrer's chain: only a root can gain a referrer, so
    of several referrals that would together close a loop, the last one sees the others.

    Raises:
        Busy: the chain kept changing; try again.
        UnknownCustomer: no such customer.
    """
    referrer_id = _owner_of(code)
    if referrer_id is None:
        return False
    for _ in range(_REFERRAL_ATTEMPTS):
        root_id = chain_above(referrer_id)[-1]
        with transaction.atomic():
            pair = Customer.objects.filter(pk__in=[customer_id, root_id]).locked()
            locked = {row.pk: row for row in pair}
            if customer_id not in locked:
                raise UnknownCustomer(f"no customer {customer_id}", customer_id=customer_id)
            chain = chain_above(referrer_id)
            if chain[-1] == root_id:
                return _join(locked[customer_id], chain, now)
    raise Busy("referrals above this code keep changing")


def _owner_of(code: str) -> int | None:
    owners = Customer.objects.filter(referral_code=code).values_list("pk", flat=True)
    return owners.first()


def _join(customer: Customer, chain: list[int], now: datetime) -> bool:
    if customer.referrer_id is not None or customer.pk in chain:
        return False
    customer.referrer_id, customer.referred_at = chain[0], now
    customer.save(update_fields=["referrer", "referred_at"])
    _record(customer, "customer.referred", now, referrer_id=chain[0])
    return True


@transaction.atomic
def mark_bot_blocked(*, telegram_id: int, now: datetime) -> bool:
    """Stop writing to a customer who blocked the bot; False if that was known already."""
    return _mark(
        telegram_id,
        Customer.objects.block_bot(telegram_id=telegram_id, at=now),
        "customer.bot_blocked",
        now,
    )


@transaction.atomic
def mark_bot_unblocked(*, telegram_id: int, now: datetime) -> bool:
    """Write again to a customer who let the bot back in; False if nothing was marked."""
    return _mark(
        telegram_id,
        Customer.objects.unblock_bot(telegram_id=telegram_id),
        "customer.bot_unblocked",
        now,
    )


def _mark(telegram_id: int, has_changed: bool, kind: str, now: datetime) -> bool:
    if has_changed:
        _record(Customer.objects.get(telegram_id=telegram_id), kind, now)
    return has_changed


def _locked(customer_id: int) -> Customer:
    customer = Customer.objects.filter(pk=customer_id).locked().first()
    if customer is None:
        raise UnknownCustomer(f"no customer {customer_id}", customer_id=customer_id)
    return customer


def _check_region_code(region: str) -> None:
    try:
        validate_region_code(region)
    except ValidationError:
        raise BadRegionCode(f"{region!r} is not a region's code", region=region) from None


def _write_region(customer: Customer, region: str, now: datetime) -> None:
    customer.region, customer.region_confirmed_at = region, now
    customer.save(update_fields=["region", "region_confirmed_at"])


def _write_staff(
    customer: Customer, kind: str, actor: str, now: datetime, *, is_staff: bool
) -> Customer:
    if customer.is_staff != is_staff:
        customer.is_staff = is_staff
        customer.save(update_fields=["is_staff"])
        _record(customer, kind, now, actor=actor)
    return customer


def _record(
    customer: Customer, kind: str, now: datetime, *, actor: str = "", **data: object
) -> None:
    record(
        kind,
        subject=f"customer:{customer.pk}",
        actor=actor or f"customer:{customer.pk}",
        at=now,
        customer_id=customer.pk,
        **data,
    )
