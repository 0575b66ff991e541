"""What the chapters took: written by make_book.py, read by the pages (course_extension.py) and the tests.

_build/timings.json holds the machine, the parameters, and per chapter seconds by the clock, processor
seconds, peak memory, and the exercises whose stub and solution were run.
"""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from pages import chapter_paths, read_chapter, substitutions

TIMINGS = Path("_build") / "timings.json"  # below the folder of _config.yml
HEAD = ["Chapter", "Stated", "Processor", "Clock", "Memory", "Download", "Exercises"]


@dataclass(frozen=True, kw_only=True)
class Executed:
    """What one run of a chapter took."""

    name: str
    seconds: float  # by the clock
    cpu_seconds: float  # of all cores together; the clock runs on while others use the machine
    peak_memory_mb: float | None  # of the chapter's kernel; None where the system cannot tell
    exercises: tuple[str, ...] = ()  # labels: the check failed on the stub and passed on the solution
    ablations: tuple[str, ...] = ()  # those of them that are ablations


def cores() -> int:
    """How many processor cores this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def write_timings(
    root: Path, executed: Sequence[Executed], *, parameters: dict[str, object], jobs: int
) -> None:
    """Keep what the chapters of this build took, below `root`."""
    # Imported late: it loads torch, and every chapter's process begins by loading this module.
    from atriacourse.runs.provenance import commit, processor

    record = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "processor": processor(),
        "system": platform.system(),
        "python": platform.python_version(),
        "cores": cores(),
        "jobs": jobs,
        "parameters": parameters,
        "chapters": {took.name: asdict(took) for took in executed},
    }
    path = root / TIMINGS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def budget_kept(took: Executed, stated: dict) -> str:
    """In which way a chapter broke its budget; an empty text when it kept it.

    Minutes are processor time: the clock would also measure what else the machine does. A chapter that keeps
    them takes no longer by the clock either, on two cores without other work.
    """
    minutes = took.cpu_seconds / 60
    if minutes > stated["minutes"]:
        return f"{took.name} took {minutes:.1f} minutes of processor time, stated are {stated['minutes']}"
    if took.peak_memory_mb is not None and took.peak_memory_mb > 1000 * stated["memory_gb"]:
        return f"{took.name} took {took.peak_memory_mb / 1000:.1f} GB, stated are {stated['memory_gb']}"
    return ""


def measured_text(took: dict, stated: dict, record: dict) -> str:
    """One chapter's measurement as the end of a sentence."""
    how = ", ".join(f"{name} {value}" for name, value in record["parameters"].items())
    text = f"{_minutes(took['cpu_seconds'])} of processor time"
    text += f", of the {stated.get('minutes', '?')} minutes stated ({_minutes(took['seconds'])} by the clock)"
    if took["peak_memory_mb"] is not None:
        text += f", {took['peak_memory_mb'] / 1000:.1f} of {stated.get('memory_gb', '?')} GB"
    return f"{text} ({how}; {record['cores']} cores, {record['date']})" if how else text


def machine_text(record: dict) -> str:
    """The machine and the way the chapters were run, as a sentence."""
    how = ", ".join(f"{name} = {value}" for name, value in record["parameters"].items()) or "defaults"
    total = sum(took["seconds"] for took in record["chapters"].values())
    processor_time = sum(took["cpu_seconds"] for took in record["chapters"].values())
    return (
        f"Measured on {record['date']} on {record['processor']}, {record['cores']} cores, "
        f"{record['system']}, Python {record['python']}, at most {record['jobs']} chapters at a time, "
        f"with {how}. Chapters: {len(record['chapters'])}; their times by the clock add up to "
        f"{_minutes(total)}, their processor time to {_minutes(processor_time)}."
    )


def timing_rows(book: Path, record: dict) -> list[list[str]]:
    """The rows of the table on the page of timings, under HEAD; chapters by name, in reading order."""
    rows = []
    for path in chapter_paths(book):
        stated, took = substitutions(read_chapter(path)), record["chapters"].get(path.stem)
        row = [path.stem, f"{stated.get('minutes', '?')} min"]
        memory = f"{stated.get('memory_gb', '?')} GB"
        if took is None:
            row += ["not run", "", f"of {memory}"]
        else:
            peak = took["peak_memory_mb"]
            row += [_minutes(took["cpu_seconds"]), _minutes(took["seconds"])]
            row += [f"{peak / 1000:.2f} of {memory}" if peak else f"of {memory}"]
        row += [f"{stated.get('download_mb', 0)} MB", str(len(took["exercises"])) if took else ""]
        rows.append(row)
    return rows


def _minutes(seconds: float) -> str:
    """A duration as a reader would say it."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"
