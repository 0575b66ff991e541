"""Plain data, in JSON, between the process that grades and the one that runs a student's functions.

Before room.py and jail.py, each on its own side. Numbers, words, lists, dictionaries, arrays and tables pass;
objects do not, so nothing that a student made is ever alive on our side. A function passes as a number by
which it can be called from the other side. Towards the student's side alone, one object may be shipped whole.
"""

import base64
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

DTYPE = re.compile(r"[<>|=]?[biufcU]\d+")
SCALARS = (bool, int, float, str)
Told = Callable[[Any], Any]


class NotPlainError(TypeError):
    """Something that is no plain data."""


def pack(value: Any, *, function: Told | None = None) -> Any:
    """What `json.dumps` takes and `unpack` makes the same value of. Args: function: names a function.

    Raises: NotPlainError for objects, and arrays of them.
    """
    if value is None or isinstance(value, SCALARS):
        return next((kind(value) for kind in SCALARS if isinstance(value, kind)), None)  # of a subclass too
    if isinstance(value, np.generic):
        return pack(value.item(), function=function)
    if isinstance(value, np.ndarray):
        plain = np.ascontiguousarray(value).reshape(np.shape(value))  # of a subclass too
        if not DTYPE.fullmatch(plain.dtype.str):
            raise NotPlainError(f"an array of {plain.dtype} is no plain data")
        return ["array", plain.dtype.str, list(plain.shape), base64.b64encode(plain.tobytes()).decode()]
    if isinstance(value, dict):
        pairs = [[pack(key, function=function), pack(one, function=function)] for key, one in value.items()]
        return ["dict", pairs]
    for name, kinds in (("list", list | range), ("tuple", tuple), ("set", set | frozenset)):
        if isinstance(value, kinds):
            return [name, [pack(one, function=function) for one in value]]
    if hasattr(value, "detach"):  # a tensor
        return pack(value.detach().cpu().numpy(), function=function)
    if hasattr(value, "to_dict") and hasattr(value, "columns"):  # a table
        columns = {str(name): _column(value[name]) for name in value.columns}
        return ["table", pack(columns, function=function)]
    if hasattr(value, "to_numpy"):  # a column of one
        return pack(_column(value), function=function)
    if function is not None and callable(value):
        return ["function", function(value)]
    raise NotPlainError(
        f"{type(value).__name__} is no plain data: a number, a word, a list or an array of these"
    )


def _column(column: Any) -> Any:
    values = column.to_numpy()
    return values if DTYPE.fullmatch(values.dtype.str) else values.tolist()


def unpack(packed: Any, *, function: Told | None = None, whole: Told | None = None) -> Any:
    """The value. Args: function: makes one of what named it. whole: unpacks an object that was shipped.

    Raises: NotPlainError for what `pack` never gives.
    """
    if packed is None or isinstance(packed, SCALARS):
        return packed
    try:
        kind, *rest = packed
        if kind == "array":
            return _array(*rest)
        (content,) = rest
        if kind == "dict":
            return {
                unpack(key, function=function): unpack(one, function=function, whole=whole)
                for key, one in content
            }
        if kind in ("list", "tuple", "set"):
            made = [unpack(one, function=function, whole=whole) for one in content]
            return {"list": list, "tuple": tuple, "set": set}[kind](made)
        if kind == "table":
            import pandas as pd

            return pd.DataFrame(unpack(content))
        if kind == "function" and function is not None:
            return function(content)
        if kind == "whole" and whole is not None:
            return whole(content)
    except (ValueError, TypeError, OverflowError, MemoryError, RecursionError) as error:
        raise NotPlainError(f"what came is no plain data ({type(error).__name__})") from error
    raise NotPlainError("what came is no plain data")


def _array(dtype: str, shape: list[int], data: str) -> np.ndarray:
    if not DTYPE.fullmatch(dtype) or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError("no array")
    raw = base64.b64decode(data, validate=True)
    if math.prod(shape) * np.dtype(dtype).itemsize != len(raw):
        raise ValueError("no array of this shape")
    return np.frombuffer(raw, dtype=dtype).reshape(shape).copy()
