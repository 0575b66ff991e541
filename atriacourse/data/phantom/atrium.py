"""Draw the left atrium: body, mitral plane, veins, appendage and scar.

After patient.py, beside neighbours.py; anatomy.py puts the two together. Points and axes as in patient.py.
The numbers were set by looking at the challenge's scans and by comparing a cohort with the 80 real cases of
the HDF5 mirror (realism.csv); all of them are ours unless a comment says otherwise.
"""

import numpy as np

from atriacourse.data.phantom.patient import Point, Vein
from atriacourse.data.phantom.shapes import Ellipsoid, Tube, triple

FLAT = 0.6  # height over width of vessels that lie in the axial plane; why: anatomy.py

# start, way to the end of the stump, way further on: mm for a middle-sized atrium; radius
VEIN_PLAN = {
    "right inferior": ((-30, 8, 0), (-16, 13, -1), (-16, 12, -3), 5.5),
    "right superior": ((-31, -4, 6), (-16, -4, 9), (-13, -4, 10), 6.0),
    "right middle": ((-32, 1, 4), (-16, 0, 2), (-16, -6, 0), 3.5),
    "right common": ((-31, 3, 4), (-17, 4, 7), (-16, 6, 3), 8.0),
    "left inferior": ((28, 12, 4), (9, 18, 0), (16, 14, -3), 5.0),
    "left superior": ((23, 3, 8), (9, 6, 10), (14, 5, 10), 6.5),
    "left common": ((25, 9, 8), (10, 12, 9), (16, 9, 4), 8.0),
}
VEIN_SETS = {
    2: ("right common", "left common"),
    3: ("right inferior", "right superior", "left common"),
    4: ("right inferior", "right superior", "left inferior", "left superior"),
    5: ("right inferior", "right superior", "right middle", "left inferior", "left superior"),
}
VEIN_COUNT_CHANCES = {2: 0.05, 3: 0.15, 4: 0.6, 5: 0.2}  # four is the textbook


def as_point(values: np.ndarray) -> Point:
    """A point as plain floats."""
    return triple(float(v) for v in values)


def near(rng: np.random.Generator, centre: Point, *, sd: float) -> Point:
    """A point scattered about a centre, less along z."""
    return as_point(np.array(centre) + sd * rng.standard_normal(3) * (1, 1, 0.7))


def draw_body(rng: np.random.Generator, size: float) -> tuple[Ellipsoid, ...]:
    """A main chamber with an antrum, where the veins enter, to the right and one to the left."""
    depth, height, width = np.exp(rng.uniform(-0.09, 0.09, size=3)) * size
    main = Ellipsoid(
        centre=near(rng, (6 * size, 0, -1.5), sd=1.0),
        half_axes=(31.5 * width, 22.5 * depth, 14.5 * height),
        turn_deg=rng.uniform(-25, 0),
        tilt_deg=rng.uniform(-6, 6),
    )
    right = Ellipsoid(
        centre=near(rng, (-18 * size, 3, 3), sd=1.5),
        half_axes=(22 * width, 15 * depth, 10 * height),
        turn_deg=rng.uniform(-30, 0),
        tilt_deg=rng.uniform(-20, -4),
    )
    left = Ellipsoid(
        centre=near(rng, (20 * size, 3, 7), sd=1.5),
        half_axes=(17 * width, 14 * depth, 9 * height),
        turn_deg=rng.uniform(-5, 35),
    )
    return (main, right, left)


def draw_mitral_plane(rng: np.random.Generator, chamber: Ellipsoid) -> tuple[np.ndarray, np.ndarray]:
    """A point and the unit normal, into the ventricle, of a plane that cuts a cap off the main chamber."""
    normal = np.array([0.78, -0.45, -0.42]) + rng.uniform(-0.12, 0.12, size=3)
    normal /= np.linalg.norm(normal)
    # the farthest point of an ellipsoid along n is A n / sqrt(n A n), with A = R diag(half axes squared) R'
    axes = chamber.axes()
    spread = axes.T @ np.diag(np.square(chamber.half_axes)) @ axes
    farthest = spread @ normal / np.sqrt(normal @ spread @ normal)
    return np.array(chamber.centre) + rng.uniform(0.6, 0.8) * farthest, normal


def draw_vein(rng: np.random.Generator, name: str, size: float) -> Vein:
    """One vein of the plan with its own place, calibre, length and bends."""
    start, leave, go_on, radius = (np.array(part) for part in VEIN_PLAN[name])
    calibre = radius * size**0.5 * np.exp(rng.uniform(-0.25, 0.25))
    length = rng.uniform(0.9, 1.35)
    ostium = np.array(near(rng, as_point(size * start), sd=1.5))
    stem = length * leave * np.exp(rng.uniform(-0.2, 0.2, size=3))
    halfway = ostium + 0.5 * stem
    tip = ostium + stem + rng.uniform(-2, 2, size=3)
    middle = tip + rng.uniform(0.6, 1.2) * go_on
    end = middle + rng.uniform(0.6, 1.2) * go_on + rng.uniform(-4, 4, size=3)
    nodes = [as_point(node) for node in (ostium, halfway, tip, middle, end)]
    radii = tuple((calibre * np.array([1.15, 0.9, 0.8, 0.6, 0.4])).tolist())
    return Vein(
        name=name,
        ostium=nodes[0],
        stump=Tube(nodes=tuple(nodes[:3]), radii=radii[:3], flat=FLAT),
        beyond=Tube(nodes=tuple(nodes[2:]), radii=radii[2:], flat=FLAT),
    )


def draw_appendage(rng: np.random.Generator, size: float) -> Tube:
    """A finger that leaves the left front and bends forward, a ridge away from the left superior vein."""
    start = np.array(near(rng, (24 * size, -6 * size, 6 * size), sd=1.5))
    steps = np.array([(0, 0, 0), (10, -6, 4), (4, -9, 4), (0, -8, 3)]) * size * rng.uniform(0.8, 1.25)
    steps[1:] += rng.uniform(-1.5, 1.5, size=(3, 3))
    nodes = start + np.cumsum(steps, axis=0)
    radii = size * np.array([8, 7, 6, 3.5]) * np.exp(rng.uniform(-0.2, 0.2, size=4))
    return Tube(nodes=tuple(as_point(node) for node in nodes), radii=tuple(radii.tolist()), flat=FLAT)


def draw_scar(
    rng: np.random.Generator, veins: tuple[Vein, ...], *, post_ablation: bool
) -> tuple[tuple[float, float, float, float], ...]:
    """Centres and radii within which the wall may be scarred: (x, y, z, radius).

    Ablation rings the ostia of the veins; without it there are a few small spots of native fibrosis.
    """
    if post_ablation:
        return tuple((*vein.ostium, vein.stump.radii[0] + rng.uniform(4, 9)) for vein in veins)
    return tuple((*near(rng, (0, 10, 3), sd=16), rng.uniform(2, 6)) for _ in range(rng.integers(0, 4)))
