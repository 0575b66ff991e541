"""Grade the simulated class of thirty, and keep what came of it: a page of the book shows it.

    python tools/dry_run.py            on a quiet machine, for its times are kept

writes book/records/class/: results.json as `grade` left it, without the students' texts; batch.json with the
times and where they were measured; and guesses.json with those of all. The class is
tests/school/grading/simulated_class.py.
"""

import argparse
import importlib.util
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import torch

from atriacourse.runs.provenance import provenance
from atriacourse.school.fences.system import Limits
from atriacourse.school.grading.grade_class import GradedClass, grade_folder
from atriacourse.school.grading.kept import read_results, write_results
from atriacourse.school.lists.people import read_roster
from atriacourse.studies.catalogue import study as find_study
from atriacourse.studies.comparison import compare_variants
from atriacourse.studies.results import study_results

ROOT = Path(__file__).parents[1]
CLASS = ROOT / "tests" / "school" / "grading" / "simulated_class.py"
RECORDS = ROOT / "book" / "records" / "class"
JOBS = 2


def simulated_class() -> ModuleType:
    """The module that writes the class."""
    spec = importlib.util.spec_from_file_location("simulated_class", CLASS)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def run(minutes: float) -> None:
    """Write the class, grade it, and keep the records."""
    simulated = simulated_class()
    with tempfile.TemporaryDirectory(prefix="dry-run-") as name:
        folder, out = Path(name) / "submissions", Path(name) / "grades"
        simulated.write_class(folder, late=False)
        simulated.write_roster(Path(name) / "roster.csv")
        roster = read_roster(Path(name) / "roster.csv")
        first, seconds = _timed(folder, out, roster, minutes)
        simulated.write_class(folder, late=True)
        second, later = _timed(folder, out, roster, minutes)
        shutil.rmtree(RECORDS, ignore_errors=True)
        kept = [replace(one, answers={}, content_hash="", key="") for one in read_results(out).values()]
        write_results(RECORDS, kept)
        path = RECORDS / "results.json"  # who tried to read where: no folder of this machine
        path.write_text(
            path.read_text(encoding="utf-8").replace(f"{Path(name).resolve()}/", ""), encoding="utf-8"
        )
    write_guesses(RECORDS, simulated.ROLES)
    facts = provenance(torch.device("cpu")) | {"command": f"python tools/dry_run.py --minutes {minutes:g}"}
    batch = {
        "provenance": facts,
        "students": len(simulated.ROLES),
        "jobs": JOBS,
        "limit_minutes": minutes,
        "first": {"graded": first.executed, "seconds": round(seconds, 1)},
        "late": {"graded": second.executed, "unchanged": second.kept, "seconds": round(later, 1)},
        "pairs": [vars(pair) for pair in second.pairs],
    }
    (RECORDS / "batch.json").write_text(json.dumps(batch, indent=1) + "\n", encoding="utf-8")


def _timed(folder: Path, out: Path, roster: Sequence, minutes: float) -> tuple[GradedClass, float]:
    began = time.monotonic()
    batch = grade_folder(
        folder,
        out,
        limits=Limits(minutes=minutes),
        jobs=JOBS,
        roster=roster,
        on_progress=lambda done, total, graded: print(
            f"{done} of {total}", graded and graded.student, flush=True
        ),
    )
    return batch, time.monotonic() - began


def write_guesses(folder: Path, students: Iterable[str]) -> None:
    """Guesses of two numbers that chapter 11 takes from the atlas, as a page's download holds them."""
    values = {
        "Bag of five minus one network (Dice, atlas)": atlas_gain("bagging", "single", "five"),
        "Gamma augmentation minus z-score (Dice, atlas)": atlas_gain(
            "table1", "standard", "gamma_augmentation"
        ),
    }
    everybody = {}
    for student in sorted(students):
        taste = random.Random(f"guess {student}")
        guesses = []
        for question in values:
            middle, half = taste.gauss(0.008, 0.012), taste.choice([0.003, 0.005, 0.01, 0.02])
            guesses.append(
                {"question": question, "low": round(middle - half, 4), "high": round(middle + half, 4)}
            )
        record = {
            "chapter": "11_tables",
            "profile": "page",
            "data": "page",
            "date": "2026-11-23T12:00:00+00:00",
        }
        everybody[student] = record | {"guesses": guesses, "values": list(values.values())}
    lines = (f" {json.dumps(student)}: {json.dumps(said)}" for student, said in everybody.items())
    (folder / "guesses.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def atlas_gain(study: str, a: str, b: str) -> float:
    """A difference as the atlas has it."""
    return round(compare_variants(study_results(find_study(study)), a, b).difference, 6)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=2, help="limit of one submission")
    run(parser.parse_args().minutes)
