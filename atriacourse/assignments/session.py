"""What an assignment's notebook calls: begin, commit a hypothesis, measure, claim, hand in.

After listing.py, journal.py, shown.py, verdict.py. Nothing here raises for an answer that is missing: a
notebook without any runs through, and says of every step what it waits for.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import atriacourse
from atriacourse.assignments.allocation import Allocation, allocation_of
from atriacourse.assignments.assignment import SCALE, Assignment
from atriacourse.assignments.journal import add_entry, journal_name, read_journal
from atriacourse.assignments.listing import assignment as find_assignment
from atriacourse.assignments.shown import Result, Shown, committed, not_yet, variant_table
from atriacourse.assignments.verdict import (
    TOLERANCE,
    as_number,
    wrong_bounds,
    wrong_hypothesis,
    wrong_verdict,
)
from atriacourse.errors import InputError
from atriacourse.evaluation.uncertainty import UNDECIDED
from atriacourse.studies.catalogue import study as find_study
from atriacourse.studies.records import kept, restored

if TYPE_CHECKING:
    from atriacourse.data.case import Cohort

WORK = "ATRIACOURSE_WORK"  # the folder where notebooks keep what they made; beside the notebook if unset


def begin_assignment(
    name: str,
    *,
    student: str,
    scale: str = SCALE,
    data: Path | str | None = None,
    folder: Path | str | None = None,
) -> "Work":
    """Find the student's variant and open the journal.

    Args:
        scale: of the studies (scales.py); grading uses SCALE.
        data: a folder of scans; None: the centre of the variant.
        folder: where the journal lies, the notebook's own if None.
    Raises: InputError for an unknown assignment or scale, or an unfit id.
    """
    from atriacourse.studies.scales import scale as find_scale  # brings torch

    found = find_assignment(name)
    find_scale(scale)
    data = None if data is None else str(data)
    return Work(found, allocation_of(found, student), scale=scale, data=data, folder=_journal_folder(folder))


class Work:
    """One student's work on one assignment; a notebook shows its variant."""

    def __init__(
        self, assignment: Assignment, allocation: Allocation, *, scale: str, data: str | None, folder: Path
    ) -> None:
        self.assignment, self.allocation, self.scale, self.data = assignment, allocation, scale, data
        self.journal = folder / journal_name(assignment.name, allocation.student)
        kept_in = Path(os.environ.get(WORK) or folder)
        self.folder = kept_in / f"work-{assignment.name}-{allocation.student}"  # runs and records
        self._hypothesis: Shown | None = None
        self._result: Result | None = None
        self._claim: Shown | None = None
        add_entry(
            self.journal,
            "begin",
            {
                "assignment": assignment.name,
                "student": allocation.student,
                "a": allocation.a,
                "b": allocation.b,
                "seed": allocation.seed,
                "clinic": allocation.centre,  # the name that journals have
                "scale": scale,
                "data": data,
                "version": atriacourse.__version__,
            },
        )

    @property
    def expects(self) -> bool:
        """Whether a complete hypothesis is committed."""
        return self._hypothesis is not None and self._hypothesis.ready

    @property
    def result(self) -> Result | None:
        """What was measured last; None before."""
        return self._result

    def hypothesis(self, *, winner: object, low: object, high: object, because: object) -> Shown:
        """Commit what you expect, before it is measured.

        Args: winner: a variant's name or "not told apart". low, high: bounds of the difference b - a.
            because: the reason. None, or an empty reason, means that it is not answered yet.
        """
        self._hypothesis = None
        if any(_is_open(value) for value in (winner, low, high, because)):
            return not_yet("hypothesis")
        words = (*self.allocation.pair, UNDECIDED) if self.assignment.study else ()
        if faults := wrong_hypothesis(winner, low, high, because, words=words):
            return not_yet("hypothesis", *faults)
        bounds = {"low": as_number(low), "high": as_number(high)}
        content = {"winner": winner, **bounds, "because": str(because).strip()}
        measured = read_journal(self.journal).last("result")
        entry = add_entry(self.journal, "hypothesis", content)
        says = f"Committed: {winner}, between {low:g} and {high:g}. {committed(entry)}"
        if measured is not None and measured.index < entry.index:
            says += (
                f"\nThe result was there before, entry {measured.index}: this is marked as a change after it."
            )
        self._hypothesis = Shown(says=says, ready=True, entry=entry)
        return self._hypothesis

    def measure(self, *, tell: Callable[[str], None] = lambda line: None) -> Result:
        """Train both networks and score them on the held-out cases; goes on where it was interrupted.

        Args: tell: given a line now and then, e.g. `print`.
        Returns: `.table` (case, a, b, difference), `.a` and `.b` (means), `.ready`; without a hypothesis not
            ready, and nothing is trained.
        Raises: InputError if there is nothing to train, the data cannot be read, or a training failed.
        """
        from atriacourse.assignments.centres import open_centre
        from atriacourse.data.cohort import open_cohort

        self._result = None
        if self.assignment.study is None:
            raise InputError(f"assignment {self.assignment.name} trains nothing; there is nothing to measure")
        if self._hypothesis is None:
            return _not_measured("Not measured: commit your hypothesis first, then run this cell again.")
        centre = self.allocation.centre
        cohort = open_cohort(self.data) if self.data else open_centre(centre, scratch=self.folder)
        return self.take(
            measured(
                self.assignment, self.allocation, cohort, scale=self.scale, folder=self.folder, tell=tell
            )
        )

    def take(self, content: Mapping[str, Any]) -> Result:
        """Enter what was measured, by `measure` or where grading does so, as `measured` gave it.

        Returns: as `measure`.
        """
        from atriacourse.studies.identity import hash_of  # brings torch

        self._result = None
        if self._hypothesis is None or self._hypothesis.entry is None:
            return _not_measured("Not measured: there is no hypothesis.")
        assignment, said = self.assignment, hash_of(self._hypothesis.entry.content)
        entry = add_entry(self.journal, "result", {**content, "hypothesis": said})
        table = pd.DataFrame({"case": content["cases"]})
        for word in ("a", "b"):
            table[word] = np.array([restored(value) for value in content["values"][word]], dtype=float)
        with np.errstate(invalid="ignore"):  # a distance may be infinite for both
            table["difference"] = table["b"] - table["a"]
        finite = table[np.isfinite(table[["a", "b"]]).all(axis=1)]
        a, b = float(finite["a"].mean()), float(finite["b"].mean())
        labels = [find_study(content["study"]).variant(name).label for name in self.allocation.pair]
        says = (
            f"Mean {assignment.metric} over {len(finite)} held-out cases: a, {labels[0]}: {a:.4f}; "
            f"b, {labels[1]}: {b:.4f}. {committed(entry)}"
        )
        self._result = Result(says=says, ready=True, entry=entry, table=table, a=a, b=b, hypothesis=said)
        return self._result

    def claim(self, *, difference: object, low: object, high: object, verdict: object) -> Shown:
        """Say what follows: the difference b - a, its interval, and which variant is better.

        Answers at once whether the interval is one, the number is that of the table, and the verdict follows.
        """
        self._claim = None
        if any(_is_open(value) for value in (difference, low, high, verdict)):
            return not_yet("claim")
        if faults := wrong_bounds(difference, low, high):
            return not_yet("claim", *faults)
        claimed, lowest, highest = as_number(difference), as_number(low), as_number(high)
        content = {
            "difference": kept(claimed),
            "low": kept(lowest),
            "high": kept(highest),
            "verdict": str(verdict),
        }
        entry = add_entry(self.journal, "claim", content)
        faults = self._faults_of_claim(claimed, lowest, highest, verdict)
        says = f"Not yet: {'; '.join(faults)}." if faults else "Your claim fits what you measured."
        self._claim = Shown(says=f"{says} {committed(entry)}", ready=not faults, entry=entry)
        return self._claim

    def _faults_of_claim(self, difference: float, low: float, high: float, verdict: object) -> list[str]:
        if self.assignment.study is None:
            return []
        if self._result is None:
            return ["nothing is measured yet that a claim could rest on"]
        gain = self._result.table["difference"]
        gain = gain[np.isfinite(gain)]
        a, b = self.allocation.pair
        faults = wrong_verdict(verdict, low, high, a=a, b=b, metric=self.assignment.metric, cases=len(gain))
        if abs(difference - gain.mean()) > TOLERANCE:
            faults.append(f"{difference:.4g} is not the mean of the table's column `difference`")
        return faults

    def hand_in(self) -> Shown:
        """Say what to hand in, and which steps this notebook has not gone through yet."""
        wanted = {"hypothesis": self._hypothesis, "result": self._result, "claim": self._claim}
        kinds = [part.kind for part in self.assignment.rubric]
        done = {kind for kind, step in wanted.items() if step is not None and step.ready}
        missing = [kind for kind in kinds if kind in wanted and kind not in done]
        still = f"Still missing: {', '.join(missing)}." if missing else "No step is missing."
        broken = read_journal(self.journal).broken
        if broken is not None:
            still += f" The journal was changed by hand at line {broken + 1}; say so when you hand it in."
        says = (
            f"{still} Read your report once more: grading counts its words, your teacher reads them.\n"
            f"Hand in two files: this notebook, saved with its outputs, and {self.journal.name} (in "
            f"{self.journal.parent})."
        )
        return Shown(says=says, ready=not missing and broken is None)

    def __repr__(self) -> str:
        return f"{self.assignment.title}\n{self.allocation.says}\n{self._table().to_string(index=False)}"

    def _repr_html_(self) -> str:
        return Shown(says=self.allocation.says, ready=True, table=self._table())._repr_mimebundle_()[
            "text/html"
        ]

    def _table(self) -> pd.DataFrame:
        return variant_table(self.assignment, self.allocation, scale=self.scale, data=self.data)


