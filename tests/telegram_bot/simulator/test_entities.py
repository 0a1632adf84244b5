"""HTML is read as the Bot API server reads it, with its errors."""

from typing import Any

import pytest

from telegram_bot.simulator.entities import find_entities, format_text
from telegram_bot.simulator.errors import ApiError


def parse(text: str) -> tuple[str, list[dict[str, Any]]]:
    formatted = format_text(text, parse_mode="HTML")
    return formatted.text, [dict(entity) for entity in formatted.entities]


def test_tags_become_entities_in_utf16_units():
    assert parse("😀 <b>bold</b> and <i>italic</i>") == (
        "😀 bold and italic",
        [
            {"type": "bold", "offset": 3, "length": 4},
            {"type": "italic", "offset": 12, "length": 6},
        ],
    )


def test_tags_may_lie_within_each_other():
    assert parse("<b>a<u>b</u></b>") == (
        "ab",
        [
            {"type": "bold", "offset": 0, "length": 2},
            {"type": "underline", "offset": 1, "length": 1},
        ],
    )


@pytest.mark.parametrize(
    ("source", "entity"),
    [
        (
            '<a href="https://x.org/?a=1&amp;b=2">x</a>',
            {"type": "text_link", "url": "https://x.org/?a=1&b=2"},
        ),
        ("<tg-spoiler>x</tg-spoiler>", {"type": "spoiler"}),
        ('<span class="tg-spoiler">x</span>', {"type": "spoiler"}),
        ("<code>x</code>", {"type": "code"}),
        (
            '<pre><code class="language-python">x</code></pre>',
            {"type": "pre", "language": "python"},
        ),
        ("<blockquote>x</blockquote>", {"type": "blockquote"}),
        ("<blockquote expandable>x</blockquote>", {"type": "expandable_blockquote"}),
        ("<strike>x</strike>", {"type": "strikethrough"}),
        (
            '<tg-emoji emoji-id="5">x</tg-emoji>',
            {"type": "custom_emoji", "custom_emoji_id": "5"},
        ),
        (
            '<tg-time unix="9" format="d">x</tg-time>',
            {"type": "date_time", "unix_time": 9, "date_time_format": "d"},
        ),
        ("<B>x</B>", {"type": "bold"}),
    ],
)
def test_every_tag_has_its_entity(source: str, entity: dict[str, Any]):
    assert parse(source) == ("x", [{"offset": 0, "length": 1, **entity}])


def test_only_four_names_and_numbers_are_decoded():
    assert parse("&lt;&gt;&amp;&quot; &#65;&#x42; &nbsp; &euro;")[0] == '<>&" AB &nbsp; &euro;'


def test_white_space_at_the_ends_is_cut_and_entities_move():
    assert parse("  <b> x </b>  ") == ("x", [{"type": "bold", "offset": 0, "length": 1}])


def test_empty_entities_and_links_without_address_vanish():
    assert parse("a<b></b><a>link</a>") == ("alink", [])


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("я<blink>x</blink>", 'Unsupported start tag "blink" at byte offset 2'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a ="x">x</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
        ('<a href="x', "Unclosed start tag at byte offset 0"),
    ],
)
def test_broken_markup_is_refused_in_the_servers_words(source: str, error: str):
    with pytest.raises(ApiError) as refused:
        parse(source)

    assert refused.value.description == f"Bad Request: can't parse entities: {error}"


def test_modes_that_are_not_read_are_said_so():
    with pytest.raises(ApiError) as unknown:
        format_text("x", parse_mode="BBCode")
    with pytest.raises(ApiError) as markdown:
        format_text("x", parse_mode="MarkdownV2")

    assert unknown.value.description == "Bad Request: unsupported parse_mode"
    assert markdown.value.code == 501


def test_given_entities_are_taken_as_they_are():
    formatted = format_text("abc", entities=[{"type": "bold", "offset": 0, "length": 1}])

    assert formatted.entities == ({"type": "bold", "offset": 0, "length": 1},)


def test_commands_and_addresses_are_found_in_plain_text():
    assert find_entities("😀 /shop or https://x.org/a.") == (
        {"type": "bot_command", "offset": 3, "length": 5},
        {"type": "url", "offset": 12, "length": 15},
    )


def test_commands_are_found_beside_markup_but_not_inside_code_and_links():
    source = '<b>Send</b> /shop or <code>/code</code> or <a href="https://x.org">/link</a>'

    _, entities = parse(source)

    assert [(entity["type"], entity["offset"]) for entity in entities] == [
        ("bold", 0),
        ("bot_command", 5),
        ("code", 14),
        ("text_link", 23),
    ]
