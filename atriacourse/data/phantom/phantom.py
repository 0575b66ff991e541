"""A synthetic left atrium in GE-MRI with known truth.

It stands where a scan would be read: config -> anatomy -> paint -> signal, and out comes a `Phantom`. It
needs no download and no licence, so the tests and the book run on it. Arrays are (z, y, x), the way up of
LA2018.
"""

from dataclasses import dataclass

import numpy as np

from atriacourse.bounds import bounded
from atriacourse.data.phantom.anatomy import draw_anatomy
from atriacourse.data.phantom.config import SITES, PhantomConfig
from atriacourse.data.phantom.paint import paint, voxel_axes
from atriacourse.data.phantom.signal import draw_scan, take_scan

VERSION = 2  # goes up when a seed gives another phantom than before


@dataclass(frozen=True, kw_only=True)
class Phantom:
    """One synthetic scan with its truth; arrays are (z, y, x)."""

    image: np.ndarray  # uint8
    mask: np.ndarray  # bool: cavity of the left atrium with appendage and vein stumps
    wall: np.ndarray  # bool: about 2 mm around the cavity, open at the mitral plane
    scar: np.ndarray  # bool: part of the wall
    spacing_mm: tuple[float, float, float]
    post_ablation: bool
    site: str
    veins: int


def make_phantom(config: PhantomConfig, *, seed: int) -> Phantom:
    """Make the phantom of a seed: the same bytes every time, the same patient at every matrix.

    (The same bytes on one kind of machine: on another processor a voxel may differ by one grey level.)

    Args: config: size, and what is fixed of patient and scanner. seed: 0 or more.
    Raises: InputError for a negative seed.
    """
    bounded("seed", seed)
    choice, body, scanner = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(3))
    # both are drawn even when the config fixes them, so that fixing one changes nothing else
    post, site = choice.random() < config.post_fraction, "BA"[choice.random() < config.site_a_fraction]
    post = bool(post) if config.post_ablation is None else config.post_ablation
    site = config.site or site
    anatomy = draw_anatomy(config, site=SITES[site], post_ablation=post, rng=body)
    drawn = draw_scan(SITES[site], post_ablation=post, rng=scanner)
    painted = paint(anatomy, drawn.tissues, config)
    return Phantom(
        image=take_scan(painted.signal, drawn, voxel_axes(anatomy, config), config),
        mask=painted.cavity,
        wall=painted.wall,
        scar=painted.scar,
        spacing_mm=config.spacing_mm,
        post_ablation=post,
        site=site,
        veins=len(anatomy.veins),
    )
