"""What does delivery know of an order? Its lines, as values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One order line, as far as delivery goes; ``source`` names it, like ``order-line:17``.

    ``codes`` are those that were made for this line, where they come from no stock.
    """

    source: str
    tier_id: int
    quantity: int
    is_physical: bool = False
    codes: tuple[str, ...] = ()
