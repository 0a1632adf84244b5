"""Which handler answers an update? One dispatcher per process, routers in a stated order."""

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any, Final

from aiogram import Bot, Dispatcher, Router
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.dispatcher.event.handler import HandlerObject
from aiogram.enums import UpdateType
from aiogram.filters.callback_data import CallbackData, CallbackQueryFilter
from aiogram.types import Update
from django.utils import translation

from shopbot.kernel.errors import ShopError
from telegram_bot import gate
from telegram_bot.answers import Result
from telegram_bot.bridge import in_db
from telegram_bot.browsing import Browsing
from telegram_bot.conversation import forget
from telegram_bot.envelope import Envelope, Json
from telegram_bot.handlers import (
    access,
    account,
    affiliate,
    checkout,
    deliveries,
    gates,
    gift_cards,
    membership,
    orders,
    payments,
    regions,
    renewals,
    settings,
    shop,
    start,
    support,
    typed,
)
from telegram_bot.presenters import refusals
from telegram_bot.visit import Visit

#: What is typed is looked at last: commands and buttons come first.
_ROUTERS: Final[tuple[Router, ...]] = (
    start.router,
    access.router,
    gift_cards.router,
    start.browsing.router,
    shop.browsing.router,
    checkout.router,
    regions.router,
    orders.router,
    deliveries.router,
    account.router,
    affiliate.router,
    renewals.router,
    settings.browsing.router,
    settings.router,
    support.router,
    membership.router,
    gates.router,
    typed.router,
)
#: Others are stored and left alone until aiogram knows them.
_KNOWN_KINDS: Final = frozenset(kind.value for kind in UpdateType)
_BROWSING: Final[tuple[Browsing, ...]] = (start.browsing, shop.browsing, settings.browsing)

#: A handler that names its query so does not look at it.
_PRESSED_WITH: Final = frozenset({"_query", "_event", "callback_data", "visit", "bot"})

#: What a button carries, and who answers it.
Press = tuple[type[CallbackData], HandlerObject]


class ShopDispatcher(Dispatcher):
    """aiogram's dispatcher with a gate for commands and a short way for most buttons."""

    async def answer(self, bot: Bot, envelope: Envelope, visit: Visit | None) -> Result:
        """Return what to say to an update, in the customer's language.

        A ``ShopError`` becomes words; whatever else is raised is for the intake to keep.
        """
        with translation.override(visit.language if visit else "en"):
            if visit is None:
                return await self._route(bot, envelope, None)
            if (money := payments.handler_of(envelope)) is not None:
                # A fact about money is never refused: what goes wrong is tried again.
                return await money(visit, envelope.event)
            try:
                return await self._answer(bot, envelope, visit)
            except ShopError as error:
                return refusals.refusal(error, visit)

    async def _answer(self, bot: Bot, envelope: Envelope, visit: Visit) -> Result:
        command, payload = command_of(envelope)
        if visit.talk.step and (command or envelope.kind == "callback_query"):
            # Whoever goes on does not answer any more; /cancel says so itself.
            await in_db(forget)(bot_id=visit.bot_id, chat_id=visit.chat_id)
        if command and (declined := await gate.decline(command, visit)):
            return declined
        drawn = None if payload else self._browse(envelope, command, visit)
        if drawn is not None:
            return drawn
        if (pressed := self._pressed(envelope)) is not None:
            handler, data = pressed
            answer: Result = await handler.call(None, callback_data=data, visit=visit, bot=bot)
            return answer
        return await self._route(bot, envelope, visit)

    def _browse(self, envelope: Envelope, command: str, visit: Visit) -> Result:
        if command:
            return _first(b.draw_command(command, visit) for b in _BROWSING)
        packed = envelope.event.get("data") if envelope.kind == "callback_query" else None
        if not isinstance(packed, str):
            return None
        return _first(browsing.draw_button(packed, visit) for browsing in _BROWSING)

    def _pressed(self, envelope: Envelope) -> tuple[HandlerObject, CallbackData] | None:
        """Find the handler of a button that looks at nothing but what the button carries.

        aiogram's own way, which is left to all others, validates the whole update and asks
        handler after handler: a third of what a checkout cost.
        """
        packed = envelope.event.get("data") if envelope.kind == "callback_query" else None
        if not isinstance(packed, str):
            return None
        found = self._buttons.get(packed.partition(":")[0])
        if found is None:
            return None
        carries, handler = found
        try:
            return handler, carries.unpack(packed)
        except (TypeError, ValueError):
            return None

    @cached_property
    def _buttons(self) -> Mapping[str, Press]:
        found: dict[str, Press] = {}
        for router in self.sub_routers:
            for carries, handler in _presses(router.callback_query.handlers):
                found.setdefault(carries.__prefix__, (carries, handler))
        return found

    async def _route(self, bot: Bot, envelope: Envelope, visit: Visit | None) -> Result:
        if envelope.kind not in _KNOWN_KINDS:
            return None
        raw: Json = {"update_id": envelope.update_id, envelope.kind: envelope.event}
        update = Update.model_validate(raw, context={"bot": bot})
        result: Any = await self.feed_update(bot, update, visit=visit, envelope=envelope)
        return None if result is UNHANDLED else result


def command_of(envelope: Envelope) -> tuple[str, str]:
    """Return a private message's command, without slash and bot name, and what follows it."""
    text = envelope.event.get("text") if envelope.kind == "message" else None
    if not isinstance(text, str) or not text.startswith("/") or not envelope.is_private:
        return "", ""
    word, _, payload = text[1:].partition(" ")
    return word.partition("@")[0].lower(), payload.strip()


def _presses(handlers: Iterable[HandlerObject]) -> Iterable[Press]:
    """Yield what is answered without the query: by a filter of data alone, unruled."""
    for handler in handlers:
        filters = [each.callback for each in handler.filters or ()]
        match filters:
            case [CallbackQueryFilter(callback_data=carries, rule=None)]:
                if handler.params <= _PRESSED_WITH:
                    yield carries, handler
            case _:
                continue


def _first(results: Any) -> Result:
    return next((result for result in results if result is not None), None)


@lru_cache(maxsize=1)
def dispatcher() -> ShopDispatcher:
    """Return the process's dispatcher, built at its first use."""
    built = ShopDispatcher(disable_fsm=True, name="shop")
    built.include_routers(*_ROUTERS)
    return built
