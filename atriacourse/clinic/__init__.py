"""The clinic of silent bugs: a sound pipeline, faults to switch on, and a grader for a reader's checks.

Reading order: inputs, pipeline, fault and the three files of faults, probes, checks, scoring, study, board.
"""

from atriacourse.clinic.checks import worked_checks
from atriacourse.clinic.faults import FAULTS, casebook, faulty
from atriacourse.clinic.pipeline import Pipeline, healthy
from atriacourse.clinic.scoring import Scoreboard, grade_checks, try_check

__all__ = [
    "FAULTS",
    "Pipeline",
    "Scoreboard",
    "casebook",
    "faulty",
    "grade_checks",
    "healthy",
    "try_check",
    "worked_checks",
]
