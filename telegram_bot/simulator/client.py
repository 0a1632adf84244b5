"""How do tests and other programs drive the simulator?

Synchronous and without dependencies::

    sim = Simulator("http://127.0.0.1:8001")
    anna = sim.user("Anna", language="de")
    anna.send("/shop")
    anna.wait_for("Signale")
    anna.press("Signale")
    assert anna.pay().ok
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlencode

from telegram_bot.simulator.shown import ChatMessage, Json, Payment, Pressed

__all__ = [
    "ChatMessage",
    "Json",
    "Payment",
    "Person",
    "Pressed",
    "Simulator",
    "SimulatorRefused",
]
DEFAULT_SECONDS = 5.0


class SimulatorRefused(Exception):
    """The simulator would not do it; the text says why."""


class Person:
    """Somebody who uses Telegram."""

    def __init__(self, simulator: "Simulator", view: Json) -> None:
        self._simulator = simulator
        self.id: int = view["id"]
        self.name: str = view["first_name"]

    def __repr__(self) -> str:
        return f"<Person {self.name} {self.id}>"

    def _do(self, act: str, **wish: object) -> Any:
        return self._simulator.post(f"/control/users/{self.id}/{act}", wish)

    def send(self, text: str, *, chat_id: int | None = None) -> ChatMessage:
        """Write to the bot, or into a group."""
        return ChatMessage.read(self._do("send", text=text, chat_id=chat_id or self.id))

    def start(self, parameter: str = "") -> ChatMessage:
        """Open ``t.me/<bot>?start=parameter`` and press Start."""
        return ChatMessage.read(self._do("start", parameter=parameter))

    def press(
        self, text: str, *, message_id: int | None = None, seconds: float = DEFAULT_SECONDS
    ) -> Pressed:
        """Press the newest button with (or containing) this text and wait for the answer.

        A button with an address or a Pay button is not followed; the result names it.
        """
        wish: Json = {"text": text, "wait": seconds}
        if message_id is not None:
            wish["message_id"] = message_id
        return Pressed(**self._do("press", **wish))

    def press_data(
        self, data: str, *, message_id: int = 0, seconds: float = DEFAULT_SECONDS
    ) -> Pressed:
        """Send callback data that no button carries, as a client that cheats could."""
        return Pressed(**self._do("press", data=data, message_id=message_id, wait=seconds))

    def pay(self, *, link: str = "", message_id: int | None = None, **form: object) -> Payment:
        """Pay the newest unpaid invoice of the chat, or the one of a link or message.

        ``form`` is for physical goods: name, phone_number, email, address (a dict),
        shipping_option_id, tip.
        """
        wish: Json = dict(form)
        if link:
            wish["link"] = link
        if message_id is not None:
            wish["message_id"] = message_id
        return Payment(**self._do("pay", **wish))

    def shipping_options(self, address: Mapping[str, str], *, link: str = "") -> list[Json]:
        """Ask the bot how it ships the newest unpaid invoice to an address."""
        return list(self._do("shipping", address=dict(address), link=link))

    def messages(self, *, chat_id: int | None = None) -> list[ChatMessage]:
        """The messages of a chat, oldest first."""
        query = urlencode({"chat_id": chat_id or self.id})
        found = self._simulator.get(f"/control/users/{self.id}/messages?{query}")
        return [ChatMessage.read(value) for value in found]

    def last(self) -> ChatMessage:
        """The newest message of the bot.

        Raises:
            SimulatorRefused: the bot has written nothing.
        """
        for message in reversed(self.messages()):
            if message.is_from_bot:
                return message
        raise SimulatorRefused(f"The bot has written nothing to {self.name}.")

    def wait_for(
        self,
        text: str = "",
        *,
        seconds: float = DEFAULT_SECONDS,
        fresh: bool = True,
        chat_id: int | None = None,
    ) -> ChatMessage:
        """Wait for a message of the bot that contains ``text``, whatever its case.

        Only what the bot sent or edited since this person acted last counts, unless ``fresh``
        is False.

        Raises:
            SimulatorRefused: none came in time; the text lists what is in the chat.
        """
        found = self._do(
            "wait", text=text, seconds=seconds, fresh=fresh, chat_id=chat_id or self.id
        )
        if found is not None:
            return ChatMessage.read(found)
        shown = "\n".join(f"- {message.text!r}" for message in self.messages()[-6:])
        raise SimulatorRefused(f"{self.name} waited for {text!r} and sees:\n{shown}")

    def block_bot(self) -> None:
        """Block the bot."""
        self._do("block", blocked=True)

    def unblock_bot(self) -> None:
        """Unblock the bot."""
        self._do("block", blocked=False)

    def join(self, link: str) -> str:
        """Follow an invite link: "joined", "requested" or "member"."""
        return str(self._do("join", link=link)["outcome"])

    def leave(self, chat_id: int) -> None:
        """Leave a group, or take back the wish to join."""
        self._do("leave", chat_id=chat_id)

    def place_in(self, chat_id: int) -> str:
        """What this person is in a group: "member", "left", "kicked" or "requested"."""
        group = self._simulator.group(chat_id)
        if str(self.id) in group["requests"]:
            return "requested"
        member = group["members"].get(str(self.id), {"status": "left", "until": 0})
        is_over = member["until"] and member["until"] <= self._simulator.now()
        return "left" if is_over else str(member["status"])

    def view(self) -> Json:
        """Everything the simulator knows about this person."""
        for value in self._simulator.get("/control/users"):
            if value["id"] == self.id:
                return dict(value)
        raise SimulatorRefused(f"{self.name} is gone.")

    @property
    def stars(self) -> int:
        """The balance."""
        return int(self.view()["stars"])

    def set(self, **changes: object) -> None:
        """Change stars, language_code, first_name, last_name, username or bio."""
        self._simulator.post(f"/control/users/{self.id}", changes)

    def subscriptions(self) -> list[Json]:
        """The monthly payments in Stars, oldest first."""
        return list(self.view()["subscriptions"])

    def change_subscription(
        self, act: Literal["cancel", "resume", "retry"], subscription_id: str = ""
    ) -> Json:
        """Cancel, resume or pay again the newest subscription, or the named one."""
        subscription_id = subscription_id or str(self.subscriptions()[-1]["id"])
        return dict(self._do(f"subscriptions/{subscription_id}/{act}"))


class Simulator:
    """A running simulator."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self.token = token

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        request = urllib.request.Request(  # noqa: S310
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=90) as response:  # noqa: S310
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                answer = json.loads(error.read() or b"{}")
            raise SimulatorRefused(answer.get("error", answer)) from error

    def get(self, path: str) -> Any:
        """Ask the control API."""
        return self._call("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Tell the control API."""
        return self._call("POST", path, body)

    def user(self, first_name: str, *, language: str = "en", **details: object) -> Person:
        """The person of this name, who is added when unknown.

        ``details``: id, last_name, username, stars.
        """
        wish = {"first_name": first_name, "language": language, "reuse": True, **details}
        return Person(self, self.post("/control/users", wish))

    def call(self, method: str, **parameters: object) -> Json:
        """Call the Bot API as the bot; the body comes back also when it is a refusal."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/bot{self.token}/{method}",
            data=json.dumps(parameters).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=90) as response:  # noqa: S310
                return dict(json.load(response))
        except urllib.error.HTTPError as error:
            with error:
                return dict(json.loads(error.read()))

    def now(self) -> float:
        """Simulated Unix seconds."""
        return float(self.get("/control/clock")["now"])

    def advance(self, *, seconds: float = 0, days: float = 0, months: float = 0) -> float:
        """Let time go by (a month is 30 days) and return the new time."""
        wish = {"seconds": seconds, "days": days, "months": months}
        return float(self.post("/control/clock", wish)["now"])

    def settle(self, seconds: float = DEFAULT_SECONDS) -> bool:
        """Wait until every update was delivered or waits for another attempt."""
        return bool(self.post("/control/settle", {"seconds": seconds})["settled"])

    def timing(self, **changes: float) -> Json:
        """Change how long things take, as ``Timing`` in ``core.py`` names them."""
        return dict(self.post("/control/timing", changes))

    def fault(self, where: Literal["api", "delivery"], kind: str, **details: object) -> Json:
        """Let something go wrong; see ``telegram_bot.simulator.faults.Fault`` for details."""
        return dict(self.post("/control/faults", {"where": where, "kind": kind, **details}))

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self._call("DELETE", "/control/faults", None)

    def api_calls(self, method: str = "") -> list[Json]:
        """The bot's calls, oldest first: title, code, request, response, warnings, hint."""
        found = self.get("/control/log?kind=call")
        return [entry for entry in found if method in ("", entry["title"])]

    def updates(self, kind: str = "") -> list[Json]:
        """The updates sent to the bot, oldest first: title, status, attempts, request."""
        found = self.get("/control/log?kind=update")
        return [entry for entry in found if kind in ("", entry["title"])]

    def inject(self, kind: str, body: Mapping[str, Any]) -> int:
        """Send an update of any kind, also an impossible one; return its id."""
        return int(
            self.post("/control/updates", {"kind": kind, "body": dict(body)})["update_id"]
        )

    def pending(self) -> list[Json]:
        """Updates that the bot has not taken."""
        return list(self.get("/control/pending"))

    def webhook(self) -> Json:
        """What getWebhookInfo would say."""
        return dict(self.get("/control/webhook"))

    def ledger(self) -> Json:
        """charges, subscriptions, transactions, bot_stars."""
        return dict(self.get("/control/ledger"))

    def charge_back(self, charge_id: str, *, announced: bool = True) -> None:
        """Take a payment back behind the bot's back."""
        self.post(f"/control/charges/{charge_id}/charge_back", {"announced": announced})

    def channel(self, title: str, **details: object) -> Json:
        """Found a channel with the bot as administrator; returns the group with its ``id``.

        ``details``: type ("supergroup" or "group"), username, owner_id, bot_status, and
        rights (a dict).
        """
        return dict(self.post("/control/groups", {"title": title, **details}))

    def group(self, chat_id: int) -> Json:
        """A channel or group: members, links, requests."""
        for value in self.get("/control/snapshot")["groups"]:
            if value["id"] == chat_id:
                return dict(value)
        raise SimulatorRefused(f"There is no chat {chat_id}.")

    def place_bot(self, chat_id: int, status: str = "administrator", **rights: bool) -> Json:
        """Promote, demote or remove the bot as the chat's owner."""
        wish = {"status": status, "rights": rights}
        return dict(self.post(f"/control/groups/{chat_id}/bot", wish))

    def migrate(self, chat_id: int) -> Json:
        """Make a basic group (``type="group"``) a supergroup; returns the new one."""
        return dict(self.post(f"/control/groups/{chat_id}/migrate", {}))

    def add_link(self, chat_id: int, **details: object) -> str:
        """Make an invite link as the chat's owner: name, creates_join_request."""
        return str(self.post(f"/control/groups/{chat_id}/links", details)["link"])

    def reset(self) -> None:
        """Forget everything."""
        self.post("/control/reset", {})
