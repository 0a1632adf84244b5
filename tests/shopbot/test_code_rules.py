"""Does the code keep its own rules?"""

import ast

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import CheckConstraint, F, Q

from shopbot.admin.pages import load_pages
from tests.code_rules import APPS, LONGEST_FILE, LONGEST_MODELS, ROOT, RULES, parsed, sources

# One worker parses the code, once for all rules.
pytestmark = pytest.mark.xdist_group("code-rules")
VAGUE_NAMES = {"utils", "helpers", "common", "misc"}


def test_a_group_of_tests_goes_to_one_worker(request):
    spread = request.config.getoption("loadgroup", False)

    assert not spread or request.node.nodeid.endswith("@code-rules")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_code_keeps(rule):
    broken = [
        f"{path}:{line}"
        for path in sources()
        if rule.holds_in(path)
        for line in rule.look(parsed(path))
    ]

    assert broken == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rule_catches_its_example_and_lets_the_other_by(rule):
    assert list(rule.look(ast.parse(rule.bad))) != []
    assert list(rule.look(ast.parse(rule.good))) == []


def test_no_file_is_longer_than_a_reader_can_hold():
    def limit(path):
        return LONGEST_MODELS if "models" in {*path.parts, path.stem} else LONGEST_FILE

    long = {
        str(path): lines
        for path in sources()
        if (lines := len((ROOT / path).read_text().splitlines())) > limit(path)
    }

    assert long == {}


def test_every_file_is_named_for_an_idea():
    assert [path for path in sources() if path.stem in VAGUE_NAMES] == []


def test_no_test_is_skipped():
    ways_out = {"skip", "xfail", "importorskip"}

    texts = {path: path.read_text() for path in sorted((ROOT / "tests").rglob("*.py"))}
    found = [
        f"{path.name}:{node.lineno}"
        for path, text in texts.items()
        if any(way in text for way in ways_out)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and node.attr in ways_out
    ]

    assert found == []


def _own_models():
    for model in apps.get_models():
        if model.__module__.split(".")[0] in APPS:
            yield model


def _fields_of(condition):
    match condition:
        case Q():
            return set().union(*(_fields_of(child) for child in condition.children), set())
        case (str() as lookup, value):
            return {lookup.split("__")[0]} | ({value.name} if isinstance(value, F) else set())
        case _:
            return set()


def test_every_choice_is_held_by_the_database():
    unheld = []
    for model in _own_models():
        checks = [rule for rule in model._meta.constraints if isinstance(rule, CheckConstraint)]
        held = set().union(*(_fields_of(check.condition) for check in checks), set())
        for field in model._meta.local_fields:
            if field.choices and field.name not in held:
                unheld.append(f"{model._meta.label}.{field.name}")

    assert unheld == []


def _lent_fields(model):
    """Name the fields that abstract models of other packages lend to one of ours."""
    bases = [base for base in model.__mro__ if hasattr(base, "_meta") and base._meta.abstract]
    foreign = [base for base in bases if base.__module__.split(".")[0] not in APPS]
    return {field.name for base in foreign for field in base._meta.local_fields}


def test_every_field_that_staff_read_is_explained():
    load_pages()
    translated = ("_en", "_ru", "_de", "_es")
    silent = [
        f"{model._meta.label}.{field.name}"
        for model in _own_models()
        if model in admin.site._registry
        for field in model._meta.local_fields
        if not (field.primary_key or field.help_text or field.name.endswith(translated))
        if field.name not in _lent_fields(model)
    ]

    assert silent == []


def test_decisions_are_numbered_one_after_the_other():
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs/adr").glob("*.md"))

    assert numbers == list(range(1, len(numbers) + 1))
