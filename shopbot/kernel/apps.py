"""The kernel as a Django app: it owns the event log and the data versions."""

from django.apps import AppConfig
from django.db.models import Field, ForeignKey

from shopbot.kernel.lookups import OneOf


class KernelConfig(AppConfig):
    """Registers the kernel's two tables under the short label ``kernel``."""

    name = "shopbot.kernel"
    label = "kernel"
    verbose_name = "System"

    def ready(self) -> None:
        """Let querysets of every app compare with a list as one value."""
        Field.register_lookup(OneOf)
        ForeignKey.register_lookup(OneOf)
