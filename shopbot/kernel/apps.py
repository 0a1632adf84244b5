"""The kernel as a Django app: it owns the event log and the data versions."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """Registers the kernel's two tables under the short label ``kernel``."""

    name = "shopbot.kernel"
    label = "kernel"
    verbose_name = "System"
