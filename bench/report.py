"""What was measured, against which bound, and is it met?"""

import json
import platform
import statistics
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True)
class Target:
    """A figure with the bound that the shop promises; smaller is better."""

    name: str
    value: float
    bound: float
    unit: str = "ratio"

    @property
    def verdict(self) -> str:
        """``ok`` or ``short``."""
        return "ok" if self.value <= self.bound else "short"

    def __str__(self) -> str:
        unit = "×" if self.unit == "ratio" else f" {self.unit}"
        return f"{self.name:<66} {self.value:>9.2f}{unit:<4} ≤ {self.bound:g}  {self.verdict}"


@dataclass(slots=True)
class Report:
    """Everything one run found."""

    variants: dict[str, dict[str, float]] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def add(self, name: str, value: float, bound: float, unit: str = "ratio") -> None:
        """Add a figure and print it at once: a long run shows how it goes."""
        target = Target(name, value, bound, unit)
        self.targets.append(target)
        print(target, flush=True)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Measure a part; one that breaks is reported and the others go on."""
        started = time.perf_counter()
        print(f"-- {name}", flush=True)
        try:
            yield
        except Exception:  # noqa: BLE001  an hour of figures must not be lost to one of them
            traceback.print_exc()
            self.broken.append(name)
        print(f"   {name}: {time.perf_counter() - started:.0f} s", flush=True)

    @property
    def is_short(self) -> bool:
        """Whether any bound was missed, or any part could not be measured."""
        return bool(self.broken) or any(target.verdict == "short" for target in self.targets)

    def save(self, name: str) -> Path:
        """Write the figures and the machine they were read on."""
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{name}.json"
        document = {
            "machine": machine(),
            "variants": self.variants,
            "targets": [{**asdict(each), "verdict": each.verdict} for each in self.targets],
            "notes": self.notes,
            "broken": self.broken,
        }
        path.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n")
        return path


def machine() -> dict[str, str]:
    """Describe where the figures were read."""
    cpu = Path("/proc/cpuinfo").read_text()
    model = next(
        (line.partition(": ")[2] for line in cpu.splitlines() if "model name" in line), ""
    )
    return {
        "cpu": model,
        "cores": str(cpu.count("processor\t")),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return statistics.median(values)


def table(variants: dict[str, dict[str, float]]) -> str:
    """Return the variants as a table for a terminal."""
    columns = ("rps", "p50_ms", "p95_ms", "p99_ms", "cpu_us", "memory_mb")
    lines = [f"{'variant':<28}" + "".join(f"{column:>11}" for column in columns)]
    for name, figures in variants.items():
        cells = "".join(f"{figures.get(column, float('nan')):>11.1f}" for column in columns)
        lines.append(f"{name:<28}{cells}")
    return "\n".join(lines)


def chart(report: Report, path: Path) -> None:
    """Draw CPU per update of each variant as bars."""
    import matplotlib  # noqa: PLC0415  half a second that only this needs

    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    names = list(report.variants)
    figures = [report.variants[name]["cpu_us"] for name in names]
    colors = ["#2a9d8f" if name.startswith("shopbot") else "#adb5bd" for name in names]
    figure, axes = pyplot.subplots(figsize=(9, 0.5 * len(names) + 1.2))
    bars = axes.barh(names[::-1], figures[::-1], color=colors[::-1])
    axes.bar_label(bars, fmt="%.0f µs", padding=4)
    axes.set_xlabel("CPU per update of the server process, µs (less is better)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
