"""The sweeps of the kernel, which is a library and registers none by itself."""

from shopbot.kernel.events import relay

__all__ = ["relay"]
