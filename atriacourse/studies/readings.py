"""From stored probabilities to scores: which mask is read out of them, and how members are combined.

After work.py has predicted. A cell keeps its probabilities in thousandths, so that bags, votes and other
ways of cleaning are scored later without a network; the atlas keeps the scores alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from atriacourse.errors import InputError
from atriacourse.files import written_whole
from atriacourse.inference.postprocess import PostprocessConfig, postprocess
from atriacourse.inference.predict import probabilities_to_mask

STEPS = 1000
READINGS = ("raw", "clean")  # of every record; others where a study asks
CLEAN = PostprocessConfig(closing_radius=2, ball="itk", largest_component=True, connectivity=6)
# of every record, in full: a record's mask must not change with a default


def keep_probabilities(path: Path, atrium: np.ndarray) -> np.ndarray:
    """Store probabilities (z, y, x) in thousandths and return them as they will be read again."""
    steps = np.rint(np.asarray(atrium, np.float32) * STEPS).astype(np.uint16)
    with written_whole(path) as draft, draft.open("wb") as file:
        np.savez_compressed(file, atrium=steps)
    return steps.astype(np.float32) / STEPS


def read_probabilities(path: Path) -> np.ndarray:
    """What `keep_probabilities` stored, float32 (z, y, x). Raises: InputError if it is not there."""
    try:
        with np.load(path) as content:
            return content["atrium"].astype(np.float32) / STEPS
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} cannot be read ({error}); to train {path.parents[1].name} again, remove its record "
            f"and its folder under cells/, and repeat the command"
        ) from error


def combined(probabilities: Sequence[np.ndarray], how: str) -> np.ndarray:
    """Members as one: the mean of their probabilities, or the share of members that vote for atrium.

    A single network is itself either way. Args: probabilities: (z, y, x) each.
    """
    if how == "vote" and len(probabilities) > 1:
        probabilities = [probabilities_to_mask(one).astype(np.float32) for one in probabilities]
    total = np.zeros_like(probabilities[0])
    for one in probabilities:
        total += one
    return total / np.float32(len(probabilities))


def mask_of(atrium: np.ndarray, reading: str) -> np.ndarray:
    """The mask that a reading scores: "raw", "clean" (the authors' settings) or "closing:<radius>".

    Args: atrium: probabilities (z, y, x). Returns: bool (z, y, x).
    Raises: InputError for another word.
    """
    raw = probabilities_to_mask(atrium)
    if reading == "raw":
        return raw
    if reading == "clean":
        return postprocess(raw, CLEAN)
    word, _, radius = reading.partition(":")
    if word != "closing" or not radius.isdigit():
        raise InputError(f"reading must be raw, clean or closing:<radius>, got {reading!r}")
    return postprocess(raw, replace(CLEAN, closing_radius=int(radius)))
