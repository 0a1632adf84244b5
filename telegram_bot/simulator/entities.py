"""Which text and which entities does a message in HTML have?

Follows the Bot API server's own parser, so that a bot meets the same errors here.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram_bot.simulator.errors import ApiError, bad_request
from telegram_bot.simulator.validation import utf16_length

PLAIN_TAGS: Mapping[str, str] = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
TAGS = frozenset(PLAIN_TAGS) | {"a", "tg-emoji", "tg-time"}
NAMED_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
# Telegram knows only these four names and numbers; any other "&…" stays as it is written.
ENTITY = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));?")
ATTRIBUTE = re.compile(
    r"""\s*(?P<name>[^\s=>]*)\s*(?:(?P<equal>=)\s*"""
    r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<token>[A-Za-z0-9.\-]+)(?=[\s>])))?"""
)
BOT_COMMAND = re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?")
PLAIN_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")


@dataclass(frozen=True, slots=True)
class Formatted:
    """A message's text as shown, with its entities in UTF-16 offsets."""

    text: str
    entities: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True)
class _OpenTag:
    name: str
    start: int
    details: dict[str, Any]
    kind: str


class _HtmlParser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._pieces: list[str] = []
        self._length = 0
        self._open: list[_OpenTag] = []
        self._entities: list[dict[str, Any]] = []

    def parse(self) -> Formatted:
        while self._at < len(self._source):
            if self._source[self._at] != "<":
                self._take_text()
            elif self._source.startswith("</", self._at):
                self._close_tag()
            else:
                self._open_tag()
        if self._open:
            tag = self._open[-1].name
            raise self._error(f'Can\'t find end tag corresponding to start tag "{tag}"', None)
        self._entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return _trimmed("".join(self._pieces), self._entities)

    def _take_text(self) -> None:
        end = self._source.find("<", self._at)
        end = len(self._source) if end < 0 else end
        text = _decoded(self._source[self._at : end])
        self._pieces.append(text)
        self._length += utf16_length(text)
        self._at = end

    def _open_tag(self) -> None:
        begin = self._at
        name_match = re.compile(r"<([^\s>]*)").match(self._source, begin)
        name = name_match.group(1).lower() if name_match else ""
        end_of_name = begin + 1 + len(name)
        if end_of_name >= len(self._source):
            raise self._error("Unclosed start tag", begin)
        if name not in TAGS:
            raise self._error(f'Unsupported start tag "{name}"', begin)
        attributes = self._attributes(name, begin, end_of_name)
        kind, details = self._meaning(name, attributes, begin)
        self._open.append(_OpenTag(name, self._length, details, kind))

    def _attributes(self, tag: str, begin: int, at: int) -> dict[str, str]:
        found: dict[str, str] = {}
        while True:
            while at < len(self._source) and self._source[at].isspace():
                at += 1
            if at >= len(self._source):
                raise self._error("Unclosed start tag", begin)
            if self._source[at] == ">":
                self._at = at + 1
                return found
            match = ATTRIBUTE.match(self._source, at)
            if match is None or not match["name"]:
                raise self._error(f'Empty attribute name in the tag "{tag}"', begin)
            at = match.end()
            value = match["double"] or match["single"] or match["token"] or ""
            if not match["equal"] and self._source.startswith("=", at):
                raise self._bad_value(begin, at + 1)
            found[match["name"].lower()] = _decoded(value)

    def _bad_value(self, begin: int, at: int) -> ApiError:
        value = self._source[at:].lstrip()
        if not value or value[0] in "\"'":
            return self._error("Unclosed start tag", begin)
        return self._error("Unexpected end of name token", at)

    def _meaning(
        self, name: str, attributes: Mapping[str, str], begin: int
    ) -> tuple[str, dict[str, Any]]:
        match name:
            case "span" if attributes.get("class") != "tg-spoiler":
                raise self._error('Tag "span" must have class "tg-spoiler"', begin)
            case "a":
                return "text_link", {"url": attributes.get("href", "")}
            case "tg-emoji":
                return "custom_emoji", {"custom_emoji_id": attributes.get("emoji-id", "")}
            case "tg-time":
                return "date_time", _date_time(attributes)
            case "blockquote" if "expandable" in attributes:
                return "expandable_blockquote", {}
            case "code" if attributes.get("class", "").startswith("language-"):
                return "code", {"language": attributes["class"].removeprefix("language-")}
            case _:
                return PLAIN_TAGS[name], {}

    def _close_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise self._error("Unexpected end tag", begin)
        match = re.compile(r"</([^\s>]*)\s*(>?)").match(self._source, begin)
        if match is None or not match[2]:
            raise self._error("Unclosed end tag", begin)
        tag, name = self._open[-1], match[1].lower()
        if name and name != tag.name:
            text = (
                f"Unmatched end tag at byte offset {self._byte(begin)}, "
                f'expected "</{tag.name}>", found "</{name}>"'
            )
            raise self._error(text, None)
        self._open.pop()
        self._at = match.end()
        self._add_entity(tag)

    def _add_entity(self, tag: _OpenTag) -> None:
        length = self._length - tag.start
        if not length:
            return
        entity = {"type": tag.kind, "offset": tag.start, "length": length, **tag.details}
        if tag.kind == "text_link" and not entity["url"]:
            return
        if tag.kind == "code":
            language = entity.pop("language", "")
            if language and self._open and self._open[-1].name == "pre":
                self._open[-1].details["language"] = language
            if self._open and self._open[-1].name == "pre":
                return
        self._entities.append(entity)

    def _byte(self, position: int) -> int:
        return len(self._source[:position].encode())

    def _error(self, text: str, position: int | None) -> ApiError:
        where = "" if position is None else f" at byte offset {self._byte(position)}"
        return bad_request(f"can't parse entities: {text}{where}")


