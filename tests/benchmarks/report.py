"""How benchmarks report: the head with machine and versions, plain aligned tables, figures, and the block of targets.

All functions give text and print nothing. What the figures are and how they came about stands in `measure.py`.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .measure import Spread


def heading(title: str, packages: Sequence[str] = ()) -> str:
    """The head of a report: what it is, which machine and versions, how busy the machine is."""
    lines = [title, "", f"machine  {_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"]
    versions = [f"{platform.python_implementation()} {platform.python_version()}"]
    for package in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions.append(f"{package} {importlib.metadata.version(package)}")
    lines.append("versions " + ", ".join(versions))
    if hasattr(os, "getloadavg"):
        one, five, fifteen = os.getloadavg()
        busy = "   (busy: expect wide spreads)" if one > 0.75 * (os.cpu_count() or 1) else ""
        lines.append(f"load     {one:.2f} {five:.2f} {fifteen:.2f} (1, 5, 15 minutes, before the start){busy}")
    return "\n".join(lines)


def _processor() -> str:
    """The processor's name, as far as the system tells it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of plain text: the first to the left, all others to the right; a short row ends in free text.

    >>> print(table(["engine", "ns"], [["a", "5"], ["longer", "1,234"]]))
    engine     ns
    ------  -----
    a           5
    longer  1,234
    """
    full = [row for row in rows if len(row) == len(headers)]
    widths = [max(len(row[i]) for row in [headers, *full]) for i in range(len(headers))]
    widths[0] = max(widths[0], *(len(row[0]) for row in rows)) if rows else widths[0]

    def line(cells: Sequence[str]) -> str:
        if len(cells) < len(headers):
            return "  ".join([cells[0].ljust(widths[0]), *cells[1:]]).rstrip()
        first, *others = zip(cells, widths, strict=True)
        return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]).rstrip()

    return "\n".join([line(headers), line(["-" * width for width in widths]), *map(line, rows)])


def number(value: float) -> str:
    """Three figures or all whole ones, thousands apart.

    >>> number(12345.6), number(123.4), number(12.345), number(1.2345), number(0.0123)
    ('12,346', '123', '12.3', '1.23', '0.0123')
    """
    size = abs(value)
    if size >= 100 or value == 0 or not math.isfinite(value):
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(size)))}f}"


def span(figures: Spread, scale: float = 1.0) -> str:
    """The quartiles as `low - high`, times `scale`."""
    return f"{number(figures.low * scale)} - {number(figures.high * scale)}"


@dataclass(frozen=True)
class Target:
    """A figure that the project holds itself to: `reached` is at least, or with `at_most` at most, `limit`."""

    what: str
    limit: float
    reached: float
    unit: str
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether it is reached; NaN is not."""
        return self.reached <= self.limit if self.at_most else self.reached >= self.limit


def targets_block(targets: Sequence[Target]) -> str:
    """The table of targets with what was reached, and a line that counts them."""
    rows = [
        [
            target.what,
            f"{'<=' if target.at_most else '>='} {number(target.limit)} {target.unit}",
            f"{number(target.reached)} {target.unit}",
            "yes" if target.met else "NO",
        ]
        for target in targets
    ]
    met = sum(target.met for target in targets)
    return "\n".join([table(["targets", "held to", "reached", "met"], rows), f"{met} of {len(targets)} met"])
