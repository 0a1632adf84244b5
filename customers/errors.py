"""Refusals about customers."""

from shopbot.kernel.errors import InvalidInput, NotFound, Refused


class UnknownCustomer(NotFound):
    """No customer has this id."""

    code = "unknown_customer"


class UnknownLanguage(InvalidInput):
    """The shop does not speak it."""

    code = "unknown_language"


class BadRegionCode(InvalidInput):
    """Not written as a region's code is."""

    code = "bad_region_code"


class RegionIsFixed(Refused):
    """It was confirmed too recently; ``until`` in the context says when it may change."""

    code = "region_is_fixed"
