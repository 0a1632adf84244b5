"""Refusals about entitlements."""

from shopbot.kernel.errors import Conflict, InvalidInput, NotFound, Refused


class UnknownEntitlement(NotFound):
    """No entitlement has this code."""

    code = "unknown_entitlement"


class UnknownGrant(NotFound):
    """No grant has this id."""

    code = "unknown_grant"


class UnknownBlock(NotFound):
    """No block has this id."""

    code = "unknown_block"


class SourceIsTaken(Conflict):
    """The source has already granted the entitlement to somebody else."""

    code = "source_is_taken"


class GrantIsClosed(Conflict):
    """The row was revoked or replaced meanwhile: look at the present one, then decide again."""

    code = "grant_is_closed"


class GrantIsForLife(Refused):
    """What never ends cannot be extended."""

    code = "grant_is_for_life"


class SeatIsNotOwn(Refused):
    """A seat follows its owner's grant: change that one, or remove the member."""

    code = "seat_is_not_own"


class BadEnd(InvalidInput):
    """The end is not a moment that this change may lead to."""

    code = "bad_end"


class NoTrial(Refused):
    """The tier has no trial."""

    code = "no_trial"


class TrialIsUsed(Refused):
    """The customer has had the trial of this product; there is one for each."""

    code = "trial_is_used"


class AlreadyHeld(Refused):
    """The customer has all of it already."""

    code = "already_held"


class UnknownGift(NotFound):
    """No gift has this code, or it was withdrawn."""

    code = "unknown_gift"


class GiftIsUsed(Conflict):
    """Somebody else has redeemed the gift."""

    code = "gift_is_used"


class GiftIsOver(Refused):
    """The gift was not redeemed in time."""

    code = "gift_is_over"


class GiftIsHeld(Refused):
    """Whoever gives it is blocked, perhaps because its payment is disputed."""

    code = "gift_is_held"


class GiftIsOwn(Refused):
    """Who gives a gift does not redeem it."""

    code = "gift_is_own"


class UnknownInvite(NotFound):
    """No invitation has this code, or it was withdrawn."""

    code = "unknown_invite"


class InviteIsUsed(Conflict):
    """Somebody else took the seat."""

    code = "invite_is_used"


class InviteIsOver(Refused):
    """The invitation was not accepted in time."""

    code = "invite_is_over"


class InviteIsOwn(Refused):
    """The owner needs no seat."""

    code = "invite_is_own"


class NoSeats(Refused):
    """The customer owns no seats of this entitlement now."""

    code = "no_seats"


class SeatsAreTaken(Conflict):
    """Every seat has its member."""

    code = "seats_are_taken"


class UnknownPrivilege(NotFound):
    """No privilege has this code."""

    code = "unknown_privilege"


class NotEntitled(Refused):
    """The customer does not have it now."""

    code = "not_entitled"


class NotCountable(InvalidInput):
    """Only a number can be used up."""

    code = "not_countable"


class PrivilegeUsedUp(Refused):
    """The use would go beyond a hard limit; nothing was counted."""

    code = "privilege_used_up"


class KeyIsTaken(Conflict):
    """The key was used before for another amount."""

    code = "key_is_taken"
