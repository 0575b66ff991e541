"""What networks trained on LA2018 find in the MSD heart scans, at several voxel sizes and fields of view.

Cited by 02_audit and 10_bagging. `--data` is a folder with `la2018` and `msd_heart`. The networks are six of
the studies' scale "atlas", with and without gamma augmentation, seeds 1 to 3 (study table1). They are trained
in the folder that $ATRIACOURSE_STUDY names, a temporary one if it names none; what is finished there is used.

Two masks may belong to one image (la_005 and la_026 do): an image counts once, with the mean of its scores.
"""

import hashlib
import multiprocessing
import os
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from atriacourse.data.case import Cohort
from atriacourse.data.cohort import open_cohort
from atriacourse.data.grid import plain_grid
from atriacourse.data.masks import Box, bounding_box
from atriacourse.data.volume import Volume, grey_levels
from atriacourse.evaluation.overlap import dice
from atriacourse.files import read_json
from atriacourse.runs.config import write_json
from atriacourse.runs.folder import open_model
from atriacourse.runs.predict import Segmenter
from atriacourse.studies.catalogue_paper import TABLE_1
from atriacourse.studies.cells import Unit, plan_study
from atriacourse.studies.data import study_data
from atriacourse.studies.records import read_record
from atriacourse.studies.runner import run_units

SEED = 1  # the first of the trainings'
SEEDS = (1, 2, 3)
WORKERS = 2
NETWORKS = {"plain": "standard", "gamma": "gamma_augmentation"}  # here -> in the study
PLANE_MM = (0.625, 0.625)
VOXELS = {  # mm, (z, y, x): in-plane LA2018's; slices as the paper reads it, twice and four times as thick
    "as_they_are": None,
    "thin": (0.625, *PLANE_MM),
    "middle": (1.25, *PLANE_MM),
    "thick": (2.5, *PLANE_MM),
}
FIELDS = {  # what is measured of each: a whole field takes minutes
    "as_they_are": ("whole", "atrium"),
    "thin": ("atrium",),
    "middle": ("whole", "centre", "atrium"),
    "thick": ("atrium",),
}
MARGIN_MM = 15 * 0.625  # around the atrium: the middle of the mirror's 10 to 20 pixels


def measure(data: Path) -> dict:
    """Dice by network, voxel size and field of view."""
    home, away = open_cohort(data / "la2018"), open_cohort(data / "msd_heart")
    frame_mm = np.median([np.array(case.grid().shape[1:]) * 0.625 for case in home], axis=0)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("ATRIACOURSE_STUDY") or temporary)
        units = trained(home, folder)
        runs = [folder / "cells" / unit.key / "run" for unit in units]
        with ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn")) as pool:
            scores = list(pool.map(partial(scored, away=away, frame_mm=frame_mm), runs))
        records = [read_record(folder / "records" / f"{unit.key}.json") for unit in units]
    found = {}
    for name, variant in NETWORKS.items():
        places = [place for place, unit in enumerate(units) if unit.variant == variant]
        home_dice = np.array([records[place].scores["clean"]["dice"] for place in places])  # (seeds, cases)
        found[name] = by_way([scores[place] for place in places]) | {"at_home": home_dice.mean()}
    ways = [(voxels, field) for voxels in VOXELS for field in FIELDS[voxels]]
    middle = [one["middle", "atrium"] for one in scores]
    return {
        "images": len(images(away)),
        "masks": len(away),
        "seeds": len(SEEDS),
        "networks": len(units),
        "cases_at_home": home_dice.shape[1],
        "margin_mm": MARGIN_MM,
        "frame_mm": {"y": frame_mm[0], "x": frame_mm[1]},
        **found,
        "middle_against": {
            other: against([one[other, "atrium"] for one in scores], middle) for other in ("thin", "thick")
        },
        "gamma_gain": {
            f"{voxels}_{field}": found["gamma"][voxels][field]["dice"] - found["plain"][voxels][field]["dice"]
            for voxels, field in ways
        },
    }


def against(other: list[list[float]], middle: list[list[float]]) -> dict:
    """How often and by how much, on average, the middle has the higher Dice; each (networks, images)."""
    gains = np.subtract(middle, other)
    return {"better": int((gains > 0).sum()), "pairs": gains.size, "gain": gains.mean()}


