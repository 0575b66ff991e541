"""Submissions that look alike: shared runs of words, and of code that was free to write.

Beside rubric.py. Compared is what nothing dictates: reports, reasons, comments, and the code of open tasks,
with names left aside, so that renaming hides nothing. The answer of a closed task has one natural form; of it
only whole lines count, letter by letter. A run weighs by how rare it is outside the class: nothing if we gave
it out or our solution has it, little if other assignments have it. The worked solution is compared as well. A
pair is a reason to read two notebooks, never a proof.
Source: shingles and containment, Broder 1997, "On the resemblance and containment of documents".
"""

import io
import keyword
import re
import tokenize
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from atriacourse.assignments.listing import assignment, assignments
from atriacourse.school.grading.marks import Graded
from atriacourse.school.handouts.notebook import solution_notebook, student_notebook

WORDS, TOKENS = 4, 8  # in a run
LIKE = 0.7  # of the smaller submission's weight
LEAST = 15.0  # weight that must be shared: in short answers anybody may agree
LONG = 24  # letters of a line that few would write alike
SAID = re.compile(r"[\"']([^\"'\n]+)[\"']|#(.*)")
WORKED = "the worked solution"

Runs = set[tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two submissions that look alike."""

    assignment: str
    first: str  # student
    second: str  # student, or WORKED
    share: float  # of the smaller one's weight that the other has too

    @property
    def says(self) -> str:
        """How alike, in words."""
        whose = "the first" if self.second == WORKED else "the shorter one"
        return f"{100 * self.share:.0f} % of what {whose} was free to write"


def similar_pairs(submissions: Sequence[Graded]) -> list[Pair]:
    """All pairs above the threshold, the most alike first."""
    found: list[Pair] = []
    for name in sorted({one.assignment for one in submissions}):
        own = {
            one.student: runs_of(one.answers, _open_cells(name))
            for one in submissions
            if one.assignment == name and one.answers
        }
        found += _pairs(name, own)
    return sorted(found, key=lambda pair: (-pair.share, pair.first, pair.second))


def _pairs(name: str, runs: dict[str, Runs]) -> Iterator[Pair]:
    given, worked, elsewhere = _ours(name)
    weight = {run: 1 / (1 + elsewhere[run]) for own in runs.values() for run in own if run not in given}
    runs = {student: {run for run in own if run in weight} for student, own in runs.items()}
    for student, own in sorted(runs.items()):
        total, shared = sum(weight[run] for run in own), sum(weight[run] for run in own & worked)
        if shared >= LEAST and shared >= LIKE * total:
            yield Pair(assignment=name, first=student, second=WORKED, share=shared / total)
    free = {student: own - worked for student, own in runs.items()}
    total_of = {student: sum(weight[run] for run in own) for student, own in free.items()}
    for first, second in combinations(sorted(free), 2):
        shared = sum(weight[run] for run in free[first] & free[second])
        smaller = min(total_of[first], total_of[second])
        if shared >= LEAST and shared >= LIKE * smaller:
            yield Pair(assignment=name, first=first, second=second, share=min(1.0, shared / smaller))


@cache
def _ours(name: str) -> tuple[Runs, Runs, Counter[tuple[str, ...]]]:
    """Runs that we handed out, those of the worked solution, and how many other assignments have each."""
    given, worked, elsewhere = set(), set(), Counter[tuple[str, ...]]()
    for one in assignments().values():
        runs = []
        for notebook in (student_notebook(one, "nobody"), solution_notebook(one, "nobody")):
            texts = {cell.metadata["atriacourse"]["cell"]: cell.source for cell in notebook.cells}
            runs.append(runs_of(texts, _open_cells(one.name)))
        if one.name == name:
            given, worked = runs
        else:
            elsewhere.update(runs[0] | runs[1])
    return given, worked - given, elsewhere


@cache
def _open_cells(name: str) -> frozenset[str]:
    """Answers that can be given in many ways: those that no test of one right value marks."""
    kinds = {part.name: part.kind for part in assignment(name).rubric}
    cells = student_notebook(assignment(name), "nobody").cells
    whats = [cell.metadata["atriacourse"] for cell in cells]
    return frozenset(what["cell"] for what in whats if kinds.get(what["part"]) == "clinic")


def runs_of(answers: dict[str, str], open_cells: Collection[str] = ()) -> Runs:
    """Runs of words of the reports and comments, of tokens of open code, and long lines of the other code.

    Args: answers: text by cell. open_cells: those whose code was free to write.
    """
    found: Runs = set()
    for cell, text in answers.items():
        tokens = code_tokens(text)
        if tokens is not None and cell in open_cells:
            found |= _runs("code", tokens, TOKENS)
        elif tokens is not None:
            lines = (" ".join(line.split("#")[0].split()) for line in text.split("\n"))
            found |= {("line", line) for line in lines if len(line) >= LONG}
        found |= _runs("words", words_of(text if tokens is None else said_in(text)), WORDS)
    return found


def _runs(kind: str, parts: Sequence[str], length: int) -> set[tuple[str, ...]]:
    return {(kind, *parts[start : start + length]) for start in range(len(parts) - length + 1)}


def words_of(text: str) -> list[str]:
    """Its words in small letters; numbers are no words: every student has other ones."""
    return re.findall(r"[^\W\d_]+", text.casefold())


def said_in(code: str) -> str:
    """What is said in code: its texts (a hypothesis's reason) and comments."""
    return " ".join(first or second for first, second in SAID.findall(code))


def code_tokens(text: str) -> list[str] | None:
    """Code as operators, numbers, keywords and attributes, its own names all alike; None if it is no code."""
    try:
        compile(text, "<answer>", "exec")
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return None
    found, before = [], ""
    for token in tokens:
        if token.type == tokenize.NAME:
            known = keyword.iskeyword(token.string) or before == "."
            found.append(token.string if known else "name")
        elif token.type in (tokenize.NUMBER, tokenize.OP):
            found.append(token.string)
        before = token.string
    return found
