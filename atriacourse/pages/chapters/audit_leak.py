"""Does the frame of a picture give the answer away? Scans cut as the mirror of LA2018 was.

Used by 02_audit, beside bench/blind.py. The mirror was cut around each atrium with a margin of 10 to 20
voxels (9 to 40 as measured: studies/facts/la2018_crop.json), so the edges of the picture say where the atrium
is. Masks are (z, y, x).
"""

import numpy as np

from atriacourse.data.masks import bounding_box
from atriacourse.errors import InputError

MIRROR_MARGIN_MM = (6.25, 12.5)  # 10 to 20 voxels of 0.625 mm, on each side and in the slices' plane only


def cut_around(
    mask: np.ndarray, spacing_mm: tuple[float, float, float], *, rng: np.random.Generator
) -> tuple[slice, slice, slice]:
    """The part of a volume that the mirror's cut would keep: all slices, and the atrium with a random margin.

    Raises: InputError for an empty mask, around which nothing can be cut.
    """
    box = bounding_box(mask)
    if box is None:
        raise InputError("the mask is empty: there is nothing to cut around")
    margins = rng.uniform(*MIRROR_MARGIN_MM, size=(2, 2))  # (y, x), (low side, high side)
    rows, columns = (
        slice(max(0, round(part.start - low / step)), min(size, round(part.stop + high / step)))
        for part, (low, high), step, size in zip(
            box[1:], margins, spacing_mm[1:], mask.shape[1:], strict=True
        )
    )
    return slice(0, mask.shape[0]), rows, columns
