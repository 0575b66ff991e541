"""Names on a phantom's slice, scans of several patients in three views, and the area of each slice.

Used by 01_left_atrium; beside figures.py. Only of a phantom is it known where everything lies: its names come
from the solids that it was made of, before the small random bending (1.5 mm), which is less than a letter's
width. Volumes are (z, y, x), spacing is (z, y, x) in mm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import patheffects
from matplotlib.figure import Figure
from scipy import ndimage

from atriacourse.data.phantom import PhantomConfig
from atriacourse.data.phantom.anatomy import draw_anatomy
from atriacourse.data.phantom.paint import voxel_axes
from atriacourse.data.phantom.patient import Anatomy
from atriacourse.data.phantom.phantom_config import SITES
from atriacourse.data.phantom.shapes import Solid
from atriacourse.errors import InputError
from atriacourse.pages.pictures.figures import LETTERS, add_legend, show_slice
from atriacourse.pages.pictures.style import BLUE, STYLE, closed
from atriacourse.pages.pictures.views import Cut, middle, readable_range, window_around

LEAST_MM2 = 100.0  # of a cross-section that gets a name


def solids_of(anatomy: Anatomy) -> dict[str, tuple[Solid, ...]]:
    """The solids of a phantom by the usual short names of what they stand for."""
    ventricle, atrium, lung_artery, ascending, descending = (organ.solids for organ in anatomy.near)
    bone = next(organ.solids for organ in anatomy.far if organ.tissue == "marrow")
    return {
        "LA": anatomy.body,
        "LAA": (anatomy.appendage,),
        "LV": (anatomy.ventricle,),
        "RA": atrium[:1],
        "SVC": atrium[2:],
        "RV": ventricle,
        "PA": lung_artery,
        "Ao": ascending,
        "AoD": descending,
        "spine": bone,
        **{f"PV{number}": (vein.beyond,) for number, vein in enumerate(anatomy.veins, start=1)},
    }


def names_in_slice(config: PhantomConfig, *, seed: int, z: int) -> dict[str, tuple[int, int]]:
    """Where on axial slice `z` of a phantom to write which name.

    Args: config: with site and label fixed, as `make_phantom` is given it.
    Returns: name -> (row, column) in the middle of its cross-section, where nothing else lies; what is not in
        the slice, or hardly, is left out.
    Raises: InputError if the config leaves site or label to the seed, or for a slice that is not there.
    """
    if config.site is None or config.post_ablation is None:
        raise InputError("fix site and post_ablation in the config, so that the patient is known")
    if not 0 <= z < config.slices:
        raise InputError(f"slice {z} of a phantom with {config.slices}; count from 0")
    body = np.random.default_rng(np.random.SeedSequence(seed).spawn(3)[1])  # as in make_phantom
    anatomy = draw_anatomy(config, site=SITES[config.site], post_ablation=config.post_ablation, rng=body)
    x, y, depth = voxel_axes(anatomy, config)
    points = (x[None, None, :], y[None, :, None], depth[z : z + 1, None, None])
    pixel_mm2 = config.spacing_mm[1] * config.spacing_mm[2]
    cut = {
        name: np.min([solid.distance(points)[0] for solid in solids], axis=0) < 0
        for name, solids in solids_of(anatomy).items()
    }
    counts = np.sum(list(cut.values()), axis=0)
    places = {}
    for name, inside in cut.items():
        alone = inside & (counts == 1)
        if alone.sum() * pixel_mm2 >= LEAST_MM2:
            # the pixel furthest inside: the middle of mass may lie outside of what is bent
            places[name] = np.unravel_index(ndimage.distance_transform_edt(alone).argmax(), alone.shape)
    return {name: (int(row), int(column)) for name, (row, column) in places.items()}


def named_slice(
    plane: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    names: Mapping[str, tuple[int, int]],
    masks: Mapping[str, np.ndarray] | None = None,
    window: tuple[slice, slice] | None = None,
) -> Figure:
    """One axial slice with names written on it.

    Args: plane: (rows, columns). spacing_mm: (row, column). names: name -> (row, column). masks: to outline.
        window: the rows and columns to show; all if None.
    """
    rows, columns = window or (slice(0, plane.shape[0]), slice(0, plane.shape[1]))
    outline = [patheffects.withStroke(linewidth=2.5, foreground="black")]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6.4, 5.2), layout="constrained")
        here = {label: mask[rows, columns] for label, mask in (masks or {}).items()}
        show_slice(axes, plane[rows, columns], spacing_mm=spacing_mm, masks=here)
        for name, (row, column) in names.items():
            row, column = row - (rows.start or 0), column - (columns.start or 0)
            high, wide = axes.get_ylim()[0], axes.get_xlim()[1]
            # a name on the very edge would be cut off, or written beside the picture
            if 0.04 * high < row < 0.96 * high and 0.04 * wide < column < 0.96 * wide:
                style: dict[str, Any] = {"color": "white", "fontweight": "bold", "path_effects": outline}
                axes.text(
                    column, row, name.rstrip("0123456789") or name, ha="center", va="center", size=12, **style
                )
        if masks:
            add_legend(figure, list(masks))
        return closed(figure)


@dataclass(frozen=True, kw_only=True)
class Patient:
    """One row of `patients_in_views`."""

    title: str
    voxels: np.ndarray  # (z, y, x)
    spacing_mm: tuple[float, float, float]
    masks: Mapping[str, np.ndarray]  # the planes run through the middle of the first


def patients_in_views(
    patients: Sequence[Patient], *, margin_mm: float = 30, grey_range: tuple[float, float] | None = None
) -> Figure:
    """Each patient a row: axial, coronal and sagittal plane through the middle of the atrium.

    Args: margin_mm: shown around the mask, in the slices' own plane. grey_range: one for all rows; each
        patient's own if None.
    """
    patients = [
        replace(one, masks={name: np.asarray(mask) > 0 for name, mask in one.masks.items()})
        for one in patients
    ]
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(
            len(patients),
            3,
            figsize=(8.4, 2.7 * len(patients)),
            layout="constrained",
            squeeze=False,
            width_ratios=(1.15, 1, 1),
        )
        for row, patient in zip(grid, patients, strict=True):
            shown = readable_range(patient.voxels) if grey_range is None else grey_range
            for axes, (name, cut, plane_mm) in zip(row, _planes(patient, margin_mm), strict=True):
                here = {label: mask[cut] for label, mask in patient.masks.items()}
                show_slice(
                    axes,
                    patient.voxels[cut],
                    spacing_mm=plane_mm,
                    masks=here,
                    grey_range=shown,
                    letters=LETTERS[name],
                )
                axes.set_title(f"{patient.title}, {name}" if name == "axial" else name)
        add_legend(figure, list(patients[0].masks))
        return closed(figure)


def _planes(patient: Patient, margin_mm: float) -> list[tuple[str, Cut, tuple[float, float]]]:
    """Name, index and (row, column) spacing of the three planes; the head is up where it is seen."""
    first = next(iter(patient.masks.values()))
    shape = patient.voxels.shape
    z, y, x = middle(first, shape)
    dz, dy, dx = patient.spacing_mm
    _, rows, columns = window_around({"": first}, shape, patient.spacing_mm, margin_mm)
    return [
        ("axial", np.s_[z, rows, columns], (dy, dx)),
        ("coronal", np.s_[::-1, y, columns], (dz, dx)),
        ("sagittal", np.s_[::-1, rows, x], (dz, dy)),
    ]


def slice_areas(mask: np.ndarray, spacing_mm: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Area in cm2 and number of separate pieces of a mask in each axial slice, from the feet to the head."""
    areas = mask.sum(axis=(1, 2)) * spacing_mm[1] * spacing_mm[2] / 100
    return areas, np.array([ndimage.label(plane)[1] for plane in mask])


def areas_up_the_stack(masks: Sequence[tuple[np.ndarray, Sequence[float]]]) -> Figure:
    """Area and number of pieces against height, a thin line for each mask and a thick one for the first.

    Args: masks: (z, y, x) each, with its spacing.
    """
    with plt.rc_context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.0), layout="constrained", sharey=True)
        for number, (mask, spacing_mm) in enumerate(masks):
            look: dict[str, Any] = {"color": "#AAAAAA", "linewidth": 0.7}
            if number == 0:
                look = {"color": BLUE, "linewidth": 2.2, "zorder": 3}
            areas, pieces = slice_areas(mask, spacing_mm)
            edges = (np.arange(len(areas) + 1) - 0.5) * spacing_mm[0]
            left.plot(areas, edges[1:] - spacing_mm[0] / 2, **look)
            right.stairs(pieces, edges, orientation="horizontal", baseline=None, **look)
        left.set(xlabel="area in the slice (cm²)", ylabel="height of the slice (mm)")
        right.set(xlabel="pieces in the slice", xticks=range(6))
        return closed(figure)
