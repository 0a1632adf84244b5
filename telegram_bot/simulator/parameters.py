"""What did the bot send, whichever of the four encodings it chose?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web
from aiohttp.multipart import MultipartReader

from telegram_bot.simulator.errors import bad_request


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that came with a multipart request."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Parameters:
    """A call's parameters before validation: strings, or JSON values from a JSON body."""

    values: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)


def parse_json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON body; anything but an object is refused as Telegram does."""
    if not body.strip():
        return {}
    try:
        values = json.loads(body)
    except ValueError as error:
        raise bad_request("can't parse JSON object", hint=str(error)) from error
    if not isinstance(values, dict):
        raise bad_request("expected an Object as the JSON body")
    return values


async def _read_multipart(reader: MultipartReader) -> Parameters:
    values: dict[str, Any] = {}
    files: dict[str, Upload] = {}
    async for part in reader:
        if not isinstance(part, BodyPartReader) or not part.name:
            continue
        content = bytes(await part.read(decode=True))
        if part.filename is None:
            values[part.name] = content.decode()
        else:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            files[part.name] = Upload(part.filename or part.name, mime, content)
    return Parameters(values, files)


async def read_parameters(request: web.Request) -> Parameters:
    """Merge the query string with the body: urlencoded, multipart or JSON."""
    query = dict(request.query)
    if not request.can_read_body:
        return Parameters(query)
    if request.content_type == "application/json":
        return Parameters({**query, **parse_json_object(await request.read())})
    if request.content_type == "multipart/form-data":
        sent = await _read_multipart(await request.multipart())
        return Parameters({**query, **sent.values}, sent.files)
    return Parameters({**query, **await request.post()})
