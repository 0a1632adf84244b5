"""Refusals about the catalog."""

from shopbot.kernel.errors import Conflict, InvalidInput, NotFound


class UnknownCategory(NotFound):
    """No category has this id."""

    code = "unknown_category"


class UnknownProduct(NotFound):
    """No product has this id."""

    code = "unknown_product"


class UnknownTier(NotFound):
    """No tier has this id."""

    code = "unknown_tier"


class CategoryCycle(InvalidInput):
    """A category would stand within itself."""

    code = "category_cycle"


class NothingToSell(Conflict):
    """The product cannot be published: no tier of it is active."""

    code = "nothing_to_sell"


class StockTooLow(Conflict):
    """Fewer units are left than should be taken away."""

    code = "stock_too_low"
