"""What the benchmarks share: timing in turns, one row a result, the table, and where the numbers come from.

Contenders are timed in turns (A B C, A B C, ...), and a ratio is the median over the turns: a machine whose
speed drifts slows all of them alike.
"""

import datetime
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

Row = dict[str, Any]
LIBRARIES = ("torch", "numpy", "scipy", "scikit-image", "monai", "torchio", "kornia")


def row(
    name: str,
    value: float | None,
    unit: str,
    *,
    at_least: float | None = None,
    below: float | None = None,
    note: str = "",
) -> Row:
    """One result; `at_least` or `below` is its target, if it has one. A value of None was not measured."""
    target, met = "", None
    if at_least is not None:
        target, met = f">= {at_least:g}", value is not None and value >= at_least
    if below is not None:
        target, met = f"< {below:g}", value is not None and value < below
    met = None if value is None else met
    return {"name": name, "value": value, "unit": unit, "target": target, "met": met, "note": note}


def rates(
    contenders: dict[str, Callable[[], object]],
    *,
    items: int,
    rounds: int = 5,
    seconds: float = 0.3,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Items a second of each contender, once a round, in turns.

    Args: items: how many one call handles; seconds: each turn repeats the call for at least this long;
        clock: `time.process_time` for contenders that all use one thread, where others' work on the
        machine then counts less.
    """
    for contender in contenders.values():
        contender()  # warm up
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            calls, began = 0, clock()
            while (spent := clock() - began) < seconds or calls == 0:
                contender()
                calls += 1
            measured[name].append(items * calls / spent)
    return measured


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median over the rounds of ours / theirs."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def show(rows: list[Row]) -> str:
    """The rows as one table, columns aligned."""
    lines = [("benchmark", "value", "unit", "target", "", "note")]
    for one in rows:
        value = one.get("value")
        met = {True: "met", False: "NOT MET", None: ""}[one.get("met")]
        text = "-" if value is None else f"{value:.4g}"
        lines.append((one["name"], text, one["unit"], one["target"], met, one["note"]))
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def provenance() -> dict[str, Any]:
    """What made the numbers: command, commit, date, machine, versions, threads."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "command": " ".join([Path(sys.executable).name, *sys.argv]),
        "commit": _git("rev-parse", "HEAD"),
        "uncommitted_changes": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,  # others' work, when it began
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "versions": versions,
    }


def _git(*arguments: str) -> str:
    folder = Path(__file__).parent
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _cpu() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
