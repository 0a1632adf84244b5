"""Which jobs come due by themselves, how often, and how Celery carries them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shopbot.settings.addresses import is_address
from shopbot.settings.environment import Environment, EnvironmentInvalid


@dataclass(frozen=True, slots=True)
class Beat:
    """How often a sweep is started, and why so."""

    seconds: int
    reason: str


#: Each name is a sweep of the registry in ``shopbot.kernel.sweeps``.
SWEEPS: Final[dict[str, Beat]] = {
    "relay-events": Beat(2, "A receipt should reach the chat while the customer looks at it."),
    "send-outbox": Beat(2, "What the relay has just queued should go out with it."),
    "retry-inbox": Beat(10, "An update whose process died is answered while it still matters."),
    "apply-notices": Beat(
        5, "A payment is applied soon even where its webhook's process died."
    ),
    "close-payments": Beat(60, "A link that must no longer be paid is closed within a minute."),
    "retry-refunds": Beat(30, "A refund should leave as soon as the provider is back."),
    "stop-renewals": Beat(30, "What the bank took back must not be charged for again."),
    "reconcile": Beat(600, "Money that no webhook told of is found within minutes."),
    "self-audit": Beat(3600, "Counted once a day; the sweep itself knows when it is due."),
    "fx-rates": Beat(6 * 3600, "Rates are published once a working day."),
    "move-subscribers": Beat(3600, "The date of a price list is a day; renewals follow it."),
    "price-experiments": Beat(3600, "Enough of a step for a test that runs for weeks."),
    "expire-orders": Beat(
        60, "Stock and promotions held by an unpaid order are soon free again."
    ),
    "entitlement-expiry": Beat(60, "A reminder may be a minute late; access itself never is."),
    "watch-stock": Beat(
        60, "Staff import codes, and customers hear that something is back, within a minute."
    ),
    "gate-chats": Beat(10, "Staff who made the bot administrator look for the chat's link."),
    "gate-removals": Beat(10, "Who was refunded or has run out of time leaves within seconds."),
    "gate-audit": Beat(
        60, "Each run asks about some people; the night's round is soon through."
    ),
    "send-webhooks": Beat(2, "Other systems should know while the customer waits."),
    "announce-changes": Beat(
        10, "What staff switched off should not be honored elsewhere for long."
    ),
    "prune-api-answers": Beat(3600, "A repeated call is answered alike for a day."),
    "prune-telegram": Beat(60, "Updates and messages are kept for 30 days, not for ever."),
    "prune-webhooks": Beat(3600, "Messages are kept for 30 days, not for ever."),
}


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Build Celery's schedule; a message that waited an interval is dropped for the next."""
    return {
        name: {
            "task": "shopbot.run_sweep",
            "schedule": beat.seconds,
            "args": (name,),
            "options": {"expires": max(beat.seconds, 5)},
        }
        for name, beat in SWEEPS.items()
    }


def broker(env: Environment) -> tuple[str, dict[str, Any]]:
    """Choose the broker's address and its transport options.

    Messages are hints that there is work: a sweep looks for itself, so a lost one costs time.
    """
    if url := env.redis_url.get_secret_value():
        if not is_address(url, {"redis", "rediss"}):
            raise EnvironmentInvalid(
                "REDIS_URL: give an address like redis://127.0.0.1:6379/0"
                " (see docs/settings.md)"
            )
        # Without all three a message held by a killed worker comes back after an hour or never.
        redelivery = {
            "visibility_timeout": 300,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
        }
        return url, {**redelivery, "socket_timeout": 10, "socket_connect_timeout": 5}
    folder = _broker_folder(env.data_dir)
    return "filesystem://", {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.1,
    }


def _broker_folder(data_dir: Path) -> Path:
    folder = data_dir / "broker"
    for name in ("messages", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return folder
