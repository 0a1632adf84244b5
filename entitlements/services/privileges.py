"""Use up what a privilege gives."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from entitlements.allowances import Allowance, privilege_of
from entitlements.errors import (
    KeyIsTaken,
    NotCountable,
    NotEntitled,
    PrivilegeUsedUp,
    UnknownPrivilege,
)
from entitlements.models import Privilege, PrivilegeMeter, PrivilegeUse


@dataclass(frozen=True, slots=True)
class Consumption:
    """The answer to one use: what it counted, and where the period stands after it."""

    code: str
    amount: int
    used: int
    limit: int | None
    is_over: bool
    is_repeat: bool
    resets_at: datetime | None

    @property
    def remaining(self) -> int | None:
        """What is left before the limit; None when unlimited."""
        return None if self.limit is None else max(self.limit - self.used, 0)


@transaction.atomic
def consume(
    *, customer_id: int, privilege: str, amount: int, key: str, now: datetime
) -> Consumption:
    """Count a use of a number privilege against its limit.

    Safe to repeat by ``key``: the same key counts once per customer and privilege. At a hard
    limit nothing is counted and the use is refused; beyond a soft one it is counted and
    ``is_over`` says so. One UPDATE decides, so that uses at the same moment cannot pass a hard
    limit together.

    Raises:
        UnknownPrivilege: no privilege has this code.
        NotCountable: it is not a number, or ``amount`` is not 1 or more.
        NotEntitled: the customer does not have it now.
        PrivilegeUsedUp: it would go beyond a hard limit.
        KeyIsTaken: the key counted another amount before.
    """
    known = Privilege.objects.filter(code=privilege).first()
    if known is None:
        raise UnknownPrivilege(f"no privilege {privilege!r}", privilege=privilege)
    if known.kind != Privilege.Kind.NUMBER or amount < 1:
        raise NotCountable(f"{amount} of {privilege} cannot be counted", privilege=privilege)
    allowance = privilege_of(customer_id, privilege, now)
    earlier = _earlier(customer_id, known.pk, key)
    if earlier is not None:
        return _repeat(earlier, allowance, known, amount)
    if allowance is None:
        raise NotEntitled(f"customer {customer_id} has no {privilege}", privilege=privilege)
    meter, _ = PrivilegeMeter.objects.get_or_create(
        customer_id=customer_id,
        privilege_id=known.pk,
        period_starts_at=allowance.period_starts_at,
    )
    try:
        with transaction.atomic():
            PrivilegeUse.objects.create(
                meter=meter,
                customer_id=customer_id,
                privilege=known,
                key=key,
                amount=amount,
                used_at=now,
            )
    except IntegrityError:
        # The same key at the same moment: the other one counted it.
        other = PrivilegeUse.objects.select_related("meter").get(
            customer_id=customer_id, privilege=known, key=key
        )
        return _repeat(other, allowance, known, amount)
    _count(meter, allowance, amount)
    meter.refresh_from_db(fields=["used"])
    return _answer(known.code, amount, meter.used, allowance, is_repeat=False)


def _earlier(customer_id: int, privilege_id: int, key: str) -> PrivilegeUse | None:
    uses = PrivilegeUse.objects.select_related("meter")
    return uses.filter(customer_id=customer_id, privilege_id=privilege_id, key=key).first()


def _count(meter: PrivilegeMeter, allowance: Allowance, amount: int) -> None:
    room = PrivilegeMeter.objects.filter(pk=meter.pk)
    if allowance.is_hard and allowance.limit is not None:
        room = room.filter(used__lte=allowance.limit - amount)
    if not room.update(used=F("used") + amount):
        raise PrivilegeUsedUp(
            f"{amount} more of {allowance.code} would exceed {allowance.limit}",
            privilege=allowance.code,
            limit=allowance.limit,
            remaining=allowance.remaining,
        )


def _repeat(
    use: PrivilegeUse, allowance: Allowance | None, privilege: Privilege, amount: int
) -> Consumption:
    if use.amount != amount:
        raise KeyIsTaken(f"the key counted {use.amount} before", amount=use.amount)
    return _answer(privilege.code, amount, use.meter.used, allowance, is_repeat=True)


def _answer(
    code: str, amount: int, used: int, allowance: Allowance | None, *, is_repeat: bool
) -> Consumption:
    limit = None if allowance is None else allowance.limit
    return Consumption(
        code=code,
        amount=amount,
        used=used,
        limit=limit,
        is_over=limit is not None and used > limit,
        is_repeat=is_repeat,
        resets_at=None if allowance is None else allowance.resets_at,
    )
