"""Docstrings as the reference shows them."""

import pytest
from api_reference import escaped, module_names, restructured

DOCSTRING = """\
Measure a thing.

A paragraph
over two lines, with `code` and 2 * 3 * 4.

- one
  more
- two
Args:
    truth, guess: masks; `{0, 1}`,
        or bool.
    seed: of the draws.
Returns: a number; see
    `other_thing`.
Source: here_ and |there|.
"""


def test_every_part_of_a_docstring_finds_its_place():
    assert restructured(DOCSTRING.splitlines()) == [
        "Measure a thing.",
        "",
        "A paragraph over two lines, with ``code`` and 2 \\* 3 \\* 4.",
        "",
        "- one more",
        "- two",
        "",
        ":Args:",
        "    - truth, guess: masks; ``{0, 1}``, or bool.",
        "    - seed: of the draws.",
        "",
        ":Returns: a number; see ``other_thing``.",
        "",
        ":Source: here\\_ and \\|there\\|.",
        "",
    ]


def test_an_example_stays_as_it_is():
    assert restructured(["    x = 2 * 3"]) == ["::", "", "        x = 2 * 3", ""]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a `b`s", "a ``b``\\ s"),
        ("(`b`)", "(\\ ``b``)"),
        ("one ` alone", "one \\` alone"),
        ("a_b c_ *d", "a\\_b c\\_ \\*d"),
    ],
)
def test_signs_of_markup_stay_text(text, safe):
    assert escaped(text) == safe


def test_the_modules_are_those_of_the_package_in_order():
    names = module_names("atriacourse.evaluation")
    assert names == sorted(names)
    assert "atriacourse.evaluation.overlap" in names
    assert "atriacourse.evaluation" not in names  # it only says what is in it
