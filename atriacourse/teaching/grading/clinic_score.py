"""Score a student's checks on the clinic of silent bugs, with seeds that no notebook has shown.

Run in the kernel of the notebook (restore.py puts the call at its end), read by evidence.py. The checks are
the list, or dict by name, that the notebook calls `checks`.
"""

import json
from collections.abc import Mapping

from atriacourse.errors import InputError
from atriacourse.teaching.clinic.grading import grade_checks

SEEDS = (101, 102, 103, 104, 105)  # of the sound runs


def clinic_score(checks: object) -> str:
    """The scoreboard in one line of JSON: score, missed faults, share of false alarms, errors of checks.

    Raises: InputError when there are no checks, saying what `checks` must be.
    """
    if not isinstance(checks, Mapping | list | tuple) or not checks:
        raise InputError("`checks` must be a list of your check functions, or a dict of them by name")
    scores = grade_checks(checks, seeds=SEEDS)
    return json.dumps(
        {
            "score": scores.score,
            "missed": list(scores.missed),
            "caught": int((scores.caught > 0).sum()),
            "false_alarms": scores.false_alarms,
            "errors": {name: str(error)[:200] for name, error in scores.errors.items()},
        }
    )