def _date_time(attributes: Mapping[str, str]) -> dict[str, Any]:
    unix = attributes.get("unix", "0")
    details: dict[str, Any] = {"unix_time": int(unix) if unix.isdigit() else 0}
    if attributes.get("format"):
        details["date_time_format"] = attributes["format"]
    return details


def _decoded(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[3]:
            return NAMED_ENTITIES[match[3]]
        return html.unescape(match[0] if match[0].endswith(";") else f"{match[0]};")

    return ENTITY.sub(replace, text)


def _trimmed(text: str, entities: list[dict[str, Any]]) -> Formatted:
    """Cut white space at both ends, as Telegram does, and move the entities with it."""
    stripped = text.strip()
    cut = utf16_length(text[: len(text) - len(text.lstrip())])
    limit = utf16_length(stripped)
    kept: list[dict[str, Any]] = []
    for entity in entities:
        start = max(entity["offset"] - cut, 0)
        end = min(entity["offset"] - cut + entity["length"], limit)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return Formatted(stripped, tuple(kept))


def _found(pattern: re.Pattern[str], kind: str, text: str) -> list[dict[str, Any]]:
    return [
        {
            "type": kind,
            "offset": utf16_length(text[: match.start()]),
            "length": utf16_length(match[0]),
        }
        for match in pattern.finditer(text)
    ]


def find_entities(text: str) -> tuple[Mapping[str, Any], ...]:
    """The entities that Telegram finds by itself: commands and addresses."""
    found = _found(BOT_COMMAND, "bot_command", text) + _found(PLAIN_URL, "url", text)
    return tuple(sorted(found, key=lambda entity: int(entity["offset"])))


def _with_found(parsed: Formatted) -> Formatted:
    """Add what Telegram finds by itself, but not inside code and links."""

    def is_free(found: Mapping[str, Any]) -> bool:
        start, end = found["offset"], found["offset"] + found["length"]
        return not any(
            one["type"] in ("code", "pre", "text_link", "text_mention")
            and one["offset"] < end
            and start < one["offset"] + one["length"]
            for one in parsed.entities
        )

    found = filter(is_free, find_entities(parsed.text))
    entities = sorted((*parsed.entities, *found), key=lambda one: int(one["offset"]))
    return Formatted(parsed.text, tuple(entities))


def format_text(
    text: str, *, parse_mode: str = "", entities: list[dict[str, Any]] | None = None
) -> Formatted:
    """Turn what a bot sent into what is shown.

    Raises:
        ApiError: the markup is broken, or its mode is not one that is acted out here.
    """
    if entities:
        return _trimmed(text, [dict(entity) for entity in entities])
    mode = parse_mode.lower()
    if mode == "html":
        return _with_found(_HtmlParser(text).parse())
    if mode in ("markdown", "markdownv2"):
        raise ApiError(501, "Not Implemented: the simulator reads HTML, not Markdown")
    if mode:
        raise bad_request("unsupported parse_mode")
    stripped = text.strip()
    return Formatted(stripped, find_entities(stripped))
