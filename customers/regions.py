"""Which regions are there? The app that prices them says so; customers only carry the code."""

from collections.abc import Callable, Sequence

#: Returns every region as ``(code, name)``, in the order to show.
RegionSource = Callable[[], Sequence[tuple[str, str]]]

_sources: list[RegionSource] = []


def offer_regions(source: RegionSource) -> RegionSource:
    """Let staff choose among the regions that ``source`` returns."""
    if source not in _sources:
        _sources.append(source)
    return source


def region_choices() -> list[tuple[str, str]]:
    """Return every region known, as ``(code, name)``."""
    return [choice for source in _sources for choice in source()]
