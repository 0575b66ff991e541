"""What describes one patient: a list of solids with names, and nothing about voxels.

After shapes.py and waves.py; drawn by anatomy.py, filled in by paint.py. Points are (x, y, z) in mm from
the middle of the atrium: x to the patient's left (image right), y to the back (image bottom), z to the head
(higher slices).
"""

from dataclasses import dataclass

from atriacourse.data.phantom.shapes import Ellipsoid, Solid, Tube
from atriacourse.data.phantom.waves import Waves

Point = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Organ:
    """One painted thing: a union of solids of one tissue, with a wall of another around it."""

    tissue: str  # a key of Scan.tissues
    solids: tuple[Solid, ...]
    wall_tissue: str = ""
    wall_mm: float = 0.0
    blend_mm: float = 4.0  # rounding where the solids meet

    @property
    def is_blood(self) -> bool:
        """Blood has no texture."""
        return self.tissue.endswith("blood") or self.tissue == "vessel"


@dataclass(frozen=True, kw_only=True)
class Vein:
    """A pulmonary vein: the stump that counts as atrium, and the vessel that goes on into the lung."""

    name: str
    ostium: Point  # where it leaves the body of the atrium
    stump: Tube
    beyond: Tube


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """Everything drawn about one patient."""

    post_ablation: bool
    atrium_in_field: Point  # mm from the middle of the field
    body: tuple[Ellipsoid, ...]  # of the atrium: main chamber, right and left antrum
    veins: tuple[Vein, ...]
    appendage: Tube
    ventricle: Ellipsoid
    mitral_point: Point
    mitral_normal: Point  # unit vector into the ventricle
    wall_mm: float
    chest_half_axes: tuple[float, float]  # x, y
    far: tuple[Organ, ...]  # lungs, spine, ...; in painting order
    near: tuple[Organ, ...]  # the heart's other chambers and vessels; in painting order
    warp: tuple[Waves, Waves, Waves]  # displacement of the heart along x, y, z, mm
    scar_spots: tuple[tuple[float, float, float, float], ...]  # x, y, z, radius
    scar_pattern: Waves  # there is scar only where this is high
    texture: Waves  # logarithm of the signal of all tissue but blood

    def branches(self) -> tuple[Tube, ...]:
        """What leaves the body of the atrium and counts as atrium."""
        return (self.appendage, *(vein.stump for vein in self.veins))

    def left_heart(self) -> tuple[Solid, ...]:
        """All solids of the left heart."""
        return (*self.body, *self.branches(), *(vein.beyond for vein in self.veins), self.ventricle)
