"""How the shop's processes log: one JSON object a line, with nothing secret in it."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import structlog

from shopbot.redaction import redact_event
from shopbot.settings.environment import Environment


def logging_config(env: Environment) -> dict[str, Any]:
    """Build Django's ``LOGGING``; ``configure_structlog`` makes structlog use it too."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if env.log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    )
    finishing: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact_event,
        renderer,
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "shop": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": finishing,
                "foreign_pre_chain": _common(),
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "shop"}},
        "root": {"handlers": ["stderr"], "level": env.log_level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            # Each request is logged once, by django-structlog, with its id.
            "django.server": {"handlers": [], "propagate": False},
            "django.request": {"level": "ERROR"},
            "uvicorn": {"handlers": [], "propagate": True},
            "uvicorn.access": {"handlers": [], "propagate": False},
            "httpx": {"level": "WARNING"},
            # A hint that expired before its turn is no news: beat sends the next.
            "django_structlog.celery.receivers": {"level": "ERROR"},
            "axes": {"level": "WARNING"},
            # Printing a receipt would tell of every glyph.
            "fontTools": {"level": "WARNING"},
            "aiogram.event": {"level": "WARNING"},
            # It would tell of each call; the gateways tell of those that fail.
            "stripe": {"level": "WARNING"},
        },
    }


def configure_structlog() -> None:
    """Send structlog's records through the standard library's handlers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _without_color(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop uvicorn's second copy of its message, made for terminals."""
    event.pop("color_message", None)
    return event


def _common() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        _without_color,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
