"""Checks tell right from wrong from untried, and never raise for what a student wrote."""

import numpy as np
import pytest
import torch

from atriacourse.errors import InputError
from atriacourse.exercises.check import check_answer, check_function

SQUARES = [((2,), 4), ((3,), 9)]


def test_checks_tell_right_from_wrong():
    assert check_answer(0.5, 0.5 + 1e-9).passed
    assert repr(check_answer(0.5, 0.5)) == "Right."
    assert not check_answer(0.5, 0.6, hint="Halve it.").passed
    assert repr(check_answer(0.5, 0.6, hint="Halve it.")) == "Not yet: that is not the value. Halve it."
    assert "2 of 3 differ" in repr(check_answer([1, 2, 3], [1, 0, 0]))
    assert "shape is (2,)" in repr(check_answer([1, 2], [1, 2, 3]))
    assert check_answer(float("nan"), float("nan")).passed


@pytest.mark.parametrize("answer", [None, ...])
def test_an_exercise_that_was_not_tried(answer):
    assert repr(check_answer(answer, 0.6)).startswith("No answer yet")
    assert not check_answer(answer, 0.6).passed
    assert repr(check_function(answer, SQUARES)).startswith("No answer yet")


@pytest.mark.parametrize("answer", ["half", [1, ...], (None, None), object(), {"a": 1}, [[1], [1, 2]]])
def test_an_odd_answer_is_wrong_and_no_error(answer):
    assert repr(check_answer(answer, [0.5, 0.5])).startswith("Not yet: ")


def test_tensors_on_the_graph_are_numbers():
    assert check_answer(torch.tensor([1.0], requires_grad=True), torch.ones(1)).passed
    assert check_answer(np.float32(1), 1).passed


@pytest.mark.parametrize(
    ("answer", "expected", "passed"),
    [
        (" Left ", "left", True),
        ("right", "left", False),
        (["a", "b"], ("a", "b"), True),
        (["b", "a"], ["a", "b"], False),
        ({"b", "A"}, {"a", "b"}, True),
        (["b", "A"], {"a", "b"}, True),
        (["b", "b"], {"a", "b"}, False),
        ([["b"], "a"], {"a", "b"}, False),
        ("a", {"a", "b"}, False),
        ("loss.weight = 1.0", "loss.weight=1", True),
        ("loss.weight=0.5", "loss.weight=1", False),
        ("sizes=[1,2]", "sizes=[1, 2]", True),
        ("order=largest", "order=growing", False),
        ("loss.weight", "loss.weight=1", False),
        (1, "one", False),
    ],
)
def test_words(answer, expected, passed):
    assert check_answer(answer, expected).passed is passed


def test_an_author_s_mistake_is_an_error():
    with pytest.raises(InputError, match="`expected` must be"):
        check_answer(1, object())


def test_a_function_is_tried_on_every_case():
    assert check_function(lambda x: x * x, SQUARES).passed
    assert repr(check_function(lambda x: 2 * x, SQUARES, hint="Think.")) == (
        "Not yet: with 3, that is not the value. Think."
    )
    assert not check_function(lambda x: x * x + 0.1, SQUARES).passed
    assert check_function(lambda x: x * x + 0.1, SQUARES, tolerance=0.2).passed


def untried(x): ...


def unfinished(x):
    raise NotImplementedError("soon")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (untried, "No answer yet: the function returns nothing"),
        (lambda x: ..., "No answer yet"),
        (unfinished, "Not yet: with 2 it stops with NotImplementedError: soon."),
        (lambda: 4, "Not yet: with 2 it stops with TypeError"),
        (lambda x: "four", "the answer must be a number"),
        (7, "this must be a function, it is 7"),
    ],
)
def test_a_function_that_does_not_work_is_told_so(function, said):
    check = check_function(function, SQUARES)
    assert not check.passed
    assert said in repr(check)


def test_a_function_cannot_spoil_what_it_is_given():
    row = np.array([1.0, 2.0])

    def spoil(values):
        values[:] = 0
        return values.sum()

    assert check_function(spoil, [((row,), 3.0), ((row,), 3.0)]).message.startswith(
        "Not yet: with an array of shape (2,), that"
    )
    assert row.tolist() == [1.0, 2.0]
