"""A receiver on loopback, and endpoints that point to it."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.webhooks.consumer import Consumer
from webhooks.models import Endpoint


class Receiver:
    """Another system: keeps what it was sent and answers as told."""

    def __init__(self):
        self.requests, self.answers = [], []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks?from=shop"

    def _handler(receiver):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.path, dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Location", receiver.url)
                self.end_headers()

            def log_message(self, *args):
                """Stay silent."""

        return Handler


@pytest.fixture
def receiver():
    receiver = Receiver()
    thread = Thread(target=receiver.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


@pytest.fixture
def endpoint(db, receiver, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    return Endpoint.objects.create(name="CRM", url=receiver.url, event_kinds=["grant.*"])


@pytest.fixture
def consumer(endpoint, now):
    return Consumer(endpoint.secret, clock=now.timestamp)
