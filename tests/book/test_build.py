"""The build: one execution per chapter, its outputs on the page, and red for anything that is wrong."""

from pathlib import Path

import pytest
from chapters import execute, execute_all
from make_book import build_book, main, render
from measured import Executed, budget_kept
from pages import BookError, chapter_paths, parameter_names, read_chapter

pytestmark = pytest.mark.book


def page_text(html):
    return (html.parent / "00_small.html").read_text(encoding="utf-8")


def test_the_page_shows_this_run_and_its_parameter_and_not_an_earlier_one(small_book):
    first = page_text(build_book(small_book, parameters={})[0])
    html, executed = build_book(small_book, parameters={"size": 7})
    again = page_text(html)
    assert first.split("run ")[1][:36] != again.split("run ")[1][:36]
    assert "size 3 run " in first and "size 7 run " in again
    assert "injected-parameters" not in again
    assert [took.name for took in executed] == ["00_small"]
    # nothing of a page without an address leads to Colab
    assert "colab" not in first.split("<article")[0]
    # and a chapter that was not rendered from its run turns the build red
    (small_book / "00_small.md").write_text("# Not a notebook any more\n")
    with pytest.raises(BookError, match="1 chapters were run but 0 were rendered"):
        render(small_book, chapters=1)


def test_an_unknown_parameter_is_an_error(small_book):
    with pytest.raises(BookError, match="no chapter has a parameter sise; they have: size"):
        build_book(small_book, parameters={"sise": 7})
    with pytest.raises(BookError, match="no parameter sise; it has: size"):
        execute(small_book / "00_small.md", parameters={"sise": 7})


def test_a_failing_cell_turns_the_build_red_and_is_named(small_book):
    chapter = small_book / "00_small.md"
    chapter.write_text(chapter.read_text() + "\n```{code-cell} ipython3\n1 / 0\n```\n")
    with pytest.raises(BookError, match=r"00_small\.md, code cell 3: (?s:.*)ZeroDivisionError"):
        build_book(small_book, parameters={})
    assert not (small_book.parent / "_build" / "html").exists()


PLANTED = {
    "99_missing": "[nowhere](99_missing.md)",
    "stderr": '```{code-cell} ipython3\nimport sys\n\nprint("careless", file=sys.stderr)\n```',
    "no-such-directive": "```{no-such-directive}\n```",
    "no record backs the claim": "{claim}`paper/table1/nothing/dice`",
    "exactly one option is right": ":::{check} A title\nTrue?\n\n"
    + "- [x] yes\n  : Because.\n" * 2
    + "- [ ] no\n  : Because.\n:::",
}
NO_STUB = {"ex-none": "```{stub} ex-none\n```"}  # seen before anything is run


def test_each_warning_is_told_and_turns_the_build_red(small_book):
    chapter = small_book / "00_small.md"
    chapter.write_text("\n".join([chapter.read_text(), *(f"{text}\n" for text in PLANTED.values())]))
    with pytest.raises(BookError) as error:
        build_book(small_book, parameters={})
    told = str(error.value).splitlines()
    for said in PLANTED:
        assert any("WARNING" in line and said in line for line in told), said


@pytest.mark.parametrize(
    "said", [*(pytest.param(said, marks=pytest.mark.thorough) for said in PLANTED), *NO_STUB]
)
def test_a_warning_alone_turns_the_build_red(small_book, said):
    chapter = small_book / "00_small.md"
    chapter.write_text(f"{chapter.read_text()}\n{(PLANTED | NO_STUB)[said]}\n")
    with pytest.raises(BookError, match=said):
        build_book(small_book, parameters={})


def test_a_page_that_is_missing_is_named(small_book):
    (small_book / "00_small.md").unlink()
    with pytest.raises(BookError, match=r"_toc\.yml names 00_small\.md"):
        chapter_paths(small_book)


def test_chapters_are_the_notebooks_of_the_table_of_contents_in_order(small_book):
    (small_book / "01_more.md").write_text((small_book / "00_small.md").read_text())
    (small_book / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nparts:\n  - caption: One\n    chapters:\n"
        "      - file: 01_more\n        sections:\n          - file: 00_small\n"
    )
    assert [path.name for path in chapter_paths(small_book)] == ["01_more.md", "00_small.md"]


def test_parameters_are_the_names_assigned_in_the_tagged_cell(small_book):
    chapter = small_book / "00_small.md"
    chapter.write_text(
        chapter.read_text().replace("size = 3", "size: int = 3\ndata = None  # a = b\nsize == 3")
    )
    assert parameter_names(read_chapter(chapter)) == {"size", "data"}


