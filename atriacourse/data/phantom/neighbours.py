"""Draw what lies around the left heart: the other chambers and vessels, lungs, liver, spine.

After patient.py, beside atrium.py; anatomy.py puts the two together. Points and axes as in patient.py; the
numbers are ours, set by looking at the challenge's scans.
"""

from dataclasses import dataclass

import numpy as np

from atriacourse.data.phantom.atrium import FLAT, as_point, near
from atriacourse.data.phantom.patient import Organ
from atriacourse.data.phantom.shapes import Ellipsoid, Tube

TWIGS = 36  # vessels of the lungs near the heart


@dataclass(frozen=True, kw_only=True)
class Landmarks:
    """Where the descending aorta and the spine lie; drawn first because others lean on them."""

    back: float  # y of the back wall of the atrium, mm
    aorta_radius: float
    aorta: tuple[float, float]  # x, y of its middle
    spine: tuple[float, float]  # x, y of its front edge


def draw_landmarks(rng: np.random.Generator, size: float) -> Landmarks:
    """The aorta behind the left half of the atrium, the spine to its right and further back."""
    back, radius = 22 * size, rng.uniform(10.5, 13.5)
    x, y = rng.normal(22, 4), back + radius + rng.uniform(1, 5)
    return Landmarks(
        back=back,
        aorta_radius=radius,
        aorta=(x, y),
        spine=(x - radius - rng.uniform(14, 20), y - radius + rng.uniform(3, 8)),
    )


def draw_far(
    rng: np.random.Generator, marks: Landmarks, *, chest_x: float, chest_half_axes: tuple[float, float]
) -> tuple[Organ, ...]:
    """Lungs, the fat between them, liver, spine, oesophagus and small vessels of the lungs.

    Args: chest_x: of the middle of the chest, mm. chest_half_axes: along x and y, mm.
    """
    wide, deep = chest_half_axes
    lungs = (
        Ellipsoid(
            centre=(chest_x + side * 0.54 * wide, 3.0, 0.0),
            half_axes=(0.32 * wide, 0.6 * deep, 90.0),
        )
        for side in (-1, 1)
    )
    spine_x, spine_y = marks.spine
    gullet = ((marks.aorta[0] - 8, marks.back + 3, -40), (spine_x + 8, marks.back + 4, 40))
    return (
        *(Organ(tissue="lung", solids=(lung,)) for lung in lungs),
        Organ(tissue="fat", solids=(Ellipsoid(centre=(0, -15, 0), half_axes=(62, 66, 110)),)),
        Organ(
            tissue="liver",
            solids=(Ellipsoid(centre=near(rng, (-80, -20, -62), sd=5), half_axes=(55, 60, 44)),),
        ),
        Organ(
            tissue="marrow",
            solids=(Ellipsoid(centre=(spine_x, spine_y + 20, 0), half_axes=(rng.uniform(17, 21), 20, 600)),),
            wall_tissue="bright edge",
            wall_mm=1.5,
        ),
        Organ(
            tissue="muscle",
            solids=(Tube(nodes=gullet, radii=(5.0, 5.0)),),
            wall_tissue="bright edge",
            wall_mm=1.0,
        ),
        *(Organ(tissue="vessel", solids=(_draw_twig(rng),)) for _ in range(TWIGS)),
    )


def _draw_twig(rng: np.random.Generator) -> Tube:
    side = rng.choice((-1, 1))
    start = np.array([side * rng.uniform(45, 90), rng.uniform(-30, 40), rng.uniform(-28, 30)])
    end = start + (side, 0.3, 0.3) * rng.uniform(-8, 14, size=3)
    radius = float(np.exp(rng.normal(0.5, 0.4)))
    return Tube(nodes=(as_point(start), as_point(end)), radii=(radius, 0.7 * radius), flat=FLAT)


def draw_near(rng: np.random.Generator, size: float, marks: Landmarks) -> tuple[Organ, ...]:
    """Right ventricle and atrium with both great veins, pulmonary artery, ascending and descending aorta."""
    front = -24 * size  # y of the front wall of the atrium
    top = 17 * size + rng.uniform(4, 8)  # z of the pulmonary artery, above the roof of the atrium
    root, lean = rng.uniform(13, 17), rng.uniform(-6, 6)
    aorta_x, aorta_y = marks.aorta
    right_ventricle = Ellipsoid(centre=near(rng, (12, -62, -16), sd=4), half_axes=(44, 26, 24), turn_deg=-25)
    right_atrium = Ellipsoid(
        centre=near(rng, (-27, -30 * size, -13), sd=3), half_axes=(25, 26, 21), turn_deg=30
    )
    lower_great_vein = Tube(nodes=((-28, -2, -14), (-30, 6, -45)), radii=(13.0, 12.0))
    upper_great_vein = Tube(
        nodes=((-25, front + 2, -5), (-24, front + 4, 45)), radii=(10.0, rng.uniform(8, 10))
    )
    trunk_and_right_branch = Tube(
        nodes=((16, -62, -2), (24, -40, top - 4), (18, -14, top), (-40, 10, top + 1)),
        radii=(13.0, 13.0, 11.5, 9.0),
        flat=FLAT,
    )
    left_branch = Tube(nodes=((24, -36, top), (38, 6, top + 8)), radii=(12.0, 10.0), flat=FLAT)
    ascending = Tube(nodes=((6, front - 8, -6), (-4, front - 14, 45)), radii=(root, root - 1))
    descending = Tube(
        nodes=((aorta_x - lean, aorta_y + 2, -40), (aorta_x + lean, aorta_y, 40)),
        radii=(marks.aorta_radius - 0.5, marks.aorta_radius),
    )
    return (
        Organ(tissue="right blood", solids=(right_ventricle,), wall_tissue="muscle", wall_mm=2.5),
        Organ(
            tissue="right blood",
            solids=(right_atrium, lower_great_vein, upper_great_vein),
            wall_tissue="muscle",
            wall_mm=1.8,
        ),
        Organ(
            tissue="right blood",
            solids=(trunk_and_right_branch, left_branch),
            wall_tissue="muscle",
            wall_mm=1.2,
        ),
        Organ(tissue="aortic blood", solids=(ascending,), wall_tissue="muscle", wall_mm=1.5),
        Organ(tissue="aortic blood", solids=(descending,), wall_tissue="bright edge", wall_mm=1.2),
    )
