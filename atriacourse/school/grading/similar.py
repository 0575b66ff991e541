"""Submissions that look alike: shared runs of words and of code, the rarer in the class the heavier.

Beside rubric.py. What we handed out does not count, and hardly what many wrote; names in code do not count at
all, so renaming hides nothing. A pair is a reason to read two notebooks, never a proof.
Source: shingles and containment, Broder 1997, "On the resemblance and containment of documents".
"""

import io
import keyword
import math
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from atriacourse.assignments.listing import assignment
from atriacourse.school.grading.marks import Graded
from atriacourse.school.handouts.notebook import student_notebook

WORDS, TOKENS = 4, 8  # in a run
LIKE = 0.7  # of the smaller submission's weight
LEAST = 15.0  # weight that must be shared: in short answers anybody may agree
SMALLEST_CLASS = 10  # in a smaller one, rarity is judged as if it had this size
SAID = re.compile(r"[\"']([^\"'\n]+)[\"']|#(.*)")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two submissions that look alike."""

    assignment: str
    first: str  # student
    second: str
    share: float  # of the smaller one's weight that the other has too


def similar_pairs(submissions: Sequence[Graded]) -> list[Pair]:
    """All pairs above the threshold, the most alike first."""
    found: list[Pair] = []
    for name in sorted({one.assignment for one in submissions}):
        handed_out = _handed_out(name)
        runs = {
            one.student: runs_of(one.answers, handed_out)
            for one in submissions
            if one.assignment == name and one.answers
        }
        found += _pairs(name, runs)
    return sorted(found, key=lambda pair: (-pair.share, pair.first, pair.second))


def _pairs(name: str, runs: dict[str, set[tuple[str, ...]]]) -> Iterator[Pair]:
    written_by = Counter(run for own in runs.values() for run in own)
    size = max(len(runs), SMALLEST_CLASS)
    weight = {run: min(1.0, math.log(size / count) / math.log(size / 2)) for run, count in written_by.items()}
    total = {student: sum(weight[run] for run in own) for student, own in runs.items()}
    for first, second in combinations(sorted(runs), 2):
        shared = sum(weight[run] for run in runs[first] & runs[second])
        smaller = min(total[first], total[second])
        if shared >= LEAST and shared >= LIKE * smaller:
            yield Pair(assignment=name, first=first, second=second, share=min(1.0, shared / smaller))


def _handed_out(name: str) -> set[str]:
    """The lines of our stubs and prompts."""
    notebook = student_notebook(assignment(name), "nobody")
    return {line.strip() for cell in notebook.cells for line in cell.source.split("\n")}


def runs_of(answers: dict[str, str], handed_out: set[str]) -> set[tuple[str, ...]]:
    """Runs of words of the reports, and of tokens of the code, of one submission.

    Args: answers: text by cell. handed_out: lines that do not count.
    """
    found: set[tuple[str, ...]] = set()
    for text in answers.values():
        own = "\n".join(line for line in text.split("\n") if line.strip() not in handed_out)
        tokens = code_tokens(text, handed_out)
        if tokens is not None:
            found |= _runs("code", tokens, TOKENS)
        found |= _runs("words", words_of(own if tokens is None else said_in(own)), WORDS)
    return found


def _runs(kind: str, parts: Sequence[str], length: int) -> set[tuple[str, ...]]:
    return {(kind, *parts[start : start + length]) for start in range(len(parts) - length + 1)}


def words_of(text: str) -> list[str]:
    """Its words in small letters; numbers are no words: every student has other ones."""
    return re.findall(r"[^\W\d_]+", text.casefold())


def said_in(code: str) -> str:
    """What is said in code: its texts (a hypothesis's reason) and comments."""
    return " ".join(first or second for first, second in SAID.findall(code))


def code_tokens(text: str, handed_out: Iterable[str] = ()) -> list[str] | None:
    """Code as operators, numbers, keywords and attributes, its own names all alike; None if it is no code.

    Args: handed_out: lines that are left out.
    """
    try:
        compile(text, "<answer>", "exec")
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return None
    found, before = [], ""
    for token in tokens:
        if token.line.strip() not in handed_out:
            if token.type == tokenize.NAME:
                known = keyword.iskeyword(token.string) or before == "."
                found.append(token.string if known else "name")
            elif token.type in (tokenize.NUMBER, tokenize.OP):
                found.append(token.string)
        before = token.string
    return found