def test_the_run_is_timed(small_book):
    notebook, took = execute(small_book / "00_small.md", parameters={})
    assert 0 < took.cpu_seconds < 60 and took.seconds > 0
    assert [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"] == [1, 2]


def test_the_command_line_says_what_is_wrong_and_exits_with_one(capsys):
    assert main(["-p", "profile"]) == 1
    assert "NAME=VALUE" in capsys.readouterr().err


def two_chapters(small_book, second):
    """The small book with another chapter behind the first."""
    (small_book / "01_more.md").write_text(second)
    with (small_book / "_toc.yml").open("a") as toc:
        toc.write("  - file: 01_more\n")
    return small_book


def test_every_failing_chapter_is_named_and_the_others_are_run(small_book, capsys):
    text = (small_book / "00_small.md").read_text()
    book = two_chapters(small_book, text + "\n```{code-cell} ipython3\nnext(iter(()))\n```\n")
    (book / "00_small.md").write_text(text.replace("import uuid", "import uuidd"))
    with pytest.raises(BookError, match=r"00_small\.md(?s:.*)uuidd(?s:.*)01_more\.md(?s:.*)StopIteration"):
        build_book(book, parameters={}, jobs=2)
    assert not (book.parent / "_build" / "html").exists()


def test_a_parameter_goes_to_the_chapters_that_have_it(small_book):
    text = (small_book / "00_small.md").read_text()
    other = text.replace("size = 3", "profile = None").replace('"size", size', '"profile", profile')
    page, executed = build_book(two_chapters(small_book, other), parameters={"size": 7}, jobs=2)
    assert [took.name for took in executed] == ["00_small", "01_more"]
    assert "size 7 run" in page_text(page)
    assert "profile smoke run" in (page.parent / "01_more.html").read_text(encoding="utf-8")


def test_one_chapter_alone(small_book, capsys):
    text = (small_book / "00_small.md").read_text()
    book = two_chapters(small_book, text.replace("# Small", "# More") + "\n[back](00_small.md)\n")
    page, executed = build_book(book, parameters={}, only=["01_more"])
    assert [took.name for took in executed] == ["01_more"]
    assert (page.parent / "01_more.html").is_file()
    assert not (page.parent / "00_small.html").exists()
    assert "[1 of 1] 01_more: " in capsys.readouterr().out
    with pytest.raises(BookError, match="no chapter 07_none"):
        build_book(book, parameters={}, only=["07_none"])


def test_a_chapter_begins_with_an_empty_work_folder_and_leaves_nothing(small_book, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("ATRIACOURSE_WORK", str(tmp_path / "mine"))
    chapter = small_book / "00_small.md"
    cell = "import os, pathlib\n\nwork = pathlib.Path(os.environ['ATRIACOURSE_WORK'])"
    cell += "\nprint(list(work.glob('*')))\nwork.mkdir()\n(work / 'kept').touch()\nprint(work)"
    chapter.write_text(chapter.read_text() + f"\n```{{code-cell}} ipython3\n{cell}\n```\n")
    notebook, _ = execute(chapter, parameters={})
    found, work = notebook.cells[-1].outputs[0].text.split()
    assert found == "[]"
    assert not Path(work).exists()
    assert list((tmp_path / "mine").iterdir()) == []


def test_memory_and_processor_time_are_those_of_each_chapter(small_book):
    text = (small_book / "00_small.md").read_text()
    greedy = "import numpy as np\nimport time\n\nfull = np.ones(40_000_000)\nend = time.process_time() + 1\n"
    greedy += "while time.process_time() < end:\n    pass"
    book = two_chapters(small_book, text + f"\n```{{code-cell}} ipython3\n{greedy}\n```\n")
    took = {one.name: one for _, _, one in execute_all(chapter_paths(book), parameters={}, jobs=1)}
    assert took["01_more"].peak_memory_mb > took["00_small"].peak_memory_mb + 200
    assert took["01_more"].cpu_seconds > took["00_small"].cpu_seconds + 0.5
    assert took["01_more"].seconds > 1


@pytest.mark.parametrize(
    ("seconds", "cpu_seconds", "peak_memory_mb", "said"),
    [
        (200, 59, None, ""),  # another program had the machine
        (59, 62, 900, "1.0 minutes"),  # two cores at once
        (10, 10, 1100, "1.1 GB"),
    ],
)
def test_a_budget_is_kept_or_not(seconds, cpu_seconds, peak_memory_mb, said):
    took = Executed(name="a", seconds=seconds, cpu_seconds=cpu_seconds, peak_memory_mb=peak_memory_mb)
    found = budget_kept(took, {"minutes": 1, "memory_gb": 1})
    assert said in found
    assert bool(found) == bool(said)


CHECK = """
:::{check} Twice more
:tolerance: 0.1
:unit: mm

Twice `three`?

- [x] 6
  : Three and three.
- [ ] 9
  : That is the square.
- [ ] other
  : Add three to itself.
:::
"""


def test_the_pages_show_what_was_measured_and_claimed(small_book_with_an_exercise):
    chapter = small_book_with_an_exercise / "00_small.md"
    chapter.write_text(chapter.read_text() + CHECK)
    page, (took,) = build_book(small_book_with_an_exercise, parameters={"size": 4})
    assert "Measured in this build:" in page_text(page)
    assert "(size 4; " in page_text(page)
    timings = (page.parent / "timings.html").read_text(encoding="utf-8")
    assert f"{took.peak_memory_mb / 1000:.2f} of 2 GB" in timings
    assert 'href="00_small.html"' in timings
    ledger = (page.parent / "claims.html").read_text(encoding="utf-8")
    assert 'id="claim-paper-table1-gamma-augmentation-dice"' in ledger
    assert "0.883" in ledger
    assert 'href="claims.html#claim-paper-table1-gamma-augmentation-dice"' in page_text(page)
    chapter = page_text(page)
    assert (
        '<p class="check-question">Twice <code>three</code>?</p>' in chapter and 'data-unit="mm"' in chapter
    )
    assert "Three and three" not in chapter
    assert 'window.courseItems = {"00_small": [0, 1]};' in chapter
    assert 'content="Twice three?"' not in chapter  # what stands in a box is no lead
    assert 'content="_static/preview.png"' in chapter and "icon.svg" in chapter
