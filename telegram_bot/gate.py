"""May this customer use this command now?"""

from entitlements.selectors import is_premium
from telegram_bot.answers import Screen
from telegram_bot.bridge import in_db
from telegram_bot.presenters import refusals
from telegram_bot.visit import Visit

#: Telegram's terms want these answered whatever staff switched off.
_ALWAYS_OPEN = frozenset({"start", "terms", "paysupport", "help"})


async def decline(command: str, visit: Visit) -> Screen | None:
    """Return a polite refusal, or None when the command may be used.

    A command without a row is nobody's business here: the routers will not know it either.
    """
    row = visit.commands.find(command)
    if row is None or command in _ALWAYS_OPEN:
        return None
    if not row.is_enabled:
        return refusals.command_is_off(visit)
    if row.requires_auth and visit.visitor.is_new:
        return refusals.press_start_first()
    if row.requires_premium:
        has_tier = await in_db(is_premium)(customer_id=visit.customer_id, at=visit.at)
        return None if has_tier else refusals.premium_only(visit)
    return None
