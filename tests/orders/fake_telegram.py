"""A Bot API for tests of money: it remembers transactions and refuses on request."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

CHARGED, REFUNDED = "charged", "refunded"


class FakeTelegram:
    """What one bot's account looks like from Telegram's side."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.transactions: list[dict[str, Any]] = []
        self._refusals: defaultdict[str, deque[tuple[int, dict[str, Any]]]] = defaultdict(deque)

    def refuse(self, method: str, description: str, *, code: int = 400) -> None:
        """Answer the next call of a method with an error."""
        answer = {"ok": False, "error_code": code, "description": description}
        self._refusals[method].append((code, answer))

    def called(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of every call of a method."""
        return [params for name, params in self.calls if name == method]

    def charge(
        self,
        charge_id: str,
        *,
        payload: str,
        amount: int,
        telegram_id: int,
        at: datetime,
        period: int | None = None,
    ) -> None:
        """Let a customer's Stars come in."""
        source: dict[str, Any] = {
            "type": "user",
            "transaction_type": "invoice_payment",
            "user": {"id": telegram_id, "is_bot": False, "first_name": "Ada"},
            "invoice_payload": payload,
        }
        if period:
            source["subscription_period"] = period
        self.transactions.append(
            {"id": charge_id, "amount": amount, "date": int(at.timestamp()), "source": source}
        )

    def give_back(self, charge_id: str, *, at: datetime) -> None:
        """Let Stars go back, as a refund by whomever does."""
        charged = next(row for row in self.transactions if row["id"] == charge_id)
        self.transactions.append(
            {
                "id": charge_id,
                "amount": charged["amount"],
                "date": int(at.timestamp()),
                "receiver": charged["source"],
            }
        )

    def answer(self, method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer one call in the Bot API's own form."""
        self.calls.append((method, params))
        if self._refusals[method]:
            return self._refusals[method].popleft()
        result: Any = True
        if method == "createInvoiceLink":
            result = f"https://t.me/$invoice{len(self.calls)}"
        elif method == "getMe":
            result = {"id": 1, "is_bot": True, "first_name": "Shop", "username": "shop_bot"}
        elif method == "getStarTransactions":
            start, limit = int(params.get("offset", 0)), int(params.get("limit", 100))
            result = {"transactions": self.transactions[start : start + limit]}
        return 200, {"ok": True, "result": result}


class StarAccount(FakeTelegram):
    """One that does what it is asked: Stars go back once, and a repeat is told so."""

    def answer(self, method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Refund as Telegram does; answer all else as before."""
        if method == "refundStarPayment":
            charge_id = params["telegram_payment_charge_id"]
            if any("receiver" in row for row in self.rows(charge_id)):
                self.refuse(method, "Bad Request: CHARGE_ALREADY_REFUNDED")
            else:
                last = max(row["date"] for row in self.rows(charge_id))
                self.give_back(charge_id, at=datetime.fromtimestamp(last, tz=UTC))
        return super().answer(method, params)

    def rows(self, charge_id: str) -> list[dict[str, Any]]:
        """Return what the list says of one charge."""
        return [row for row in self.transactions if row["id"] == charge_id]


@contextmanager
def serving(telegram: FakeTelegram) -> Iterator[FakeTelegram]:
    """Serve a fake on the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            method = self.path.rpartition("/")[2]
            status, answer = telegram.answer(method, json.loads(body or b"{}"))
            encoded = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        def log_message(self, *args: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    telegram.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield telegram
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
