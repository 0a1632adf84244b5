"""A shop whose bot lives in the simulator, and a channel that its customers pay for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from asgiref.sync import async_to_sync

from customers.models import Customer
from customers.services import meet
from entitlements.services.granting import NewGrant, grant_all
from shopbot.kernel.sweeps import run_sweep
from telegram_bot import intake
from telegram_bot.bots import bot_for_a_while, call_telegram
from telegram_bot.envelope import SHOP_UPDATES
from telegram_bot.gates.chats import note_bound
from telegram_bot.gates.models import ChatMembership, GatedChat, Removal
from telegram_bot.models import TelegramUpdate
from telegram_bot.simulator.client import Person, Simulator
from telegram_bot.simulator.testing import running_simulator

BOT_ID = 1000001


@dataclass
class World:
    """Telegram, the shop, and the time in both."""

    sim: Simulator
    shop: Any
    #: Numbers begin anew at random after a quiet week, so none is confirmed by an offset.
    heard: set[int] = field(default_factory=set)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.sim.now(), UTC)

    def listen(self) -> list[str]:
        """Let the bot take in what has happened since, and what that made happen."""
        kinds: list[str] = []
        while updates := self._updates():
            for update in updates:
                kinds.append(next(key for key in update if key != "update_id"))
                self.bodies.append(orjson.dumps(update))
                self.take_in(self.bodies[-1])
        return kinds

    def _updates(self) -> list[dict[str, Any]]:
        found = self.sim.call("getUpdates", timeout=0, allowed_updates=list(SHOP_UPDATES))
        fresh = [each for each in found["result"] if each["update_id"] not in self.heard]
        self.heard |= {each["update_id"] for each in fresh}
        return fresh

    def miss(self) -> None:
        """Let what has happened since go by unheard."""
        self._updates()

    def take_in(self, body: bytes) -> None:
        now = self.now

        async def deliver() -> None:
            async with bot_for_a_while():
                answer = await intake.accept(bot_id=BOT_ID, body=body, now=now)
                if answer.body:
                    reply = orjson.loads(answer.body)
                    await call_telegram(reply.pop("method"), reply)
                await intake.answered(answer, now=now)
            assert answer.status == 200

        async_to_sync(deliver)()

    def work(self) -> None:
        """Run what a worker would run now, and hear what comes of it."""
        for _ in range(3):
            for name in ("relay-events", "gate-chats", "gate-removals", "send-outbox"):
                run_sweep(name, now=self.now)
            self.listen()

    def customer(self, person: Person) -> Customer:
        found = Customer.objects.filter(telegram_id=person.id).first()
        return found or meet(
            telegram_id=person.id,
            username="",
            first_name=person.name,
            last_name="",
            language_code="en",
            now=self.now,
        )

    def grant(
        self,
        person: Person,
        *,
        days: int | None = 30,
        grace: int = 0,
        source: str = "order-line:1",
        level: str = "premium",
    ) -> None:
        new = NewGrant(
            type_id=self.shop.signals.pk,
            level=level,
            source=source,
            months=None,
            days=days,
            grace_days=grace,
        )
        grant_all(
            customer_id=self.customer(person).pk, grants=[new], now=self.now, actor="staff:1"
        )

    def removal(self, person: Person) -> Removal:
        return Removal.objects.get(telegram_id=person.id)

    def member(self, person: Person) -> ChatMembership:
        return ChatMembership.objects.get(telegram_id=person.id)


@pytest.fixture
def world(shop: Any, settings: Any, tmp_path: Path) -> Iterator[World]:
    with running_simulator(clock_file=tmp_path / "clock") as sim:
        settings.CLOCK_FILE = tmp_path / "clock"
        settings.TELEGRAM_SESSION = "telegram_bot.session.JsonSession"
        settings.TELEGRAM_API_URL = sim.url
        settings.TELEGRAM_BOT_TOKEN = sim.token
        settings.STAFF_CHAT_ID = 0
        yield World(sim, shop)
        failed = TelegramUpdate.objects.exclude(status="done")
        assert list(failed.values_list("kind", "error")) == []


@pytest.fixture
def owner(world: World) -> Person:
    return world.sim.user("Owner")


@pytest.fixture
def anna(world: World) -> Person:
    return world.sim.user("Anna")


@pytest.fixture
def found(world: World, owner: Person) -> GatedChat:
    """A channel that the bot was just made administrator of."""
    world.sim.channel("VIP room", owner_id=owner.id)
    world.listen()
    return GatedChat.objects.get()


@pytest.fixture
def room(world: World, found: GatedChat) -> GatedChat:
    """The channel, bound to the signals, with its link."""
    GatedChat.objects.filter(pk=found.pk).update(type=world.shop.signals)
    note_bound(chat_pk=found.pk, actor="staff:1", now=world.now)
    world.work()
    found.refresh_from_db()
    return found


@pytest.fixture
def inside(world: World, room: GatedChat, anna: Person) -> Person:
    """Anna, in the channel for thirty days, having written to the bot before."""
    anna.send("/start")
    world.listen()
    world.grant(anna)
    anna.join(room.invite_link)
    world.listen()
    assert anna.place_in(room.chat_id) == "member"
    return anna
