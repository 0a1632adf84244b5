"""Measure one part inside a process of the shop and print what was found, as JSON.

Run as a script in the shop's environment (``bench.shop.environment``).
"""

import argparse
import gc
import json
from collections.abc import Callable

import django
from django.utils.module_loading import import_string

#: By dotted path: they need a Django that is set up.
PARTS = {
    "quotes": "bench.operations.quotes",
    "access": "bench.operations.access",
    "inbox": "bench.operations.inbox",
    "expiry": "bench.expiry.expiry",
    "pages": "bench.pages.pages",
}


def main() -> None:
    """Run one part and print what it found."""
    options = argparse.ArgumentParser()
    options.add_argument("part", choices=sorted(PARTS))
    options.add_argument("--rows", type=int, default=0)
    chosen = options.parse_args()
    django.setup()
    measure: Callable[[int], dict[str, float]] = import_string(PARTS[chosen.part])
    # As a web process does when it has started.
    gc.collect()
    gc.freeze()
    print(json.dumps(measure(chosen.rows)))


if __name__ == "__main__":
    main()
