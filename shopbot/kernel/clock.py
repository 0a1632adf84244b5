"""What time is it? Edges ask here; services take ``now`` as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)
