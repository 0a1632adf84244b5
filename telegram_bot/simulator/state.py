"""What does the simulated Telegram remember?

Plain dataclasses, written to one file as JSON. Times are Unix seconds of the simulated clock.
``Json`` values are objects of the Bot API exactly as a bot sees them.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
MemberStatus = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]

SUBSCRIPTION_SECONDS = 2_592_000
FOREVER = 0


@dataclass(slots=True)
class User:
    """A person who uses Telegram; the shop calls them a customer."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "en"
    is_premium: bool = False
    stars: int = 2500
    bio: str = ""
    phone_number: str = ""
    # The bot may write only to those who wrote to it and have not blocked it.
    has_started: bool = False
    has_blocked: bool = False
    # A join request lets the bot write for five minutes, also without a start.
    writable_until: float = 0
    read_up_to: int = 0


@dataclass(slots=True)
class Message:
    """One message of a chat; ``body`` is the Bot API's Message."""

    chat_id: int
    message_id: int
    body: Json
    from_bot: bool
    invoice_id: str = ""
    # Grows with every change to any message: what is newer than a moment can be told.
    version: int = 0


@dataclass(slots=True)
class Member:
    """One person's or the bot's standing in a group or channel."""

    user_id: int
    status: MemberStatus = "member"
    # When a ban or a membership ends by itself; 0 means never.
    until: int = FOREVER
    link: str = ""
    rights: dict[str, bool] = field(default_factory=dict)


@dataclass(slots=True)
class InviteLink:
    """A link into a group or channel."""

    link: str
    name: str = ""
    creates_join_request: bool = False
    expire_date: int = 0
    member_limit: int = 0
    is_primary: bool = False
    is_revoked: bool = False
    creator_id: int = 0


@dataclass(slots=True)
class JoinRequest:
    """Somebody waits to be let in."""

    user_id: int
    link: str
    at: int


@dataclass(slots=True)
class Group:
    """A channel, a supergroup, or a basic group that may yet become one."""

    id: int
    type: Literal["channel", "supergroup", "group"]
    title: str
    username: str = ""
    owner_id: int = 0
    members: dict[int, Member] = field(default_factory=dict)
    links: dict[str, InviteLink] = field(default_factory=dict)
    requests: dict[int, JoinRequest] = field(default_factory=dict)
    migrated_to: int = 0


@dataclass(slots=True)
class PendingUpdate:
    """An update that the bot has not confirmed yet."""

    update_id: int
    kind: str
    queue: str
    body: Json
    created_at: float
    expires_at: float
    attempts: int = 0
    retry_at: float = 0
    # Position within its queue; differs from the id only when told to arrive out of order.
    rank: float = 0


@dataclass(slots=True)
class Webhook:
    """Where updates go, as setWebhook said."""

    url: str = ""
    secret_token: str = ""
    max_connections: int = 40
    ip_address: str = ""
    has_certificate: bool = False
    # None means never set: every kind but those that must be asked for.
    allowed_updates: list[str] | None = None
    last_error_date: int = 0
    last_error_message: str = ""
    gone_since: float = 0


@dataclass(slots=True)
class Invoice:
    """Something the bot asks to be paid: a message with a Pay button, or a link."""

    id: str
    title: str
    description: str
    payload: str
    currency: str
    prices: list[Json]
    options: Json = field(default_factory=dict)
    subscription_period: int = 0
    chat_id: int = 0
    message_id: int = 0
    is_paid: bool = False

    @property
    def total(self) -> int:
        """The sum of the prices, in minor units or Stars."""
        return sum(int(price["amount"]) for price in self.prices)


@dataclass(slots=True)
class Charge:
    """One payment that went through."""

    id: str
    user_id: int
    amount: int
    currency: str
    payload: str
    at: float
    subscription_id: str = ""
    refunded_at: float = 0


@dataclass(slots=True)
class Subscription:
    """A monthly payment in Stars; its id is the charge id of the first payment."""

    id: str
    user_id: int
    invoice_id: str
    amount: int
    payload: str
    period: int
    expires_at: float
    is_canceled_by_user: bool = False
    is_canceled_by_bot: bool = False
    has_failed: bool = False
    is_over: bool = False


@dataclass(slots=True)
class Callback:
    """A press of an inline button that waits for the bot's answer."""

    id: str
    user_id: int
    chat_id: int
    message_id: int
    data: str
    at: float
    answer: Json | None = None


@dataclass(slots=True)
class StoredFile:
    """A file the bot sent; its content lies beside the state."""

    file_id: str
    unique_id: str
    name: str
    mime: str
    size: int
    width: int = 0
    height: int = 0

    @property
    def path(self) -> str:
        """The path that getFile answers."""
        folder = "photos" if self.mime.startswith("image/") else "documents"
        return f"{folder}/{self.unique_id}/{self.name}"


@dataclass(slots=True)
class Bot:
    """The one bot that this Telegram knows."""

    id: int
    name: str = "Shop bot"
    username: str = "shopbot_demo_bot"
    stars: int = 0
    # Texts by language; "" is for every other language.
    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    # Commands by scope, then by language.
    commands: dict[str, dict[str, list[Json]]] = field(default_factory=dict)
    # Menu buttons by chat; 0 is the default one.
    menu_buttons: dict[int, Json] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """Everything; what is not in here does not survive a restart."""

    bot: Bot
    clock_offset: float = 0
    next_update_id: int = 0
    last_update_at: float = 0
    next_message_id: int = 1
    next_number: int = 1
    users: dict[int, User] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    messages: dict[int, dict[int, Message]] = field(default_factory=dict)
    updates: dict[int, PendingUpdate] = field(default_factory=dict)
    webhook: Webhook = field(default_factory=Webhook)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    charges: dict[str, Charge] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    transactions: list[Json] = field(default_factory=list)
    callbacks: dict[str, Callback] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    reply_keyboards: dict[int, Json] = field(default_factory=dict)
