"""The rules of this code base that no linter knows, each with what it catches and lets by.

A rule looks at one parsed file and yields the lines that break it. ``test_code_rules`` runs
every rule over the code, and over its own two examples.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APPS = (
    "shopbot",
    "customers",
    "catalog",
    "entitlements",
    "pricing",
    "delivery",
    "orders",
    "telegram_bot",
    "webhooks",
    "api",
)
MONEY_APPS = ("pricing", "orders")

LONGEST_FILE = 400
LONGEST_MODELS = 500
LONGEST_FUNCTION = 45
LONGEST_HANDLER = 15
MOST_PARAMETERS = 8


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: where it holds, what it forbids, an example of each side."""

    name: str
    look: Callable[[ast.Module], Iterator[int]]
    holds_in: Callable[[Path], bool]
    bad: str
    good: str


def sources() -> Iterator[Path]:
    """Yield the path of every source file of ours, relative to the root."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT)


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a source file, once for all rules."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def _nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Walk a tree, once for all rules."""
    return tuple(ast.walk(tree))


def _everywhere(path: Path) -> bool:
    return True


def _stores(path: Path) -> bool:
    """The simulator keeps its world in memory; the admin saves forms."""
    return not {"admin", "spreadsheets", "simulator"} & {*path.parts, path.stem}


def _in_money(path: Path) -> bool:
    """Clients of a provider's HTTP API may say timeouts in seconds, and so its stand-in."""
    return path.parts[0] in MONEY_APPS and path.parts[1] not in {"gateways", "fake_stripe"}


def _decides(path: Path) -> bool:
    """Say whether the file holds rules, not an edge that translates."""
    decides = {"services", "selectors", "engine", "models", "querysets"}
    return bool(decides & {*path.parts, path.stem})


def _is_service(path: Path) -> bool:
    return "services" in {*path.parts, path.stem}


def _floats(tree: ast.Module) -> Iterator[int]:
    for node in _nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno
        if isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno


def _clock_readings(tree: ast.Module) -> Iterator[int]:
    for node in _nodes(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"now", "utcnow", "today"}
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in {"timezone", "datetime", "date", "clock"}
        ):
            yield node.lineno


def _publishing(tree: ast.Module) -> Iterator[int]:
    for node in _nodes(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"delay", "apply_async", "delay_on_commit"}
        ):
            yield node.lineno


def _signals(tree: ast.Module) -> Iterator[int]:
    modules = {"django.dispatch", "django.db.models.signals", "django.core.signals"}
    for node in _nodes(tree):
        if isinstance(node, ast.ImportFrom) and node.module in modules:
            yield node.lineno


def _queries(tree: ast.Module) -> Iterator[int]:
    for node in _nodes(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.db"):
            yield node.lineno
        if isinstance(node, ast.Attribute) and node.attr == "objects":
            yield node.lineno


def _whole_saves(tree: ast.Module) -> Iterator[int]:
    """Find saves of every column: they overwrite what another process wrote meanwhile."""
    for node in _nodes(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        is_super = isinstance(node.func.value, ast.Call)
        named = {keyword.arg for keyword in node.keywords}
        is_save = node.func.attr == "save" and not is_super
        if is_save and not named & {"update_fields", "force_insert"}:
            yield node.lineno


def _save_overrides(tree: ast.Module) -> Iterator[int]:
    for node in _nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from (
                part.lineno
                for part in node.body
                if isinstance(part, ast.FunctionDef) and part.name == "save"
            )


def _positional_services(tree: ast.Module) -> Iterator[int]:
    for node in tree.body:
        is_public = isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if is_public and len(node.args.args) + len(node.args.posonlyargs) > 1:
            yield node.lineno


def _flags(tree: ast.Module) -> Iterator[int]:
    """Find booleans that select behavior: two functions say it better."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        defaults = [*node.args.defaults, *node.args.kw_defaults]
        if any(isinstance(part, ast.Constant) and part.value in (True, False) and
               isinstance(part.value, bool) for part in defaults):  # fmt: skip
            yield node.lineno


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in _nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines below the signature and its docstring."""
    first = function.body[0]
    has_words = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    start = first.end_lineno if has_words else first.lineno - 1
    return (function.end_lineno or 0) - (start or 0)


def _long_functions(tree: ast.Module) -> Iterator[int]:
    return (node.lineno for node in _functions(tree) if _lines(node) > LONGEST_FUNCTION)


def _long_handlers(tree: ast.Module) -> Iterator[int]:
    handlers = (node for node in _functions(tree) if node.decorator_list)
    return (node.lineno for node in handlers if _lines(node) > LONGEST_HANDLER)


def _function(lines: int) -> str:
    return "@router.message()\ndef f():\n" + "    work()\n" * lines


RULES = (
    Rule(
        "money is never a float",
        _floats, _in_money,
        bad="price = float(text)", good="price = Decimal(text)",
    ),
    Rule(
        "what decides is told the time",
        _clock_readings, _decides,
        bad="order.paid_at = timezone.now()", good="order.paid_at = now",
    ),
    Rule(
        "only tasks and outboxes publish to the broker",
        _publishing, lambda path: path.stem not in {"tasks", "outbox"},
        bad="send.delay(1)", good="enqueue(dedupe_key=key)",
    ),
    Rule(
        "there are no signals",
        _signals, _everywhere,
        bad="from django.dispatch import receiver", good="from django.urls import path",
    ),
    Rule(
        "handlers ask services, not the database",
        _queries, lambda path: "handlers" in path.parts,
        bad="order = Order.objects.get(pk=1)", good="order = await in_db(read)(pk=1)",
    ),
    Rule(
        "a save names its columns",
        _whole_saves, _stores,
        bad="order.save()", good="order.save(update_fields=['status'])",
    ),
    Rule(
        "no model does more than save when saved",
        _save_overrides, lambda path: "models" in {*path.parts, path.stem},
        bad="class A:\n    def save(self): ...", good="class A:\n    def pay(self): ...",
    ),
    Rule(
        "services are called by name, but for one thing",
        _positional_services, _is_service,
        bad="def settle(order_id, now): ...", good="def settle(order_id, *, now): ...",
    ),
    Rule(
        "services have no flags",
        _flags, _is_service,
        bad="def refund(*, force=False): ...", good="def refund(*, reason=''): ...",
    ),
    Rule(
        "functions fit on a screen",
        _long_functions, _everywhere,
        bad=_function(LONGEST_FUNCTION + 1), good=_function(LONGEST_FUNCTION),
    ),
    Rule(
        "handlers translate, nothing more",
        _long_handlers, lambda path: "handlers" in path.parts,
        bad=_function(LONGEST_HANDLER + 1), good=_function(LONGEST_HANDLER),
    ),
)  # fmt: skip