def trained(home: Cohort, folder: Path) -> list[Unit]:
    """The six networks, trained where they are not there yet."""
    data = study_data(home)
    variants = tuple(NETWORKS.values())
    units = plan_study(TABLE_1, scale_name="atlas", data=data.fingerprint, seeds=SEEDS, variants=variants)
    state = run_units(units, data, folder, device="cpu", threads=1)
    if state.failed:
        raise RuntimeError(f"trainings failed: {state.failed}")
    return units


def images(away: Cohort) -> dict[str, list[str]]:
    """The names of the cases of each image, by its bytes."""
    names = defaultdict(list)
    for case in away:
        names[hashlib.sha256(case.image().voxels.tobytes()).hexdigest()].append(case.name)
    return dict(names)


def scored(run: Path, away: Cohort, frame_mm: np.ndarray) -> dict[tuple[str, str], list[float]]:
    """Dice of one network on every image, by voxel size and field of view; kept beside the run when known."""
    asked = repr((VOXELS, FIELDS, MARGIN_MM, frame_mm.tolist(), away.names))
    kept = run.parent / f"other_centre-{hashlib.sha256(asked.encode()).hexdigest()[:8]}.json"
    if not kept.is_file():
        write_json(kept, {" ".join(way): values for way, values in predicted(run, away, frame_mm).items()})
    return {
        tuple(way.split()): values
        for way, values in read_json(kept, dict[str, list[float]], way_out="remove it").items()
    }


def predicted(run: Path, away: Cohort, frame_mm: np.ndarray) -> dict[tuple[str, str], list[float]]:
    """The same, predicted."""
    saved = open_model(run)
    scores = defaultdict(list)
    by_image = images(away).values()
    for voxels, trained_mm in VOXELS.items():
        segmenter = Segmenter(saved, device="cpu", resample=trained_mm is not None, trained_mm=trained_mm)
        for names in by_image:
            image = away.case(names[0]).image()
            truths = [away.case(name).mask().voxels for name in names]
            masks: dict[tuple, np.ndarray] = {}  # a box that two masks share is predicted once
            of_fields = defaultdict(list)
            for truth in truths:
                boxes = fields(truth, image.spacing_mm, frame_mm)
                for field, box in ((field, boxes[field]) for field in FIELDS[voxels]):
                    key = tuple((part.start, part.stop) for part in box)
                    if key not in masks:
                        masks[key] = segmented(segmenter, image, box)
                    of_fields[field].append(dice(truth, masks[key]))
            for field, values in of_fields.items():
                scores[voxels, field].append(float(np.mean(values)))
    return scores


def fields(truth: np.ndarray, spacing_mm: tuple[float, ...], frame_mm: np.ndarray) -> dict[str, Box]:
    """What the network may be shown of a scan, always with all slices.

    The whole; the median frame of the mirror's cuts about the middle of the picture; a margin around the
    atrium, which takes the truth to know.
    """
    depth, *plane = truth.shape
    middle, around = [], []
    parts = zip(bounding_box(truth)[1:], spacing_mm[1:], plane, frame_mm, strict=True)
    for part, step, size, frame in parts:
        side, margin = min(round(frame / step), size), round(MARGIN_MM / step)
        middle.append(slice((size - side) // 2, (size - side) // 2 + side))
        around.append(slice(max(part.start - margin, 0), min(part.stop + margin, size)))
    every = slice(0, depth)
    return {
        "whole": (every, *(slice(0, size) for size in plane)),
        "centre": (every, *middle),
        "atrium": (every, *around),
    }


def segmented(segmenter: Segmenter, image: Volume, box: Box) -> np.ndarray:
    """The mask on the whole image, bool (z, y, x), from the box alone; grey levels are the whole image's."""
    grey = np.ascontiguousarray(grey_levels(image)[box])
    part = Volume(voxels=grey, grid=plain_grid(grey.shape, image.spacing_mm))
    mask = np.zeros(image.shape, bool)
    mask[box] = segmenter(part).mask
    return mask


def by_way(scores: list[dict[tuple[str, str], list[float]]]) -> dict:
    """Mean, smallest and largest Dice over seeds and images, for each voxel size and field of view."""
    found: dict[str, dict] = {name: {} for name in VOXELS}
    for voxels, field in scores[0]:
        values = np.array([one[voxels, field] for one in scores])  # (seeds, images)
        found[voxels][field] = {
            "dice": values.mean(),
            "low": values.min(),
            "high": values.max(),
            "by_image": values.mean(axis=0).tolist(),
            "by_seed": values.mean(axis=1).tolist(),
        }
    return found
