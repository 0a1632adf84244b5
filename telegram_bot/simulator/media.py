"""Which file does a bot mean: one it uploads, one it sent before, or an address?"""

import io
import ipaddress
from urllib.parse import urlsplit

import aiohttp
from PIL import Image, UnidentifiedImageError

from telegram_bot.simulator.core import Core
from telegram_bot.simulator.errors import bad_request
from telegram_bot.simulator.parameters import Upload
from telegram_bot.simulator.state import Json, StoredFile
from telegram_bot.simulator.validation import Checked

PHOTO_LIMIT = 10 << 20
UPLOAD_LIMIT = 50 << 20


async def find_file(core: Core, call: Checked, named: str, *, is_photo: bool) -> StoredFile:
    """The file that a parameter names, stored.

    Raises:
        ApiError: it does not exist, is too big, or is no picture where one is needed.
    """
    if named.startswith("attach://"):
        upload = call.files.get(named.removeprefix("attach://"))
        if upload is None:
            raise bad_request(f"can't find file {named!r} in the request")
        return _stored(core, upload, is_photo=is_photo)
    if named.startswith(("http://", "https://")):
        return _stored(core, await _fetched(named), is_photo=is_photo)
    file = core.state.files.get(named)
    if file is None:
        raise bad_request("wrong remote file identifier specified: Wrong string length")
    if is_photo and not file.width:
        raise bad_request("can't use file of type Document as Photo")
    return file


async def _fetched(address: str) -> Upload:
    """Fetch a file from this machine; the simulator reaches no further."""
    parts = urlsplit(address)
    try:
        is_near = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        is_near = parts.hostname == "localhost"
    refusal = bad_request(
        "failed to get HTTP URL content", hint="The simulator fetches from this machine only."
    )
    if not is_near:
        raise refusal
    timeout = aiohttp.ClientTimeout(total=10)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(address) as response,
        ):
            if response.status != 200:
                raise refusal
            content = await response.content.read(UPLOAD_LIMIT)
            return Upload(
                parts.path.rpartition("/")[2] or "file", response.content_type, content
            )
    except (aiohttp.ClientError, TimeoutError) as error:
        raise refusal from error


def _stored(core: Core, upload: Upload, *, is_photo: bool) -> StoredFile:
    if not upload.content:
        raise bad_request("file must be non-empty")
    if len(upload.content) > (PHOTO_LIMIT if is_photo else UPLOAD_LIMIT):
        raise bad_request("too big for a photo" if is_photo else "Request Entity Too Large")
    width, height = _picture_size(upload.content) if is_photo else (0, 0)
    unique_id = core.secret_id("f")
    file = StoredFile(
        file_id=f"AgACAgIAAxk{unique_id}",
        unique_id=unique_id,
        name=upload.name.replace("/", "_"),
        mime=upload.mime if not is_photo or upload.mime.startswith("image/") else "image/jpeg",
        size=len(upload.content),
        width=width,
        height=height,
    )
    core.store.put_content(unique_id, upload.content)
    core.state.files[file.file_id] = file
    return file


def _picture_size(content: bytes) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError) as error:
        raise bad_request("IMAGE_PROCESS_FAILED", hint=str(error)) from error


def photo_as_json(file: StoredFile) -> list[Json]:
    """A photo as a message carries it: one size, where Telegram makes several."""
    return [
        {
            "file_id": file.file_id,
            "file_unique_id": file.unique_id,
            "width": file.width,
            "height": file.height,
            "file_size": file.size,
        }
    ]


def document_as_json(file: StoredFile) -> Json:
    """A document as a message carries it."""
    return {
        "file_id": file.file_id,
        "file_unique_id": file.unique_id,
        "file_name": file.name,
        "mime_type": file.mime,
        "file_size": file.size,
    }
