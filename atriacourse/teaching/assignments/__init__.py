"""Assignments whose variant follows from the student's id: sources, notebooks, and what these call.

In this order: declare, catalogue, variant, journal, verdict, shown, clinics, session, band, source, notebook,
handout. A student's notebook needs `begin_assignment` alone.
"""

from atriacourse.teaching.assignments.session import begin_assignment

__all__ = ["begin_assignment"]
