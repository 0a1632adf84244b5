"""The broker of a local trial: messages are files, and a reader never sees half of one.

Kombu's own file transport opens the final file and then writes it. A worker that looks in
between reads an empty message and dies of it; so ours writes aside and renames.
"""

import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Kombu's channel, whose messages appear whole."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        # The time comes first: the reader takes the names in their order.
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        whole = Path(self.data_folder_out) / name
        aside = whole.with_name(f"{name}.part")
        aside.write_bytes(dumps(payload).encode())
        aside.rename(whole)


class Transport(filesystem.Transport):
    """What ``filesystem://`` means in this shop."""

    Channel = Channel


def register() -> None:
    """Let ``filesystem://`` mean ours, in this process."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
