"""How is aiogram imported in a second and a half instead of six?

At its import it builds a schema for each Bot API type, with everything nested in it, which
costs five seconds of CPU and 80 MB in every process. Pydantic builds a schema at its first use,
too, if it finds the names in the annotations then. So aiogram is imported with the building
put off, and its modules of types are given the names they import for type checkers only.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Final

PACKAGE: Final = "aiogram"
TYPES: Final = "aiogram.types"
_NAME: Final = re.compile(r"[A-Za-z_]\w*")


class LazyTypesFinder(MetaPathFinder):
    """Finds aiogram, whichever part of it is imported first, and nothing else."""

    @classmethod
    def install(cls) -> None:
        """Come before Python's own finders; a second call changes nothing."""
        if not any(isinstance(finder, cls) for finder in sys.meta_path):
            sys.meta_path.insert(0, cls())

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the package's own spec with a loader that puts the building off."""
        if fullname != PACKAGE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _LazyTypesLoader(spec.loader)
        return spec


class _LazyTypesLoader(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # Named here, since a process that never imports aiogram needs no pydantic either.
        model = import_module("pydantic").BaseModel
        build = model.__dict__["model_rebuild"]
        put_off: list[tuple[type, Mapping[str, Any]]] = []

        def build_later(
            cls: type, /, *, _types_namespace: Mapping[str, Any] | None = None, **options: Any
        ) -> bool | None:
            if cls.__module__.startswith(TYPES) and _types_namespace is not None:
                put_off.append((cls, _types_namespace))
                return None
            built: bool | None = build.__get__(None, cls)(
                _types_namespace=_types_namespace, **options
            )
            return built

        model.model_rebuild = classmethod(build_later)
        try:
            self._loader.exec_module(module)
        finally:
            model.model_rebuild = build
        for cls, names in put_off:
            _make_known(names, cls)


def _make_known(names: Mapping[str, Any], cls: type) -> None:
    """Give the module of ``cls`` those names that annotations of ``cls`` speak of."""
    known = vars(sys.modules[cls.__module__])
    for ancestor in cls.__mro__:
        for annotation in vars(ancestor).get("__annotations__", {}).values():
            for name in _NAME.findall(str(annotation)):
                if name in names:
                    known.setdefault(name, names[name])
