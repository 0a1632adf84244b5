"""A bank on loopback that answers with a day's exchange rates."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import TCPServer
from threading import Thread

FEED = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
  xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender>
  <Cube><Cube time='2026-11-02'>
    <Cube currency='USD' rate='1.1201'/>
    <Cube currency='JPY' rate='175.68'/>
    <Cube currency='GBP' rate='0.83410'/>
  </Cube></Cube>
</gesmes:Envelope>"""

PATH = "/daily.xml"


@dataclass
class Bank:
    """Where the bank answers, and how often it was asked."""

    url: str = ""
    asked: int = 0


class _Server(HTTPServer):
    def server_bind(self) -> None:
        """Bind without asking the network for this machine's name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]


@contextmanager
def open_bank() -> Iterator[Bank]:
    """Answer with the file at ``Bank.url`` and with 500 anywhere else."""
    bank = Bank()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            bank.asked += 1
            self.send_response(200 if self.path == PATH else 500)
            self.end_headers()
            self.wfile.write(FEED)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    bank.url = f"http://127.0.0.1:{server.server_port}{PATH}"
    try:
        yield bank
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
