"""Draw a patient: the numbers that describe one chest around one left atrium.

After shapes.py, before paint.py. `draw_anatomy` consumes the generator; what it returns knows nothing of voxels,
so that the same seed is the same patient at any matrix. Points are (x, y, z) in mm from the middle of the atrium:
x to the patient's left (image right), y to the back (image bottom), z to the head.

The proportions are those of the challenge's scans under the 0.625 mm isotropic assumption. If the slices are
1.25 mm apart, as another paper says (FACTS in the book: "spacing conflict"), real bodies are twice as tall.
"""

from dataclasses import dataclass

import numpy as np

from atriacourse.data.phantom.config import PhantomConfig
from atriacourse.data.phantom.shapes import Ellipsoid, Solid, Tube, Waves, draw_waves

FLAT = 0.6  # height over width of vessels that lie in the axial plane (spacing conflict, above)
VEIN_COUNTS = {2: 0.05, 3: 0.15, 4: 0.6, 5: 0.2}  # four is the textbook; ours beyond that


@dataclass(frozen=True, kw_only=True)
class Organ:
    """One painted thing: a union of solids of one tissue, with a wall of another around it."""

    name: str
    tissue: str
    solids: tuple[Solid, ...]
    wall_tissue: str = ""
    wall_mm: float = 0.0
    blend_mm: float = 4.0


@dataclass(frozen=True, kw_only=True)
class Vein:
    """A pulmonary vein: the stump that counts as atrium, and the vessel that goes on into the lung."""

    name: str
    ostium: tuple[float, float, float]  # where it leaves the body of the atrium
    stump: Tube
    beyond: Tube


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """Everything drawn about one patient."""

    post_ablation: bool
    atrium_in_field: tuple[float, float, float]  # mm from the middle of the field
    body: tuple[Solid, ...]  # of the atrium
    veins: tuple[Vein, ...]
    appendage: Tube
    ventricle: Ellipsoid
    mitral_point: tuple[float, float, float]
    mitral_normal: tuple[float, float, float]  # unit, into the ventricle
    wall_mm: float
    chest_half_axes: tuple[float, float]  # x, y
    around: tuple[Organ, ...]  # in painting order
    warp: tuple[Waves, Waves, Waves]  # displacement in mm along x, y, z
    scar_spots: tuple[tuple[float, float, float, float], ...]  # x, y, z, radius
    scar_pattern: Waves  # scar only where this is high
    texture: Waves  # of the tissue around the heart


def _near(rng: np.random.Generator, *centre: float, sd: float) -> tuple[float, float, float]:
    """A point scattered about a centre."""
    x, y, z = np.array(centre) + sd * rng.standard_normal(3) * (1, 1, 0.7)
    return (float(x), float(y), float(z))


def _draw_body(rng: np.random.Generator, size: float) -> tuple[Solid, ...]:
    """A main chamber with an antrum to the right and one to the left."""
    depth, height, width = np.exp(0.08 * rng.standard_normal(3)) * size
    main = Ellipsoid(
        centre=_near(rng, 6 * size, 0, -1.5, sd=1.0),
        half_axes=(30 * width, 22 * depth, 16.5 * height),
        turn_deg=rng.normal(-12, 8),
        tilt_deg=rng.normal(0, 8),
    )
    right = Ellipsoid(
        centre=_near(rng, -18 * size, 3, 3, sd=1.5),
        half_axes=(22 * width, 15 * depth, 10 * height),
        turn_deg=rng.normal(-15, 10),
        tilt_deg=rng.normal(-12, 6),
    )
    left = Ellipsoid(
        centre=_near(rng, 20 * size, 3, 7, sd=1.5),
        half_axes=(17 * width, 14 * depth, 9 * height),
        turn_deg=rng.normal(15, 12),
    )
    return (main, right, left)


# start, direction at the body, direction further on, radius; mm for a middle-sized atrium
VEIN_PLAN = {
    "right inferior": ((-28, 8, 0), (-14, 9, -1), (-16, 12, -3), 5.5),
    "right superior": ((-30, -3, 7), (-14, -3, 5), (-15, -4, 9), 6.0),
    "right middle": ((-31, 1, 4), (-15, 0, 1), (-16, -6, 0), 3.5),
    "right common": ((-30, 3, 4), (-16, 2, 2), (-16, 6, 3), 8.0),
    "left inferior": ((27, 12, 5), (8, 14, 1), (16, 14, -2), 5.0),
    "left superior": ((22, 2, 11), (7, 5, 9), (14, 5, 10), 6.5),
    "left common": ((25, 8, 9), (9, 9, 6), (16, 9, 4), 8.0),
}
VEIN_SETS = {
    2: ("right common", "left common"),
    3: ("right inferior", "right superior", "left common"),
    4: ("right inferior", "right superior", "left inferior", "left superior"),
    5: ("right inferior", "right superior", "right middle", "left inferior", "left superior"),
}


