"""Which chats may the bot guard, with which rights, by which link?"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F

from shopbot.kernel.events import record
from shopbot.kernel.queues import skipping_locked
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.gates import events
from telegram_bot.gates.models import ChatMembership, GatedChat, Removal

logger = logging.getLogger(__name__)

Call = Callable[[str, dict[str, Any]], Any]
Problem = GatedChat.Problem

#: A set-up whose process died is tried again after this.
LEASE: Final = timedelta(seconds=60)
#: Minutes between tries at a chat whose rights are missing; a change of rights cuts it short.
LONGEST_PAUSE: Final = timedelta(hours=1)
LINK_NAME: Final = "Shop"
#: What makes the next comparison ask about every customer.
_COMPARED_ANEW: Final[dict[str, Any]] = {"audit_cursor": 0, "audited_at": None}


@dataclass(frozen=True, slots=True)
class BotPlace:
    """What the bot is in a chat."""

    chat_id: int
    kind: str
    title: str
    status: str
    can_invite: bool
    can_restrict: bool

    @property
    def problem(self) -> GatedChat.Problem:
        """Return the first thing that keeps the bot from guarding it."""
        if self.status in ("left", "kicked"):
            return Problem.ABSENT
        if self.kind == GatedChat.Kind.GROUP:
            return Problem.BASIC_GROUP
        if self.status != "administrator":
            return Problem.NO_ADMIN
        if not self.can_invite:
            return Problem.NO_INVITE
        return Problem.NONE if self.can_restrict else Problem.NO_RESTRICT


@transaction.atomic
def note_bot(*, place: BotPlace, now: datetime) -> None:
    """Write down what the bot is in a chat now.

    A chat becomes known when the bot is made its administrator: into groups anybody may add it.
    """
    chat = _chat(place.chat_id)
    if chat is None:
        if place.status != "administrator":
            return
        chat = GatedChat.objects.create(
            bot_id=settings.TELEGRAM_BOT_ID,
            chat_id=place.chat_id,
            kind=place.kind,
            title=place.title[:255],
            added_at=now,
        )
        _record(events.FOUND, chat, now, problem=place.problem.label if place.problem else "")
    chat.kind, chat.title = place.kind, place.title[:255]
    chat.save(update_fields=["kind", "title"])
    set_problem(chat, place.problem, now)


def set_problem(chat: GatedChat, problem: GatedChat.Problem, now: datetime) -> None:
    """Note what keeps the bot from guarding a chat, or that nothing does any more.

    Staff are alerted when it changes for a chat that is bound. Once mended, what waited for it
    is due at once.
    """
    changed = GatedChat.objects.filter(pk=chat.pk).exclude(problem=problem)
    before, chat.problem = chat.problem, problem
    if not changed.update(problem=problem):
        return
    if problem:
        if chat.is_bound:
            _record(events.PROBLEM, chat, now, problem=problem.label)
        return
    GatedChat.objects.filter(pk=chat.pk).update(set_up_at=now, set_up_attempts=0)
    # Without its rights, the bot heard of nobody who came in.
    GatedChat.objects.bound().filter(pk=chat.pk).update(**_COMPARED_ANEW, audit_due_at=now)
    Removal.objects.filter(chat=chat, status="waiting").update(next_attempt_at=now)
    if chat.is_bound and before != Problem.UNCHECKED:
        _record(events.MENDED, chat, now)


@transaction.atomic
def note_bound(*, chat_pk: int, actor: str, now: datetime) -> None:
    """Begin or go on guarding a chat as staff set it: link, members and all."""
    chat = GatedChat.objects.select_related("type").get(pk=chat_pk)
    GatedChat.objects.filter(pk=chat_pk).update(
        set_up_at=now, set_up_attempts=0, **_COMPARED_ANEW, audit_due_at=now
    )
    inside = ChatMembership.objects.filter(chat=chat, is_inside=True, is_admin=False)
    inside.update(check_at=now)
    code = chat.type.code if chat.type is not None and chat.is_active else ""
    record(
        events.BOUND,
        subject=f"chat:{chat_pk}",
        actor=actor,
        at=now,
        title=str(chat),
        code=code,
        level=chat.level,
    )


@transaction.atomic
def migrate(*, old_id: int, new_id: int, now: datetime) -> bool:
    """Follow a group to its new number; False when there is nothing to follow.

    Its links led to the old one, and the rights there must be looked at anew. If the bot has
    met the new one already, that row gives way to the one staff have bound.
    """
    chat = _chat(old_id)
    if chat is None:
        return False
    newer = _chat(new_id)
    if newer is not None and chat.type_id is None:
        chat.delete()
        return False
    if newer is not None:
        newer.delete()
    GatedChat.objects.filter(pk=chat.pk).update(
        chat_id=new_id,
        migrated_from=old_id,
        kind=GatedChat.Kind.SUPERGROUP,
        problem=Problem.UNCHECKED,
        invite_link="",
        set_up_at=now,
        set_up_attempts=0,
        audit_due_at=now,
        audit_cursor=0,
    )
    Removal.objects.filter(chat=chat, status="waiting").update(next_attempt_at=now)
    _record(events.MIGRATED, chat, now, old_id=old_id, new_id=new_id)
    return True


def set_up_due(*, call: Call, bot_id: int, now: datetime, limit: int) -> int:
    """Look at rights and links that are due; return how many chats were looked at."""
    chats = _claim(bot_id, now, limit)
    for chat in chats:
        try:
            set_up(chat, call=call, now=now)
        except (TelegramRefused, TelegramSilent) as problem:
            _failed(chat, problem, now)
    return len(chats)


@transaction.atomic
def _claim(bot_id: int, now: datetime, limit: int) -> list[GatedChat]:
    due = GatedChat.objects.filter(bot_id=bot_id, set_up_at__lte=now).order_by("set_up_at")
    chats = list(skipping_locked(due)[:limit])
    GatedChat.objects.filter(pk__in=[chat.pk for chat in chats]).update(
        set_up_at=now + LEASE, set_up_attempts=F("set_up_attempts") + 1
    )
    for chat in chats:
        chat.set_up_attempts += 1
    return chats


def set_up(chat: GatedChat, *, call: Call, now: datetime) -> None:
    """Ask Telegram what the bot may do in a chat and make its one link, if there is none.

    Outside any transaction. Raises what the call raises.
    """
    place = _ask(chat, call)
    note_bot(place=place, now=now)
    chat.refresh_from_db()
    can_link = place.problem in (Problem.NONE, Problem.NO_RESTRICT)
    if chat.is_bound and can_link and not chat.invite_link:
        wish = {"chat_id": chat.chat_id, "name": LINK_NAME, "creates_join_request": True}
        link = call("createChatInviteLink", wish)["invite_link"]
        GatedChat.objects.filter(pk=chat.pk, invite_link="").update(invite_link=link)
    if place.problem:
        _again(chat, place.problem.label, now)
    else:
        GatedChat.objects.filter(pk=chat.pk).update(
            set_up_at=None, set_up_attempts=0, set_up_error=""
        )


def _ask(chat: GatedChat, call: Call) -> BotPlace:
    about = call("getChat", {"chat_id": chat.chat_id})
    me = {"chat_id": chat.chat_id, "user_id": settings.TELEGRAM_BOT_ID}
    member = call("getChatMember", me)
    return BotPlace(
        chat_id=chat.chat_id,
        kind=about["type"],
        title=about.get("title", ""),
        status=member["status"],
        can_invite=bool(member.get("can_invite_users")),
        can_restrict=bool(member.get("can_restrict_members")),
    )


def _failed(chat: GatedChat, problem: TelegramRefused | TelegramSilent, now: datetime) -> None:
    if isinstance(problem, TelegramRefused):
        if problem.migrated_to is not None:
            migrate(old_id=chat.chat_id, new_id=problem.migrated_to, now=now)
            return
        note_refusal(chat, problem, now)
    _again(chat, str(problem), now)


def note_refusal(chat: GatedChat, refusal: TelegramRefused, now: datetime) -> bool:
    """Note what a refusal says of the bot's place in a chat; False when it says nothing."""
    text = refusal.description.lower()
    if refusal.is_unreachable:
        set_problem(chat, Problem.ABSENT, now)
    elif "not enough rights" in text or "chat_admin_required" in text:
        # Which right is missing is for the next look at the rights to find out.
        GatedChat.objects.filter(pk=chat.pk).update(set_up_at=now)
    elif "supergroup and channel chats only" in text:
        set_problem(chat, Problem.BASIC_GROUP, now)
    else:
        return False
    return True


def _again(chat: GatedChat, error: str, now: datetime) -> None:
    pause = min(timedelta(minutes=2 ** min(chat.set_up_attempts, 10)), LONGEST_PAUSE)
    GatedChat.objects.filter(pk=chat.pk).update(
        set_up_at=now + pause, set_up_error=error[:2000]
    )


def _chat(chat_id: int) -> GatedChat | None:
    return GatedChat.objects.filter(bot_id=settings.TELEGRAM_BOT_ID, chat_id=chat_id).first()


def _record(kind: str, chat: GatedChat, now: datetime, **data: Any) -> None:
    record(kind, subject=f"chat:{chat.pk}", actor="bot", at=now, title=str(chat), **data)
