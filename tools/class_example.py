"""The appendix that shows what grading a class looks like, from the records of a simulated one.

    {class-example} class          the instructor's page
    {class-example} feedback NAME  what one student reads
    {class-example} classroom      what the class measured, without names

A part of course_extension.py, loaded by the page that has it. The pages are made by the commands' own code
when the book is built, from book/records/class (dry_run.py), and put into the page: headings two levels
lower, links gone.
"""

import json
import re
import tempfile
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from atriacourse.school.classroom.collect import Collected, collect
from atriacourse.school.classroom.page import classroom_html
from atriacourse.school.grading.class_page import write_class_page
from atriacourse.school.grading.feedback import write_feedback
from atriacourse.school.grading.grade_class import with_pairs
from atriacourse.school.grading.gradebook import make_rows
from atriacourse.school.grading.kept import read_results
from atriacourse.school.grading.row import Row
from atriacourse.school.grading.similar import Pair
from atriacourse.school.lists.people import Student

RECORDS = Path(__file__).parents[1] / "book" / "records" / "class"
GUESSED = "_guesses_11_tables.json"  # how the file of a student's guesses ends, where a class hands it in
STYLE = """<style>
.class-example{border:1px solid var(--pst-color-border);border-radius:.4rem;padding:0 1rem;margin:1rem 0}
.class-example .wide{overflow-x:auto;max-width:100%}
.class-example figure{margin:.8rem 0;max-width:28rem}
.class-example figure svg{display:block;width:100%;height:auto;background:none!important}
.class-example .soft,.class-example figcaption{color:var(--pst-color-text-muted)}
.class-example table{border-collapse:collapse;font-size:.9rem}
.class-example th,.class-example td{padding:.25rem .7rem .25rem 0;text-align:left;vertical-align:top}
.class-example td.n,.class-example th.n{text-align:right;white-space:nowrap}
.class-example td.long{min-width:14rem}
.class-example .total{font-size:1.6rem;font-weight:700}
</style>"""


class ClassExample(SphinxDirective):
    """One of the pages, or a part of the batch's record."""

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The page as HTML inside the page."""
        self.env.note_dependency(__file__)
        for path in sorted(RECORDS.glob("*.json")):
            self.env.note_dependency(str(path))
        style = "" if self.env.temp_data.setdefault("class-example", False) else STYLE
        self.env.temp_data["class-example"] = True
        inner = fragment(page(*self.arguments))
        return [nodes.raw("", f'{style}<div class="class-example">{inner}</div>', format="html")]


def page(kind: str, student: str = "") -> str:
    """One page as the commands write it. Raises: ValueError for another kind."""
    if kind == "classroom":
        return classroom_html(_collected(), date=made())
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        if kind == "class":
            return write_class_page(out, rows(), pairs()).read_text(encoding="utf-8")
        if kind == "feedback":
            write_feedback(out, [row for row in rows() if row.student == student and row.graded])
            return (out / "feedback" / f"{student}.html").read_text(encoding="utf-8")
    raise ValueError(f"{{class-example}} shows class, feedback or classroom, got {kind!r}")


def _collected() -> Collected:
    """What the class measured and guessed, read from files as a class hands them in."""
    with tempfile.TemporaryDirectory() as name:
        files = [RECORDS / "results.json"]
        for student, record in guesses().items():
            files.append(Path(name) / f"{student}{GUESSED}")
            files[-1].write_text(json.dumps(record), encoding="utf-8")
        return collect(files)


@cache
def guesses() -> dict[str, dict]:
    """What every student guessed, by student; a file of `save_guesses` each."""
    return json.loads((RECORDS / "guesses.json").read_text(encoding="utf-8"))


@cache
def batch() -> dict:
    """The record of the dry run."""
    return json.loads((RECORDS / "batch.json").read_text(encoding="utf-8"))


def made() -> str:
    """The day of the dry run."""
    return batch()["provenance"]["date"][:10]


def pairs() -> list[Pair]:
    """The look-alikes that were found; the texts that show them are not kept."""
    return [Pair(**one) for one in batch()["pairs"]]


def rows() -> list[Row]:
    """The gradebook's rows; the roster is that of the guesses, which everybody made."""
    results = with_pairs(read_results(RECORDS), pairs())
    return make_rows(results, {}, roster=[Student(id=student) for student in sorted(guesses())])


def fragment(html: str) -> str:
    """What stands in <main>, to be put into another page."""
    inner = html[html.index("<main>") + len("<main>") : html.index("</main>")]
    inner = re.sub(r"<nav\b.*?</nav>", "", inner, flags=re.DOTALL)
    inner = re.sub(r'<a href="(?!https?:)[^"]*">(.*?)</a>', r"\1", inner)
    inner = re.sub(r'(<h\d) id="[^"]*"', r"\1", inner)
    return re.sub(r"(</?h)([1-3])\b", lambda found: f"{found[1]}{int(found[2]) + 2}", inner)
