"""What stands for the words in double braces of an assignment's text.

After allocation.py and verdict.py; used by nbgrader.py, and by the school where it writes notebooks.
"""

import re
from collections.abc import Mapping

from atriacourse.assignments.allocation import Allocation
from atriacourse.assignments.assignment import SCALE, Assignment
from atriacourse.errors import InputError
from atriacourse.evaluation.uncertainty import better
from atriacourse.studies.catalogue import study as find_study

WORD = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def words_of(assignment: Assignment, allocation: Allocation) -> dict[str, str]:
    """What stands for the words in double braces."""
    words = {name: str(getattr(assignment, name)) for name in ("name", "title", "chapter", "hours", "metric")}
    words |= {"scale": SCALE, "minutes": f"{assignment.minutes:g}", "memory_gb": f"{assignment.memory_gb:g}"}
    words |= {name: str(getattr(allocation, name)) for name in ("student", "seed", "centre")}
    if assignment.study is not None:
        study = find_study(assignment.study)
        a, b = allocation.pair
        above, below = better(a, b, metric=assignment.metric)
        words |= {"question": study.question, "paper": study.paper, "above": above, "below": below}
        words |= {"a": a, "b": b}
        words |= {f"label_{word}": study.variant(words[word]).label for word in ("a", "b")}
    return words


def filled(text: str, words: Mapping[str, str], place: str) -> str:
    """A text with its words in double braces filled in. Raises: InputError for an unknown word."""

    def word(found: re.Match[str]) -> str:
        if found[1] not in words:
            raise InputError(f"{place}: there is no word {found[0]}; there are {', '.join(words)}")
        return words[found[1]]

    return WORD.sub(word, text)
