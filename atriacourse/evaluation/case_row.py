"""One case, one row: every metric of a predicted mask, in a dict that becomes a line of a CSV table.

After metrics.py, before summary.py and compare.py. Masks are (z, y, x); spacing is
(z, y, x) in millimetres; volumes are in millilitres.
"""

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from atriacourse.data.masks import as_mask_pair, as_spacing
from atriacourse.errors import InputError
from atriacourse.evaluation.distances import distances_between, surface_voxels
from atriacourse.evaluation.metrics import METRICS, MaskPair
from atriacourse.files import read_text, write_whole

Row = dict[str, str | float | bool]


def score_case(
    name: str,
    truth: np.ndarray,
    guess: np.ndarray,
    spacing_mm: Sequence[float],
    *,
    spacing_source: str = "caller",
    pooled_assd: bool = False,
) -> Row:
    """Score one predicted mask against its truth.

    Args:
        name: the case's name, unique in its table.
        truth, guess: (z, y, x) masks of one grid; bool, {0, 1} or {0, 255}.
        spacing_mm: (z, y, x).
        spacing_source: where the spacing comes from ("file", "assumed" or "caller"), kept in the row
            because every millimetre depends on it; the columns in voxels do not.
        pooled_assd: average both directions' distances together (MedPy 0.5) instead of the mean of the
            two directed means (the authors).
    Returns: name; every metric of METRICS (the difference of volumes is guess minus truth); spacing;
        whether a mask is empty. Empty masks, both: dice, jaccard and distances nan. One: dice and jaccard
        0, distances inf. Volumes are always defined.
    Raises: InputError as `dice` and `surface_distances`, naming the case.
    """
    try:
        truth, guess = as_mask_pair(truth, guess)
        spacing_mm = as_spacing(spacing_mm)
    except InputError as error:
        raise InputError(f"case {name}: {error}") from error
    truth_surface, guess_surface = surface_voxels(truth), surface_voxels(guess)
    pair = MaskPair(
        truth=truth,
        guess=guess,
        spacing_mm=spacing_mm,
        in_mm=distances_between(truth_surface, guess_surface, spacing_mm),
        in_voxels=distances_between(truth_surface, guess_surface, (1, 1, 1)),
        pooled_assd=pooled_assd,
    )
    return {
        "name": name,
        **{metric.name: metric.value(pair) for metric in METRICS.values()},
        "spacing_z_mm": spacing_mm[0],
        "spacing_y_mm": spacing_mm[1],
        "spacing_x_mm": spacing_mm[2],
        "spacing_source": spacing_source,
        "truth_empty": len(truth_surface) == 0,
        "guess_empty": len(guess_surface) == 0,
    }


def write_table(path: str | os.PathLike[str], rows: Sequence[Row] | pd.DataFrame) -> Path:
    """Write one row per case as CSV; the file appears whole or not at all.

    Returns: the path. Not-a-number is an empty cell and infinity is `inf`; `read_table` restores both.
    Raises: InputError for a table without rows or without names, or with a name twice.
    """
    path = Path(path)
    write_whole(path, table_text(rows, path.name))
    return path


def table_text(rows: Sequence[Row] | pd.DataFrame, what: str) -> str:
    """What `write_table` writes. Raises: InputError as there, naming it `what`."""
    return check_table(pd.DataFrame(rows), what).to_csv(index=False, lineterminator="\n")


def read_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a per-case table; names stay text ("007").

    Raises: InputError if there is no such file, or it is not a per-case table.
    """
    path = Path(path)
    if not os.path.lexists(path):
        raise InputError(f"there is no table {path}; `atriacourse evaluate` writes one")
    way_out = "it is not a CSV table as `atriacourse evaluate` writes one"
    text = read_text(path, way_out=way_out)
    try:
        # Only these mean "not a number": pandas' own list would swallow a case that is called NA or None.
        numbers = {"keep_default_na": False, "na_values": ["", "nan", "NaN"]}
        table = pd.read_csv(io.StringIO(text), dtype={"name": str}, **numbers)
    except (ValueError, OverflowError, RecursionError) as error:  # all of pandas' are ValueErrors
        raise InputError(f"{path} is not a CSV table: {error}") from error
    table = check_table(table, str(path))
    for column in table.columns.intersection(list(METRICS)):
        if not pd.api.types.is_numeric_dtype(table[column]) or pd.api.types.is_bool_dtype(table[column]):
            raise InputError(f"{path}: column {column} must hold numbers; give a table that was not changed")
        if METRICS[column].unit == "share" and ((table[column] < 0) | (table[column] > 1)).any():
            raise InputError(f"{path}: {column} lies between 0 and 1; give a table that was not changed")
    return table


def check_table(table: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return a per-case table if each row has a name of its own, else raise InputError."""
    if "name" not in table.columns or len(table) == 0 or table["name"].isna().any():
        raise InputError(
            f"{what} is not a per-case table: it needs at least one row, and a column `name` filled in each"
        )
    repeated = sorted(set(table["name"][table["name"].duplicated()].astype(str)))
    if repeated:
        raise InputError(f"{what} has more than one row for {', '.join(repeated)}; each case needs one row")
    return table