def measured(
    assignment: Assignment,
    allocation: Allocation,
    cohort: "Cohort",
    *,
    scale: str,
    folder: Path,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Train and score a student's pair: what `Work.take` enters, as JSON has it.

    Args: folder: where runs and records lie; what is there is kept and gone on with.
    Raises: InputError as `measure_pair`.
    """
    from atriacourse.assignments.centres import measure_pair

    table, keys = measure_pair(
        allocation,
        cohort,
        study=assignment.ablation,
        metric=assignment.metric,
        scale=scale,
        folder=folder,
        tell=tell,
    )
    finite = table[np.isfinite(table[["a", "b"]]).all(axis=1)]
    return {
        "study": assignment.study,
        "metric": assignment.metric,
        "records": keys,
        "cases": list(table["case"]),
        "values": {word: [kept(value) for value in table[word]] for word in ("a", "b")},
        "means": {word: kept(float(finite[word].mean())) for word in ("a", "b")},
    }


def _is_open(value: object) -> bool:
    """Whether a student has not answered yet."""
    return value is None or value is ... or (isinstance(value, str) and not value.strip())


def _not_measured(says: str) -> Result:
    nothing = float("nan")
    table = pd.DataFrame({name: [] for name in ("case", "a", "b", "difference")}, dtype=float)
    return Result(says=says, ready=False, table=table, a=nothing, b=nothing, hypothesis=None)


def _journal_folder(folder: Path | str | None) -> Path:
    """Beside the notebook; on Colab where the course keeps its work, which may be the student's Drive."""
    if folder is None and "google.colab" in sys.modules and os.environ.get(WORK):
        folder = os.environ[WORK]
    found = Path(folder or Path.cwd())
    found.mkdir(parents=True, exist_ok=True)
    return found
