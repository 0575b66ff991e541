"""Assignments for departments that grade with nbgrader: the same sources, in its format.

In reading order: class_words.py and regions.py turn our text into nbgrader's, source_notebook.py writes the
notebook, course.py the folder of a course; runtime.py is what the notebook calls. nbgrader itself is never
imported: it lives in an environment of its own and reads files.
"""

from atriacourse.school.nbgrader.runtime import begin, points, word

__all__ = ["begin", "points", "word"]