def _draw_vein(rng: np.random.Generator, name: str, size: float) -> Vein:
    start, leave, go_on, radius = VEIN_PLAN[name]
    calibre = radius * size**0.5 * np.exp(0.15 * rng.standard_normal())
    ostium = np.array(_near(rng, *(size * np.array(start)), sd=1.5))
    length = rng.uniform(0.6, 1.4)
    turned = leave * np.exp(0.2 * rng.standard_normal(3))
    first = ostium + 0.5 * length * turned
    tip = first + 0.5 * length * turned + 1.5 * rng.standard_normal(3)
    middle = tip + rng.uniform(0.6, 1.2) * np.array(go_on)
    end = middle + rng.uniform(0.6, 1.2) * np.array(go_on) + 3 * rng.standard_normal(3)
    points = [tuple(float(v) for v in point) for point in (ostium, first, tip, middle, end)]
    radii = calibre * np.array([1.15, 0.9, 0.8, 0.6, 0.4])
    return Vein(
        name=name,
        ostium=points[0],
        stump=Tube(nodes=tuple(points[:3]), radii=tuple(radii[:3]), flat=FLAT),
        beyond=Tube(nodes=tuple(points[2:]), radii=tuple(radii[2:]), flat=FLAT),
    )


def _draw_appendage(rng: np.random.Generator, size: float) -> Tube:
    """A finger that leaves the left front and bends forward and up, a ridge away from the left superior vein."""
    start = np.array(_near(rng, 24 * size, -6 * size, 6 * size, sd=1.5))
    steps = np.array([(9, -5, 4), (4, -8, 3), (0, -7, 2)]) * size * rng.uniform(0.6, 1.3)
    nodes = start + np.concatenate([np.zeros((1, 3)), np.cumsum(steps + rng.standard_normal((3, 3)), axis=0)])
    radii = size * np.array([8, 7, 6, 3.5]) * np.exp(0.12 * rng.standard_normal(4))
    return Tube(
        nodes=tuple(tuple(float(v) for v in node) for node in nodes),
        radii=tuple(map(float, radii)),
        flat=FLAT,
    )


def _draw_lung_vessels(rng: np.random.Generator) -> tuple[Solid, ...]:
    """Short bright twigs on both sides of the heart."""
    twigs = []
    for _ in range(36):
        side = rng.choice((-1, 1))
        start = np.array([side * rng.uniform(45, 90), rng.uniform(-30, 40), rng.uniform(-28, 30)])
        end = start + (side, 0.3, 0.3) * rng.uniform(-8, 14, size=3)
        radius = float(np.exp(rng.normal(0.5, 0.4)))
        twigs.append(Tube(nodes=(tuple(start), tuple(end)), radii=(radius, 0.7 * radius), flat=FLAT))
    return tuple(twigs)


