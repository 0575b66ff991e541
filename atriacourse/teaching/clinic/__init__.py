"""The clinic of silent bugs: a sound pipeline, faults to switch on, and a grader for a reader's checks.

Reading order: inputs, pipeline, fault and the three files of faults, probes, checks, grading, study, board.
"""

from atriacourse.teaching.clinic.checks import worked_checks
from atriacourse.teaching.clinic.faults import FAULTS, casebook, faulty
from atriacourse.teaching.clinic.grading import Scoreboard, grade_checks, try_check
from atriacourse.teaching.clinic.pipeline import Pipeline, healthy

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
