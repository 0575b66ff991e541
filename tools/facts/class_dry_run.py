"""What grading the simulated class of thirty takes: times and counts, from the records of that run.

Cited by instructors and class_example. `--data book/records/class`, which tools/dry_run.py writes.
"""

import json
from pathlib import Path

import numpy as np

from atriacourse.school.grading.kept import read_results


def measure(data: Path) -> dict:
    """Counts, minutes by the clock, and seconds of processor."""
    batch = json.loads((data / "batch.json").read_text(encoding="utf-8"))
    graded = list(read_results(data).values())
    trained = [one for one in graded if one.result is not None]
    processor = [one.cpu_seconds for one in graded if one.cpu_seconds is not None]
    processor_trained = [one.cpu_seconds for one in trained if one.cpu_seconds is not None]
    return {
        "students": batch["students"],
        "submissions": len(graded),
        "trained": len(trained),
        "jobs": batch["jobs"],
        "limit_minutes": batch["limit_minutes"],
        "hang_minutes": batch["limit_minutes"] / 2,  # the limit of one cell
        "minutes": batch["first"]["seconds"] / 60,
        "late_seconds": batch["late"]["seconds"],
        "unchanged": batch["late"]["unchanged"],
        "processor_minutes": sum(processor) / 60,
        "processor_seconds": float(np.median(processor_trained)),
        "memory_gb": max(one.memory_gb for one in graded),
        "full_marks": sum(one.total == 100 for one in graded),
        "flagged": sum(bool(one.flags) for one in graded),
        "look_alikes": len(batch["pairs"]),
        "device": batch["provenance"]["device"],
    }
