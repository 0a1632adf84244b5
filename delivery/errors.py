"""What delivery refuses."""

from shopbot.kernel.errors import Conflict, InvalidInput, NotFound


class OutOfCodes(Conflict):
    """Fewer codes are left than were asked for."""

    code = "out_of_codes"


class UnknownDelivery(NotFound):
    """There is no such delivery, or it is somebody else's."""

    code = "unknown_delivery"


class NotFailed(Conflict):
    """Only a delivery that failed is retried."""

    code = "delivery_not_failed"


class CodeIsTaken(Conflict):
    """A code that was sold or is held for an order cannot be withdrawn."""

    code = "code_is_taken"


class ImportRefused(InvalidInput):
    """A list of codes holds rows that cannot be imported; nothing of it was."""

    code = "import_refused"


class UnknownParcel(NotFound):
    """There is no such parcel, or it is somebody else's."""

    code = "unknown_parcel"


class ParcelHasLeft(Conflict):
    """The address of a parcel that has been sent cannot change."""

    code = "parcel_has_left"


class AddressNeeded(InvalidInput):
    """A parcel needs to know where to."""

    code = "address_needed"


class UnknownShipping(NotFound):
    """That way of shipping is not offered there."""

    code = "unknown_shipping"
