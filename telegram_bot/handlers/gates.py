"""Gated chats: who asks to come in, who comes and goes, and what the bot may do there."""

from aiogram import F, Router
from aiogram.types import ChatJoinRequest, ChatMemberUpdated, Message

from shopbot.kernel import clock
from telegram_bot.api_answers import TelegramRefused
from telegram_bot.bots import call_telegram
from telegram_bot.bridge import in_db
from telegram_bot.envelope import Envelope
from telegram_bot.gates import chats, members
from telegram_bot.gates.reading import bot_place, change_of, is_settled
from telegram_bot.presenters import gates
from telegram_bot.screen_json import screen_params
from telegram_bot.visit import Visit

router = Router(name=__name__)
router.my_chat_member.filter(F.chat.type != "private")
router.message.filter(F.chat.type == "group")


@router.chat_join_request()
async def asked(request: ChatJoinRequest, visit: Visit | None) -> None:
    """Let in who has access; explain to the others before they are turned away."""
    who = {"chat_id": request.chat.id, "telegram_id": request.from_user.id}
    now = visit.at if visit else clock.now()
    verdict = await in_db(members.judge_request)(**who, now=now, asked_at=request.date)
    if verdict is None:
        return
    if not verdict.is_approved and visit is not None and not verdict.is_told:
        await _explain(request, visit, verdict)
    await _settle(request, "approve" if verdict.is_approved else "decline")


async def _explain(request: ChatJoinRequest, visit: Visit, verdict: members.Verdict) -> None:
    """Once the request is answered, the bot may write no more to who never started it."""
    screen = gates.declined(visit, verdict.title, verdict.tier_ids)
    try:
        await call_telegram(
            "sendMessage", {**screen_params(screen), "chat_id": request.user_chat_id}
        )
    except TelegramRefused as refusal:
        if refusal.is_temporary:
            raise
    await in_db(members.note_told)(
        chat_id=request.chat.id,
        telegram_id=request.from_user.id,
        name=request.from_user.full_name,
        asked_at=request.date,
        now=visit.at,
    )


async def _settle(request: ChatJoinRequest, verb: str) -> None:
    place = {"chat_id": request.chat.id, "user_id": request.from_user.id}
    try:
        await call_telegram(f"{verb}ChatJoinRequest", place)
    except TelegramRefused as refusal:
        if not is_settled(refusal):
            raise


@router.chat_member()
async def moved(event: ChatMemberUpdated, envelope: Envelope, visit: Visit | None) -> None:
    """Remember who is inside, and have those removed who came in without access."""
    if not event.new_chat_member.user.is_bot:
        await in_db(members.note_change)(
            chat_id=event.chat.id,
            change=change_of(envelope.event),
            now=visit.at if visit else clock.now(),
        )


@router.my_chat_member()
async def placed(event: ChatMemberUpdated, envelope: Envelope, visit: Visit | None) -> None:
    """Notice where the bot was made administrator, and what it may do there."""
    now = visit.at if visit else clock.now()
    await in_db(chats.note_bot)(place=bot_place(envelope.event), now=now)


@router.message(F.migrate_to_chat_id)
async def migrated(message: Message, visit: Visit | None) -> None:
    """Follow a group that has become a supergroup."""
    await in_db(chats.migrate)(
        old_id=message.chat.id,
        new_id=message.migrate_to_chat_id or 0,
        now=visit.at if visit else clock.now(),
    )
