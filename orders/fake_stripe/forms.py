"""What does a form with Stripe's brackets say?"""

import re
from typing import Any
from urllib.parse import parse_qsl

from orders.fake_stripe.refusals import StripeRefusal

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")


def decode_form(text: str) -> dict[str, Any]:
    """Decode ``a[b]=1&c[0][d]=2`` into nested dictionaries and lists of strings.

    >>> decode_form("items[0][price]=p&items[0][quantity]=1&expand[]=data")
    {'items': [{'price': 'p', 'quantity': '1'}], 'expand': ['data']}

    Raises:
        StripeRefusal: a key's brackets do not pair, or two keys claim one place.
    """
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        match = _KEY.match(key)
        if match is None:
            raise StripeRefusal(f"Invalid parameter name: {key}")
        steps = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        _put(tree, steps, value, key)
    return {name: _as_list(branch) for name, branch in tree.items()}


def _put(tree: dict[str, Any], steps: list[str], value: str, key: str) -> None:
    for step in steps[:-1]:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise StripeRefusal(f"Invalid parameter: {key} is both a value and a hash")
    last = steps[-1] or str(len(tree))
    if isinstance(tree.get(last), dict):
        raise StripeRefusal(f"Invalid parameter: {key} is both a value and a hash")
    tree[last] = value


def _as_list(branch: Any) -> Any:
    if not isinstance(branch, dict):
        return branch
    inner = {name: _as_list(value) for name, value in branch.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
