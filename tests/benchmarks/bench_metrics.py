"""HD + ASSD of a pair of 576x576x88 masks: ours against MedPy, MONAI and surface-distance.

The pair is a smooth atrium-sized body with four tubes (about 50 mL) and the same body bent by a smooth
random field (Dice about 0.9). Targets: at least 300 times MedPy, ahead of the other two; exact. MONAI and
surface-distance compute the distances of both metrics at once only where their interface allows it. All
of them use one thread, so processor time is compared. A library that is not installed is skipped with a
line.
"""

import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from measure import Row, rates, ratio, row, show
from scipy import ndimage

from atriacourse.evaluation.distances import assd_mm, hausdorff_mm, surface_distances
from atriacourse.evaluation.overlap import dice

SHAPE = (88, 576, 576)
SPACING_MM = (0.625, 0.625, 0.625)
Contender = Callable[[], tuple[float, float]]  # HD, ASSD


def make_pair(shape: tuple[int, int, int] = SHAPE) -> tuple[np.ndarray, np.ndarray]:
    """Truth and guess, bool (z, y, x): an ellipsoid with four tubes, and the same with a bent surface."""
    rng = np.random.default_rng(0)
    window = (80, 140, 160)
    z, y, x = (np.arange(size, dtype=np.float32).reshape(at) - size / 2 for size, at in
               zip(window, ((-1, 1, 1), (1, -1, 1), (1, 1, -1)), strict=True))  # fmt: skip
    # Above 0 inside, falling by about 1 a voxel at the surface.
    body = 36 * (1 - np.sqrt((z / 27) ** 2 + (y / 36) ** 2 + (x / 44) ** 2))
    for side in (-1, 1):
        for height in (-12, 10):
            tube = 9 - np.sqrt((z - height) ** 2 + (y + 0.4 * side * x) ** 2)
            body = np.maximum(body, np.where((side * x > 0) & (side * x < 68), tube, -9))
    field = ndimage.gaussian_filter(rng.standard_normal(window).astype(np.float32), 8)
    truth, guess = np.zeros((2, *shape), dtype=bool)
    place = tuple(
        slice((size - part) // 2, (size - part) // 2 + part) for size, part in zip(shape, window, strict=True)
    )
    truth[place], guess[place] = body > 0, body + 2.5 * field / field.std() > 0
    return truth, guess


def ours(truth: np.ndarray, guess: np.ndarray) -> Contender:
    def score():
        distances = surface_distances(truth, guess, SPACING_MM)
        return hausdorff_mm(distances), assd_mm(distances)

    return score


def medpy(truth: np.ndarray, guess: np.ndarray) -> Contender:
    from medpy.metric import binary

    def score():
        # The mean of the directed means, as the authors': the same two distance maps as MedPy's own assd.
        there, back = binary.asd(truth, guess, SPACING_MM), binary.asd(guess, truth, SPACING_MM)
        return binary.hd(guess, truth, SPACING_MM), (there + back) / 2

    return score


def monai(truth: np.ndarray, guess: np.ndarray) -> Contender:
    import torch
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance

    y, prediction = (torch.from_numpy(mask)[None, None] for mask in (truth, guess))
    keywords = {"include_background": True, "spacing": SPACING_MM}

    def score():
        hd = compute_hausdorff_distance(prediction, y, **keywords)
        return float(hd), float(compute_average_surface_distance(prediction, y, symmetric=True, **keywords))

    return score


def surface_distance(truth: np.ndarray, guess: np.ndarray) -> Contender:
    import surface_distance as library

    def score():
        distances = library.compute_surface_distances(truth, guess, SPACING_MM)
        hd = library.compute_robust_hausdorff(distances, 100)
        return hd, sum(library.compute_average_surface_distance(distances)) / 2

    return score


OTHERS = [  # module, how to score with it, times faster, whether its definitions are ours
    ("medpy", medpy, 300, "same definitions"),
    ("monai", monai, 1, "its ASSD pools both directions"),
    ("surface_distance", surface_distance, 1, "its distances are between surface elements, by area"),
]


def run() -> list[Row]:
    truth, guess = make_pair()
    score = ours(truth, guess)
    hd, assd = score()
    pair = (
        f"{np.count_nonzero(truth)} voxels, Dice {dice(truth, guess):.3f}, HD {hd:.2f} mm, ASSD {assd:.4f} mm"
    )
    rows = []
    for module, make, times, remark in OTHERS:
        name = f"HD + ASSD 576x576x88: times faster than {module}"
        if find_spec(module) is None:
            rows.append(row(name, None, "x", at_least=times, note="skipped: not installed"))
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what another library deprecates is not our business here
            theirs = make(truth, guess)
            measured = rates(
                {"ours": score, "theirs": theirs},
                items=1,
                rounds=1 if module == "medpy" else 3,
                clock=time.process_time,
            )
            their_hd, their_assd = theirs()
        note = f"{remark}: HD {their_hd:.2f}, ASSD {their_assd:.4f}"
        rows.append(row(name, ratio(measured["ours"], measured["theirs"]), "x", at_least=times, note=note))
        if module == "medpy":
            off = max(abs(hd - their_hd), abs(assd - their_assd))
            rows.append(row("HD + ASSD: largest difference from medpy", off, "mm", below=1e-9))
    milliseconds = 1000 / np.median(rates({"ours": score}, items=1, clock=time.process_time)["ours"])
    rows.append(row("HD + ASSD 576x576x88", float(milliseconds), "ms", note=pair))
    return rows


if __name__ == "__main__":
    print(show(run()))
