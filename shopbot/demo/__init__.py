"""A believable shop to try everything with."""

from shopbot.demo.loading import Loaded, load

__all__ = ["Loaded", "load"]
