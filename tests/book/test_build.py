"""The build: one execution per chapter, its outputs on the page, and red for anything that is wrong."""

import pytest
from chapters import BookError, chapter_paths, execute, parameter_names, read_chapter
from make_book import build_book, main, render

pytestmark = pytest.mark.book


def page_text(html):
    return (html.parent / "00_small.html").read_text(encoding="utf-8")


def test_the_page_shows_this_run_and_not_an_earlier_one(small_book):
    first = page_text(build_book(small_book, parameters={})[0])
    again = page_text(build_book(small_book, parameters={})[0])
    run = [text.split("run ")[1][:36] for text in (first, again) if "size 3 run " in text]
    assert len(run) == 2
    assert run[0] != run[1]


def test_a_parameter_reaches_the_page(small_book):
    html, executed = build_book(small_book, parameters={"size": 7})
    assert "size 7 run" in page_text(html)
    assert "injected-parameters" not in page_text(html)
    assert [took.name for took in executed] == ["00_small"]


def test_an_unknown_parameter_is_an_error(small_book):
    with pytest.raises(BookError, match="no parameter sise; it has: size"):
        build_book(small_book, parameters={"sise": 7})


def test_a_failing_cell_turns_the_build_red_and_is_named(small_book):
    chapter = small_book / "00_small.md"
    chapter.write_text(chapter.read_text() + "\n```{code-cell} ipython3\n1 / 0\n```\n")
    with pytest.raises(BookError, match=r"00_small\.md, code cell 3: (?s:.*)ZeroDivisionError"):
        build_book(small_book, parameters={})
    assert not (small_book.parent / "_build" / "html").exists()


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("[nowhere](99_missing.md)", "99_missing"),
        ('```{code-cell} ipython3\nimport sys\n\nprint("careless", file=sys.stderr)\n```', "stderr"),
        ("```{no-such-directive}\n```", "no-such-directive"),
    ],
    ids=["dead link", "output on stderr", "unknown directive"],
)
def test_a_warning_turns_the_build_red(small_book, planted, said):
    chapter = small_book / "00_small.md"
    chapter.write_text(chapter.read_text() + f"\n{planted}\n")
    with pytest.raises(BookError, match=said):
        build_book(small_book, parameters={})


def test_a_chapter_that_was_not_rendered_from_its_run_turns_the_build_red(small_book):
    build_book(small_book, parameters={})
    (small_book / "00_small.md").write_text("# Not a notebook any more\n")
    with pytest.raises(BookError, match="1 chapters were run but 0 were rendered"):
        render(small_book, chapters=1)


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
    assert 0 < took.seconds < 60
    assert [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"] == [1, 2]


def test_the_command_line_says_what_is_wrong_and_exits_with_one(capsys):
    assert main(["-p", "profile"]) == 1
    assert "NAME=VALUE" in capsys.readouterr().err
