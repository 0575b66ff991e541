"""Draw a patient: the numbers that describe one chest around one left atrium.

After atrium.py and neighbours.py, before paint.py. `draw_anatomy` consumes the generator; what it returns
knows nothing of voxels, so the same seed is the same patient at any matrix.

The proportions are those of the challenge's scans under the 0.625 mm isotropic assumption of the paper. If
the slices are 1.25 mm apart, as another paper of the challenge's group says, real bodies are twice as tall:
that is why everything here looks flat.
"""

import numpy as np

from atriacourse.data.phantom.atrium import (
    VEIN_COUNT_CHANCES,
    VEIN_PLAN,
    VEIN_SETS,
    as_point,
    draw_appendage,
    draw_body,
    draw_mitral_plane,
    draw_scar,
    draw_vein,
)
from atriacourse.data.phantom.neighbours import draw_far, draw_landmarks, draw_near
from atriacourse.data.phantom.patient import Anatomy
from atriacourse.data.phantom.phantom_config import PhantomConfig, Site
from atriacourse.data.phantom.shapes import Ellipsoid, triple
from atriacourse.data.phantom.waves import draw_waves

TEXTURE_SD = 0.6  # of the logarithm of the signal of tissue; ours


def draw_anatomy(
    config: PhantomConfig, *, site: Site, post_ablation: bool, rng: np.random.Generator
) -> Anatomy:
    """Draw one patient; of the config only `veins` is used, never the matrix."""
    size = float(np.exp(rng.uniform(-0.17, 0.13)))  # of the atrium, linear: its volume goes with the cube
    counts, chances = zip(*VEIN_COUNT_CHANCES.items(), strict=True)
    # count and veins are all drawn even if few are used: fixing their number then changes nothing else
    count = int(rng.choice(counts, p=chances))
    possible = {name: draw_vein(rng, name, size) for name in VEIN_PLAN}
    veins = tuple(possible[name] for name in VEIN_SETS[config.veins or count])
    body = draw_body(rng, size)
    mitral_point, mitral_normal = draw_mitral_plane(rng, body[0])
    marks = draw_landmarks(rng, size)
    # a large atrium lies lower, or its veins would leave the slab
    atrium_in_field = (rng.normal(0, 8), rng.normal(5, 8), rng.uniform(-2, 8) - 15 * (size - 1))
    chest_half_axes = (rng.uniform(*site.chest_half_width_mm), rng.uniform(105, 122))
    return Anatomy(
        post_ablation=post_ablation,
        atrium_in_field=atrium_in_field,
        body=body,
        veins=veins,
        appendage=draw_appendage(rng, size),
        ventricle=Ellipsoid(
            centre=as_point(mitral_point + 28 * mitral_normal),
            half_axes=(38, 19, 15),
            turn_deg=float(np.rad2deg(np.arctan2(mitral_normal[1], mitral_normal[0]))),
            tilt_deg=float(np.rad2deg(np.arcsin(mitral_normal[2]))),
        ),
        mitral_point=as_point(mitral_point),
        mitral_normal=as_point(mitral_normal),
        wall_mm=rng.uniform(1.6, 2.6),
        chest_half_axes=chest_half_axes,
        far=draw_far(rng, marks, chest_x=-atrium_in_field[0], chest_half_axes=chest_half_axes),
        near=draw_near(rng, size, marks),
        warp=triple(draw_waves(rng, sd=1.5, shortest_mm=30, longest_mm=90) for _ in range(3)),
        scar_pattern=draw_waves(rng, sd=1.0, shortest_mm=8, longest_mm=25, modes=32),
        texture=draw_waves(rng, sd=TEXTURE_SD, shortest_mm=4, longest_mm=30, modes=96),
        # last, because it takes as many numbers as there are veins
        scar_spots=draw_scar(rng, veins, post_ablation=post_ablation),
    )
