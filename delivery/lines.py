"""What does delivery know of an order? Its lines, as values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One order line, as far as delivery goes; ``source`` names it, like ``order-line:17``."""

    source: str
    tier_id: int
    quantity: int
    is_physical: bool = False
