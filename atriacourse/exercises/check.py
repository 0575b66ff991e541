"""Instant checks of exercises: an answer against what the worked solution gives.

A check never raises for what a student wrote: it says what happened. Whoever runs all cells of a chapter
without having tried the exercises gets "No answer yet" from each, and no error.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from atriacourse.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The verdict on an answer; a notebook shows its one line."""

    passed: bool
    message: str

    def __repr__(self) -> str:
        return self.message


RIGHT = Checked(passed=True, message="Right.")


def check_answer(answer: object, expected: object, *, tolerance: float = 1e-6, hint: str = "") -> Checked:
    """Compare an answer with what is expected, number by number, or word by word.

    Args:
        answer: a number, an array, a word or several; None or ... means that it was not tried yet.
        expected: the same kind: numbers (of one shape with the answer), a word, a list of words, or a set
            of them where a list in any order is right too. Spaces, capitals and `=1.0` for `=1` do not count.
        tolerance: the largest absolute difference that passes.
        hint: shown when the answer is wrong.
    Raises: InputError when `expected` itself is neither numbers nor words.
    """
    if answer is None or answer is ...:
        return _wrong("No answer yet: put yours in place of None and run the cell again.")
    found = _difference(answer, expected, tolerance)
    return _wrong(f"Not yet: {found}. {hint}") if found else RIGHT


def check_function(
    function: object,
    cases: Sequence[tuple[tuple[Any, ...], object]],
    *,
    tolerance: float = 1e-6,
    hint: str = "",
) -> Checked:
    """Call a student's function and compare what it returns.

    Args:
        function: what the student wrote; anything else than a function fails.
        cases: (arguments as a tuple, what must come out), tried in this order.
        tolerance, hint: as in `check_answer`.
    """
    if function is None or function is ...:
        return _wrong("No answer yet: write the function and run the cell again.")
    if not callable(function):
        return _wrong(f"Not yet: this must be a function, it is {_short(function)}. {hint}")
    for arguments, expected in cases:
        problem = _try(function, arguments, expected, tolerance)
        if problem:
            return _wrong(f"{problem} {hint}")
    return RIGHT


def _try(
    function: Callable[..., object], arguments: tuple[Any, ...], expected: object, tolerance: float
) -> str:
    """What is wrong with one call; an empty text when nothing is."""
    call = f"with {', '.join(_short(argument) for argument in arguments)}"
    try:
        answer = function(*copy.deepcopy(arguments))  # copies: a function may change what it is given
    except Exception as error:  # noqa: BLE001 - whatever a student's code raises is shown to the student
        return f"Not yet: {call} it stops with {type(error).__name__}: {error}."
    if answer is None or answer is ...:
        return "No answer yet: the function returns nothing; does it end with `return`?"
    found = _difference(answer, expected, tolerance)
    return f"Not yet: {call}, {found}." if found else ""


def _difference(answer: object, expected: object, tolerance: float) -> str:
    """In which way an answer differs from what is expected; an empty text when it does not."""
    if _is_words(expected):
        given_words, wanted_words = _words(answer), _words(expected)
        if isinstance(wanted_words, set) and isinstance(given_words, list):  # in any order
            same = len(given_words) == len(wanted_words) and all(one in given_words for one in wanted_words)
        else:
            same = given_words == wanted_words
        return "" if same else "that is not the answer"
    try:
        wanted = _numbers(expected)
    except (TypeError, ValueError) as error:
        raise InputError(f"`expected` must be numbers or words, got {_short(expected)}") from error
    try:
        given = _numbers(answer)
    except (TypeError, ValueError, RuntimeError):
        return f"the answer must be a number or an array of numbers, it is {_short(answer)}"
    if given.shape != wanted.shape:
        return f"its shape is {given.shape}, it must be {wanted.shape}"
    wrong = np.count_nonzero(~np.isclose(given, wanted, rtol=0, atol=tolerance, equal_nan=True))
    if wrong == 0:
        return ""
    return "that is not the value" if given.size == 1 else f"{wrong} of {given.size} differ"


def _numbers(thing: object) -> np.ndarray:
    """As an array of floats; a tensor is taken off its device and graph."""
    detach = getattr(thing, "detach", None)
    return np.asarray(detach().cpu() if detach else thing, dtype=float)


def _is_words(thing: object) -> bool:
    """A word, or a list, tuple or set with words in it."""
    if isinstance(thing, list | tuple | set | frozenset):
        return any(isinstance(one, str) for one in thing)
    return isinstance(thing, str)


def _words(thing: object) -> Any:
    """Words in one spelling: small letters, no spaces, `a=1.0` as `a=1`; sets lose their order."""
    if isinstance(thing, str):
        name, equals, value = "".join(thing.split()).casefold().partition("=")
        try:
            return f"{name}={float(value):g}" if equals else name
        except ValueError:  # a word, or a list of numbers
            return name + equals + value
    if isinstance(thing, set | frozenset):
        return {_words(one) for one in thing}
    if isinstance(thing, list | tuple):
        return [_words(one) for one in thing]
    return thing


def _short(thing: object) -> str:
    """A value in a few characters: an array by its shape, anything else by the start of its text."""
    shape = getattr(thing, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"an array of shape {tuple(shape)}"
    text = repr(thing)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _wrong(message: str) -> Checked:
    return Checked(passed=False, message=message.strip())
