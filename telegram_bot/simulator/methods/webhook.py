"""Webhook and long polling: where the bot's updates go."""

from collections.abc import Awaitable

from telegram_bot.simulator import rules
from telegram_bot.simulator.core import Core
from telegram_bot.simulator.errors import ApiError, bad_request
from telegram_bot.simulator.state import Json, PendingUpdate, Webhook
from telegram_bot.simulator.updates import chosen_kinds
from telegram_bot.simulator.validation import Checked

LONGEST_POLL = 50
CONFLICT = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
OTHER_POLL = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is "
    "running"
)


def _keep_allowed_updates(core: Core, call: Checked) -> None:
    """Omitted keeps the list as it was; an empty one, or only unknown names, is the default."""
    names = call.values.get("allowed_updates")
    if names is not None:
        core.state.webhook.allowed_updates = chosen_kinds(names)


def set_webhook(core: Core, call: Checked) -> bool:
    """Set, change or (with an empty address) remove the webhook."""
    values, old = call.values, core.state.webhook
    if not values["url"]:
        return delete_webhook(core, call)
    rules.webhook(values)
    rules.webhook_secret(values.get("secret_token", ""))
    core.state.webhook = Webhook(
        url=values["url"],
        secret_token=values.get("secret_token", ""),
        max_connections=values.get("max_connections", 40),
        ip_address=values.get("ip_address", "127.0.0.1"),
        has_certificate="certificate" in values,
        allowed_updates=old.allowed_updates,
    )
    _keep_allowed_updates(core, call)
    if values.get("drop_pending_updates"):
        core.state.updates.clear()
    for update in core.state.updates.values():
        update.retry_at = 0
    core.clock.wake()
    core.changed("webhook")
    return True


def delete_webhook(core: Core, call: Checked) -> bool:
    """Remove the webhook; updates wait for getUpdates."""
    allowed = core.state.webhook.allowed_updates
    core.state.webhook = Webhook(allowed_updates=allowed)
    if call.values.get("drop_pending_updates"):
        core.state.updates.clear()
    core.clock.wake()
    core.changed("webhook")
    return True


def webhook_as_json(core: Core) -> Json:
    """The webhook as getWebhookInfo shows it."""
    webhook = core.state.webhook
    info: Json = {
        "url": webhook.url,
        "has_custom_certificate": webhook.has_certificate,
        "pending_update_count": len(core.state.updates),
    }
    if webhook.url:
        info |= {"ip_address": webhook.ip_address, "max_connections": webhook.max_connections}
    if webhook.last_error_date:
        info["last_error_date"] = webhook.last_error_date
        info["last_error_message"] = webhook.last_error_message
    if webhook.allowed_updates:
        info["allowed_updates"] = webhook.allowed_updates
    return info


def get_webhook_info(core: Core, call: Checked) -> Json:
    """Tell where updates go and how that fares."""
    return webhook_as_json(core)


def _waiting(core: Core, offset: int, limit: int) -> list[PendingUpdate]:
    """Confirm what lies before ``offset`` and return what lies behind, oldest first."""
    updates, now = core.state.updates, core.clock.now()
    if offset < 0:
        offset = sorted(updates)[offset:][0] if updates else 0
    for update_id in list(updates):
        if update_id < offset or updates[update_id].expires_at <= now:
            del updates[update_id]
    return [updates[update_id] for update_id in sorted(updates)][:limit]


async def _poll(core: Core, call: Checked) -> list[Json]:
    values = call.values
    limit = values.get("limit", 100)
    seconds = min(max(values.get("timeout", 0), 0), LONGEST_POLL)
    turn = core.number()
    core.poll_turn = turn
    core.hub.publish("poll")

    def look() -> list[PendingUpdate] | None:
        if core.poll_turn != turn or core.state.webhook.url:
            return []
        return _waiting(core, values.get("offset", 0), limit) or None

    found = await core.hub.wait_for(look, seconds) or []
    if core.state.webhook.url:
        raise ApiError(409, CONFLICT)
    if core.poll_turn != turn:
        raise ApiError(409, OTHER_POLL)
    for update in found:
        update.attempts += 1
    core.changed("polled")
    return [update.body for update in found]


def get_updates(core: Core, call: Checked) -> Awaitable[list[Json]]:
    """Hand out waiting updates, or wait for one; not beside a webhook."""
    if core.state.webhook.url:
        raise ApiError(409, CONFLICT)
    _keep_allowed_updates(core, call)
    return _poll(core, call)


def close(core: Core, call: Checked) -> bool:
    """The hosted server refuses this in a bot's first ten minutes; here it does nothing."""
    if core.state.webhook.url:
        raise bad_request("the webhook must be deleted before the bot is closed")
    return True
