"""What a student's notebook calls: assignments whose variant follows from the student's id.

In this order: assignment, listing, allocation, journal, verdict, shown, centres, session. A student's
notebook needs `begin_assignment` alone; notebooks are written and graded by the school, of which nothing here
knows.
"""

from atriacourse.assignments.session import begin_assignment

__all__ = ["begin_assignment"]
