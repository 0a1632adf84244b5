"""What do all parts of the simulator share: state, time, events, and the record of calls?"""

import asyncio
import itertools
import random
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path

from telegram_bot.simulator.clock import Clock
from telegram_bot.simulator.errors import ActionRefused, bad_request
from telegram_bot.simulator.faults import Fault, Faults
from telegram_bot.simulator.hub import Hub
from telegram_bot.simulator.state import Bot, Json, Message, State, User
from telegram_bot.simulator.store import Store

DEMO_TOKEN = "1000001:DEMO-TOKEN-NOT-A-REAL-BOT-000000000"  # noqa: S105
LOG_LENGTH = 600
MESSAGES_PER_CHAT = 2000


@dataclass(slots=True)
class Timing:
    """How long things take; tests make them shorter."""

    # Multiplies the pauses between deliveries that failed.
    retry_scale: float = 1.0
    response_seconds: float = 60
    pre_checkout_seconds: float = 10
    shipping_seconds: float = 10
    # Undocumented; the app's own spinner gives up between 10 and 30 seconds.
    callback_seconds: float = 30


@dataclass(slots=True)
class LogEntry:
    """One line of the inspector: a call of the bot, or an update on its way to it."""

    id: int
    kind: str
    title: str
    at: float
    status: str = "pending"
    code: int = 0
    milliseconds: float = 0
    request: Json = field(default_factory=dict)
    response: Json | None = None
    source: str = ""
    hint: str = ""
    warnings: list[str] = field(default_factory=list)
    attempts: list[Json] = field(default_factory=list)


class Core:
    """The simulated Telegram without its edges."""

    def __init__(
        self,
        store: Store,
        token: str = DEMO_TOKEN,
        timing: Timing | None = None,
        clock_file: Path | None = None,
    ) -> None:
        self.token = token
        self.store = store
        self.timing = timing or Timing()
        self.hub = Hub()
        self.faults = Faults()
        self.log: deque[LogEntry] = deque(maxlen=LOG_LENGTH)
        self._log_ids = itertools.count(1)
        self.state = store.load() or fresh_state(token)
        self.clock = Clock(self.state.clock_offset, clock_file)
        # Which getUpdates is the latest: an older one that still waits is ended.
        self.poll_turn = 0
        # The version that each person's chat had at their latest action.
        self.marks: dict[int, int] = {}
        # What people wait for the bot to answer: checkouts and shipping, by kind and id.
        self.questions: dict[tuple[str, str], asyncio.Future[Json]] = {}

    def changed(self, kind: str, **data: object) -> None:
        """Remember that the state changed, and tell whoever looks."""
        self.state.clock_offset = self.clock.offset
        self.store.touch()
        self.hub.publish(kind, **data)

    def number(self) -> int:
        """A number that was never given before."""
        self.state.next_number += 1
        return self.state.next_number - 1

    def secret_id(self, prefix: str = "") -> str:
        """An id that cannot be guessed, as Telegram's query and charge ids."""
        return f"{prefix}{self.number()}{random.getrandbits(62):019d}"

    def user(self, user_id: int) -> User:
        """A person by id.

        Raises:
            ActionRefused: nobody has this id.
        """
        user = self.state.users.get(user_id)
        if user is None:
            raise ActionRefused(f"there is no user {user_id}")
        return user

    def message(self, chat_id: int, message_id: int) -> Message | None:
        """A message that still exists."""
        return self.state.messages.get(chat_id, {}).get(message_id)

    def add_message(self, message: Message) -> Message:
        """Put a message into its chat and show it."""
        chat = self.state.messages.setdefault(message.chat_id, {})
        chat[message.message_id] = message
        message.version = self.number()
        while len(chat) > MESSAGES_PER_CHAT:
            del chat[next(iter(chat))]
        self.changed("message", message=asdict(message))
        return message

    def next_message_id(self) -> int:
        """The id for a new message."""
        self.state.next_message_id += 1
        return self.state.next_message_id - 1

    def log_entry(self, kind: str, title: str, **details: object) -> LogEntry:
        """Open a line of the inspector."""
        entry = LogEntry(next(self._log_ids), kind, title, self.clock.now(), **details)  # type: ignore[arg-type]
        self.log.append(entry)
        self.show(entry)
        return entry

    def show(self, entry: LogEntry) -> None:
        """Tell the inspector that a line changed."""
        self.hub.publish("log", entry=asdict(entry))

    def strike(self, where: str, target: str) -> Fault | None:
        """Take the fault that hits this call or update, if one does."""
        fault = self.faults.strike(where, target)
        if fault is not None:
            self.hub.publish("faults", faults=self.faults.all())
        return fault

    def reset(self) -> None:
        """Forget everything, as on the first start."""
        blank = fresh_state(self.token)
        for name in State.__dataclass_fields__:
            setattr(self.state, name, getattr(blank, name))
        self.clock.set_offset(0)
        self.faults.clear()
        self.log.clear()
        self.changed("reset")


def fresh_state(token: str) -> State:
    """A Telegram with one bot and nobody else; update ids start at random, as theirs do."""
    return State(
        bot=Bot(id=int(token.partition(":")[0])),
        next_update_id=random.randint(10_000_000, 900_000_000),  # noqa: S311
        last_update_at=time.time(),
    )


def bot_as_user(core: Core) -> Json:
    """The bot as messages name it."""
    bot = core.state.bot
    return {
        "id": bot.id,
        "is_bot": True,
        "first_name": bot.names.get("", bot.name),
        "username": bot.username,
    }


def user_as_json(user: User) -> Json:
    """A person as updates name them."""
    value: Json = {"id": user.id, "is_bot": False, "first_name": user.first_name}
    if user.last_name:
        value["last_name"] = user.last_name
    if user.username:
        value["username"] = user.username
    if user.language_code:
        value["language_code"] = user.language_code
    if user.is_premium:
        value["is_premium"] = True
    return value


def private_chat_as_json(user: User) -> Json:
    """The chat between a person and the bot."""
    value: Json = {"id": user.id, "type": "private", "first_name": user.first_name}
    if user.last_name:
        value["last_name"] = user.last_name
    if user.username:
        value["username"] = user.username
    return value


def require_user(core: Core, user_id: int) -> User:
    """A person a bot names by id.

    Raises:
        ApiError: nobody has this id.
    """
    user = core.state.users.get(user_id)
    if user is None:
        raise bad_request("user not found")
    return user
