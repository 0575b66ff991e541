"""What a notebook shows of an assignment's steps: a sentence, a table, and the journal's entry behind it.

After journal.py and allocation.py, before session.py. The entry travels in the cell's output too, under
a type of its own, so a notebook that is handed in without its journal still carries it.
"""

from dataclasses import dataclass, field
from html import escape
from typing import Any

import pandas as pd

from atriacourse.assignments.allocation import Allocation
from atriacourse.assignments.assignment import Assignment
from atriacourse.assignments.journal import MIMETYPE, Entry
from atriacourse.studies.catalogue import study as find_study

WAITS = "put yours in place of None and run the cell again"


@dataclass(frozen=True, kw_only=True, repr=False)
class Shown:
    """The outcome of a step."""

    says: str
    ready: bool  # whether the step is complete
    entry: Entry | None = None  # that was written for it
    table: pd.DataFrame | None = None

    def __repr__(self) -> str:
        return self.says if self.table is None else f"{self.says}\n\n{self.table.to_string(index=False)}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        """For a notebook: text, HTML, and the journal's entry."""
        html = "".join(f"<p>{escape(line)}</p>" for line in self.says.split("\n"))
        if self.table is not None:
            html += self.table.to_html(index=False, border=0, float_format="{:.4f}".format)
        bundle = {"text/plain": repr(self), "text/html": html}
        return bundle if self.entry is None else bundle | {MIMETYPE: vars(self.entry)}


@dataclass(frozen=True, kw_only=True, repr=False)
class Result(Shown):
    """What was measured. Not `ready`: an empty table and nan, so that later cells run all the same."""

    a: float  # means over the cases that are finite for both
    b: float
    table: pd.DataFrame = field()  # there is always one
    hypothesis: str | None  # hash of what was said before (`hash_of` of the studies)


def variant_table(
    assignment: Assignment, allocation: Allocation, *, scale: str, data: str | None
) -> pd.DataFrame:
    """What a student's variant is, a row each. Args: data: a folder of scans; None: the centre's."""
    rows = {"seed": str(allocation.seed)}
    if assignment.study:
        from atriacourse.studies.scales import scale as find_scale  # brings torch

        study = find_study(assignment.study)
        for word in ("a", "b"):
            found = study.variant(getattr(allocation, word))
            rows[word] = f"{found.name}: {found.label}"
        rows["compared by"] = f"{assignment.metric}, b minus a"
        rows["scans"] = data or f"centre {allocation.centre}, phantoms"
        rows["scale"] = f"{scale}: {find_scale(scale).says}"
    return pd.DataFrame({"what": rows.keys(), "yours": rows.values()})


def not_yet(step: str, *faults: str) -> Shown:
    """A step that is not complete: it waits for an answer, or says what is wrong with the one it got."""
    return Shown(says=f"No {step} yet: {'; '.join(faults or (WAITS,))}.", ready=False)


def committed(entry: Entry) -> str:
    """The words that stand below a step that is in the journal."""
    return f"In your journal: entry {entry.index}, {entry.time}, hash {entry.hash[:12]}."
