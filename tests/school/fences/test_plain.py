"""Plain data goes there and back; nothing else does."""

import json

import numpy as np
import pandas as pd
import pytest

from atriacourse.school.fences.plain import NotPlainError, pack, unpack


def there_and_back(value):
    return unpack(json.loads(json.dumps(pack(value))))


@pytest.mark.parametrize(
    "value",
    [None, True, -3, 2.5, "word", [1, [2, ()]], ("a", None), {1, 2}, {"a": [1], 2: (3,)}, float("inf")],
)
def test_what_python_has_comes_back_as_it_was(value):
    found = there_and_back(value)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 3)),
        np.eye(2, dtype=bool),
        np.arange(6, dtype=">i4").reshape(2, 3)[:, ::-1],
        np.array("ab"),
    ],
)
def test_arrays_keep_shape_kind_and_values(array):
    found = there_and_back(array)
    np.testing.assert_array_equal(found, array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)


def test_tables_and_subclasses_become_what_they_are_of():
    class Sly(np.ndarray):
        def __eq__(self, other):
            return np.True_

    class Word(str):
        def __eq__(self, other):
            return True

        __hash__ = str.__hash__

    assert type(there_and_back(np.zeros(2).view(Sly))) is np.ndarray
    assert type(there_and_back(Word("a"))) is str
    table = pd.DataFrame({"case": list("ab"), "a": [0.5, np.nan]})
    pd.testing.assert_frame_equal(there_and_back(table), table)


@pytest.mark.parametrize("value", [object(), np.array([object()]), [print], lambda: 1, 1 + 2j])
def test_objects_do_not_pass(value):
    with pytest.raises(NotPlainError):
        pack(value)


@pytest.mark.parametrize(
    "packed",
    [
        ["array", "|O", [1], "AAAAAAAAAAA="],
        ["array", "<f8", [10**9], "AAAA"],
        ["array", "<f8", [-1], ""],
        ["array", "<f8", [1], "no base64"],
        ["function", 3],  # where none can be called
        ["whole", "gASVAAAA"],  # an object, towards us
        ["set", [["list", []]]],
        ["dict", [[1]]],
        ["list", 5],
        {"a": 1},
        [],
    ],
)
def test_what_was_never_packed_is_not_unpacked(packed):
    with pytest.raises(NotPlainError):
        unpack(packed)
