"""Instant checks of exercises: a number or an array against what the worked solution gives."""

from dataclasses import dataclass

import numpy as np

from atriacourse.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Check:
    """The verdict on an answer; a notebook shows its one line."""

    passed: bool
    message: str

    def __repr__(self) -> str:
        return self.message


def check_answer(answer: object, expected: object, *, tolerance: float = 1e-6, hint: str = "") -> Check:
    """Compare an answer with what is expected, number by number.

    Args:
        answer: a number or an array; None means that the exercise was not tried yet.
        expected: a number or an array of one shape with the answer.
        tolerance: the largest absolute difference that passes.
        hint: shown when the answer is wrong.
    Raises: InputError for an answer that holds no numbers.
    """
    if answer is None:
        return Check(
            passed=False, message="No answer yet: put yours in place of None and run the cell again."
        )
    try:
        given, wanted = np.asarray(answer, dtype=float), np.asarray(expected, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"the answer must be a number or an array of numbers, got {answer!r}") from error
    if given.shape != wanted.shape:
        found = f"its shape is {given.shape}, it must be {wanted.shape}"
    elif np.allclose(given, wanted, rtol=0, atol=tolerance, equal_nan=True):
        return Check(passed=True, message="Right.")
    else:
        found = (
            f"{np.count_nonzero(~np.isclose(given, wanted, rtol=0, atol=tolerance))} of {given.size} differ"
        )
        found = "that is not the value" if given.size == 1 else found
    return Check(passed=False, message=f"Not yet: {found}. {hint}".strip())
