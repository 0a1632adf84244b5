"""Every example of the page for owners comes out as it is written there."""

import re
import shlex
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands

from tests.pricing.rows import make_code

PAGE = Path(__file__).parents[2] / "docs" / "pricing.md"
TEXT = PAGE.read_text()
EXAMPLES = re.findall(r"```console\n\$ python manage\.py (.+?)\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize(("command", "expected"), EXAMPLES, ids=[each[0] for each in EXAMPLES])
def test_an_example_prints_what_the_page_says(command, expected, tier):
    make_code(code="HELLO")
    out = StringIO()

    call_command(*shlex.split(command), stdout=out)

    assert out.getvalue() == expected


def test_the_page_has_examples_of_every_kind_of_price():
    assert len(EXAMPLES) >= 6


def test_every_command_the_page_names_exists():
    named = set(re.findall(r"`manage\.py (\w+)", TEXT))

    assert named <= set(get_commands())
