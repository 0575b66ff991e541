"""Run by nbgrader's own Python in a course's folder: what nbgrader makes of our notebooks, and its grades.

Prints JSON: "released": {assignment: [[cell, text], ...]}, after its validator, with its stubs and without
its hidden tests; "grades": {student: {cell: [points, of, must be marked by hand]}}.
"""

import json
import sys
from pathlib import Path

from nbgrader import nbgraderformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
from traitlets.config import PyFileConfigLoader

config = PyFileConfigLoader("nbgrader_config.py", path=str(Path.cwd())).load_config()
released = {}
for path in sorted(Path("source").glob("*/*.ipynb")):
    notebook = nbgraderformat.read(str(path), as_version=4)  # raises unless the metadata are valid
    for step in (ClearSolutions(config=config), ClearHiddenTests(config=config)):
        notebook, _ = step.preprocess(notebook, {})
    released[path.stem] = [[cell.id, cell.source] for cell in notebook.cells]

with Gradebook("sqlite:///gradebook.db") as book:
    grades = {
        submission.student.id: {
            grade.name: [grade.auto_score, grade.max_score, grade.needs_manual_grade]
            for grade in submission.notebooks[0].grades
        }
        for submission in book.assignment_submissions(sys.argv[1])
    }
print(json.dumps({"released": released, "grades": grades}))
