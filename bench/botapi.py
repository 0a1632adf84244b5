"""A Bot API on loopback that says yes to every call, as cheaply as a process can.

It stands in for Telegram in every variant alike: it must never be what a measurement measures.
"""

import asyncio
import sys
from typing import cast

_RESULT = (
    b'{"ok":true,"result":{"message_id":1,"date":1767225600,'
    b'"chat":{"id":1,"type":"private","first_name":"A"},"text":"ok"}}'
)
_TRUE = b'{"ok":true,"result":true}'


def _answer(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


_ANSWERS = {True: _answer(_TRUE), False: _answer(_RESULT)}


class BotApi(asyncio.Protocol):
    """Reads requests with a Content-Length or chunked body and answers each."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers go."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            size = self._body_size(head, end + 4)
            if size is None or len(self._buffer) < end + 4 + size:
                return
            self._buffer = self._buffer[end + 4 + size :]
            self._transport.write(_ANSWERS[b"/answer" in head.partition(b"\r\n")[0]])

    def _body_size(self, head: bytes, start: int) -> int | None:
        if b"chunked" in head:
            end = self._buffer.find(b"0\r\n\r\n", start)
            return None if end < 0 else end + 5 - start
        _, found, rest = head.partition(b"content-length:")
        return int(rest.partition(b"\r\n")[0]) if found else 0


async def serve(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(BotApi, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
