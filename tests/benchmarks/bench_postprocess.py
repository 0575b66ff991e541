"""Closing + largest component on 576x576x88: ours against the authors' SimpleITK route, voxel for voxel.

The mask is an atrium-sized body with holes, gaps and islands, once clear of the border and once reaching
over it. Target: at least 25 times faster. A third mask has islands strewn over the whole volume, as an
untrained network leaves them: there the bounding box is the volume, and the gain is smaller (no target).
"""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from bench_metrics import SHAPE, make_pair
from measure import Row, rates, ratio, row, show
from scipy import ndimage

from atriacourse.inference.postprocess import postprocess


def make_masks() -> dict[str, np.ndarray]:
    """Three rough masks, bool (z, y, x)."""
    rng = np.random.default_rng(1)
    body = make_pair()[1]
    rough = body & (rng.random(SHAPE) > 0.02)  # holes
    near = ndimage.binary_dilation(body, iterations=8)
    rough |= near & (rng.random(SHAPE) < 0.002)  # islands around it
    z, y, x = (axis.min() for axis in np.nonzero(rough))
    return {
        "inside": rough,
        "at the border": np.roll(rough, (-z - 20, -y, -x), (0, 1, 2)),  # touches two sides, wraps round z
        "islands everywhere": rough | (rng.random(SHAPE) < 1e-4),
    }


def simpleitk_route(mask: np.ndarray) -> Callable[[], np.ndarray]:
    """Dilate, erode (ITK's ball of radius 2, ITK's border), label by faces, keep the largest."""
    import SimpleITK

    voxels = mask.astype(np.uint8)  # outside the timing: the authors have their mask as uint8 already

    def clean():
        image = SimpleITK.GetImageFromArray(voxels)
        image = SimpleITK.BinaryErode(SimpleITK.BinaryDilate(image, [2, 2, 2]), [2, 2, 2])
        labels = SimpleITK.RelabelComponent(SimpleITK.ConnectedComponent(image), sortByObjectSize=True)
        return SimpleITK.GetArrayFromImage(labels) == 1

    return clean


def run() -> list[Row]:
    rows = []
    for name, mask in make_masks().items():
        target = None if name == "islands everywhere" else 25
        faster = f"closing + largest, {name}: times faster than SimpleITK"
        contenders = {"ours": lambda mask=mask: postprocess(mask)}
        if find_spec("SimpleITK") is None:
            rows.append(row(faster, None, "x", at_least=target, note="skipped: not installed"))
        else:
            contenders["theirs"] = simpleitk_route(mask)
            differing = np.count_nonzero(contenders["ours"]() != contenders["theirs"]())
            rows.append(row(f"closing + largest, {name}: voxels that differ", differing, "voxels", below=1))
        measured = rates(contenders, items=1, rounds=3)
        ours = f"ours {1000 / np.median(measured['ours']):.1f} ms"
        if "theirs" in measured:
            times = ratio(measured["ours"], measured["theirs"])
            rows.append(row(faster, times, "x", at_least=target, note=ours))
    return rows


if __name__ == "__main__":
    print(show(run()))
