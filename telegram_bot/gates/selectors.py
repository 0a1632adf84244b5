"""Which chats may a customer open?"""

from dataclasses import dataclass

from django.conf import settings

from catalog.levels import RANK
from entitlements.selectors import Holding
from telegram_bot.gates.models import GatedChat


@dataclass(frozen=True, slots=True)
class OpenChat:
    """A chat that a customer may be in, and the link that leads there."""

    title: str
    invite_link: str


def open_chats(held: tuple[Holding, ...]) -> tuple[OpenChat, ...]:
    """Return the chats opened by what a customer holds, by title; one query at most."""
    ranks = {each.type_id: RANK[each.level] for each in held if each.is_active}
    if not ranks:
        return ()
    chats = GatedChat.objects.bound().filter(bot_id=settings.TELEGRAM_BOT_ID, type_id__in=ranks)
    return tuple(
        OpenChat(title=str(chat), invite_link=chat.invite_link)
        for chat in chats.exclude(invite_link="").order_by("title", "pk")
        if ranks[chat.type_id or 0] >= RANK[chat.level]
    )