def _draw_around(rng: np.random.Generator, size: float) -> tuple[Organ, ...]:
    """The neighbours of the left heart, those further back first."""
    aorta = rng.uniform(10.5, 13.5)
    root = rng.uniform(13, 17)
    da_x, da_y = rng.normal(22, 4), 22 * size + aorta + rng.uniform(1, 5)
    spine_x = da_x - aorta - rng.uniform(14, 20)
    spine_y = da_y + rng.uniform(10, 16)
    lean = rng.uniform(-0.15, 0.15)
    pa_z = 17 * size + rng.uniform(4, 8)
    organs = [
        Organ(
            name="right lung", tissue="lung", solids=(Ellipsoid(centre=(-92, 5, 0), half_axes=(52, 88, 90)),)
        ),
        Organ(
            name="left lung", tissue="lung", solids=(Ellipsoid(centre=(98, 10, 0), half_axes=(48, 84, 90)),)
        ),
        Organ(
            name="mediastinum",
            tissue="fat",
            solids=(Ellipsoid(centre=(0, -15, 0), half_axes=(62, 66, 110)),),
        ),
        Organ(
            name="liver",
            tissue="liver",
            solids=(Ellipsoid(centre=_near(rng, -80, -20, -62, sd=5), half_axes=(55, 60, 44)),),
        ),
        Organ(
            name="spine",
            tissue="marrow",
            solids=(Ellipsoid(centre=(spine_x, spine_y + 20, 0), half_axes=(20, 19, 400)),),
            wall_tissue="bone edge",
            wall_mm=1.5,
        ),
        Organ(name="lung vessels", tissue="vessel", solids=_draw_lung_vessels(rng), blend_mm=1.0),
        Organ(
            name="oesophagus",
            tissue="muscle",
            solids=(
                Tube(
                    nodes=((da_x - 8, 22 * size + 3, -40), (spine_x + 8, 22 * size + 4, 40)),
                    radii=(5.0, 5.0),
                ),
            ),
            wall_tissue="bone edge",
            wall_mm=1.0,
        ),
        Organ(
            name="right ventricle",
            tissue="right blood",
            solids=(Ellipsoid(centre=_near(rng, 12, -62, -16, sd=4), half_axes=(44, 26, 24), turn_deg=-25),),
            wall_tissue="muscle",
            wall_mm=2.5,
        ),
        Organ(
            name="right atrium",
            tissue="right blood",
            solids=(
                Ellipsoid(centre=_near(rng, -27, -30 * size, -13, sd=3), half_axes=(25, 26, 21), turn_deg=30),
                Tube(nodes=((-28, -2, -14), (-30, 6, -45)), radii=(13.0, 12.0)),
                Tube(nodes=((-25, -22 * size, -5), (-24, -20 * size, 45)), radii=(10.0, rng.uniform(8, 10))),
            ),
            wall_tissue="muscle",
            wall_mm=1.8,
        ),
        Organ(
            name="pulmonary artery",
            tissue="right blood",
            solids=(
                Tube(
                    nodes=((16, -62, -2), (24, -40, pa_z - 4), (18, -14, pa_z), (-40, 10, pa_z + 1)),
                    radii=(13.0, 13.0, 11.5, 9.0),
                    flat=FLAT,
                ),
                Tube(nodes=((24, -36, pa_z), (38, 6, pa_z + 8)), radii=(12.0, 10.0), flat=FLAT),
            ),
            wall_tissue="muscle",
            wall_mm=1.2,
        ),
        Organ(
            name="ascending aorta",
            tissue="aortic blood",
            solids=(
                Tube(nodes=((6, -24 * size - 8, -6), (-4, -24 * size - 14, 45)), radii=(root, root - 1)),
            ),
            wall_tissue="muscle",
            wall_mm=1.5,
        ),
        Organ(
            name="descending aorta",
            tissue="aortic blood",
            solids=(
                Tube(
                    nodes=((da_x - 40 * lean, da_y + 2, -40), (da_x + 40 * lean, da_y, 40)),
                    radii=(aorta - 0.5, aorta),
                ),
            ),
            wall_tissue="bone edge",
            wall_mm=1.2,
        ),
    ]
    return tuple(organs)


def _draw_scar(
    rng: np.random.Generator, veins: tuple[Vein, ...], *, post: bool
) -> tuple[tuple[float, ...], ...]:
    """Ablation rings the ostia; without it there are a few small native spots."""
    if post:
        return tuple((*vein.ostium, vein.stump.radii[0] + rng.uniform(4, 9)) for vein in veins)
    return tuple((*_near(rng, 0, 10, 3, sd=16), rng.uniform(2, 6)) for _ in range(rng.integers(0, 4)))


def draw_anatomy(config: PhantomConfig, *, post_ablation: bool, rng: np.random.Generator) -> Anatomy:
    """Draw one patient; only `config.veins` of the config is used, never its matrix."""
    size = float(np.exp(0.11 * rng.standard_normal()))  # linear; the volume goes with its cube
    counts = list(VEIN_COUNTS)
    drawn_count = int(rng.choice(counts, p=list(VEIN_COUNTS.values())))
    veins = tuple(_draw_vein(rng, name, size) for name in VEIN_SETS[config.veins or drawn_count])
    normal = np.array([0.72, -0.45, -0.52]) + 0.08 * rng.standard_normal(3)
    normal /= np.linalg.norm(normal)
    mitral = np.array([10, -4, -3]) * size + normal * (17 * size + rng.normal(0, 1.5))
    ventricle = mitral + normal * 26
    return Anatomy(
        post_ablation=post_ablation,
        atrium_in_field=(rng.normal(0, 8), rng.normal(5, 8), float(np.clip(rng.normal(3.0, 3.5), -6, 10))),
        body=_draw_body(rng, size),
        veins=veins,
        appendage=_draw_appendage(rng, size),
        ventricle=Ellipsoid(
            centre=tuple(float(v) for v in ventricle),
            half_axes=(38, 21, 17),
            turn_deg=float(np.rad2deg(np.arctan2(normal[1], normal[0]))),
            tilt_deg=-15,
        ),
        mitral_point=tuple(float(v) for v in mitral),
        mitral_normal=tuple(float(v) for v in normal),
        wall_mm=rng.uniform(1.6, 2.6),
        chest_half_axes=(rng.uniform(150, 180), rng.uniform(105, 122)),
        around=_draw_around(rng, size),
        warp=tuple(draw_waves(rng, sd=1.5, shortest_mm=30, longest_mm=90) for _ in range(3)),
        scar_spots=_draw_scar(rng, veins, post=post_ablation),
        scar_pattern=draw_waves(rng, sd=1.0, shortest_mm=8, longest_mm=25, modes=32),
        texture=draw_waves(rng, sd=1.0, shortest_mm=5, longest_mm=30, modes=64),
    )
