"""What a phantom is asked to be: its size, its patient and its scanner.

First in data/phantom; anatomy.py draws a patient from it, signal.py a scan. Lengths are mm.
"""

from dataclasses import dataclass

from atriacourse.bounds import check_settings
from atriacourse.errors import InputError

MOST_VOXELS = 2 * 640 * 640 * 88
Range = tuple[float, float]  # (low, high) of a uniform draw


@dataclass(frozen=True, kw_only=True)
class Site:
    """How the scans of one acquisition site look: ranges to draw from.

    Signals are relative to the blood in the left atrium (1.0). The numbers were set by comparing a cohort
    with the 80 real scans (realism.csv); none is from a paper.
    """

    blood_grey: Range  # 8-bit grey level of that blood, drawn on a logarithmic scale
    gamma: Range  # the grey scale: grey = blood_grey * signal ** gamma
    noise: Range  # SD of either channel of the complex noise
    smooth: Range  # how strongly the scanner filters, 0..1
    acquired_mm: Range  # voxel size before the scanner interpolates
    bias: Range  # SD of the logarithm of the coil's sensitivity
    background: Range  # mean signal of the tissue around the heart
    chest_half_width_mm: Range  # a narrower chest leaves more air in the field


SITES = {
    "A": Site(
        blood_grey=(40.0, 105.0),
        gamma=(0.85, 1.05),
        noise=(0.06, 0.11),
        smooth=(0.2, 0.6),
        acquired_mm=(1.0, 1.25),
        bias=(0.08, 0.16),
        background=(0.3, 0.45),
        chest_half_width_mm=(160.0, 180.0),
    ),
    "B": Site(
        blood_grey=(18.0, 50.0),
        gamma=(1.0, 1.25),
        noise=(0.09, 0.16),
        smooth=(0.0, 0.3),
        acquired_mm=(0.8, 1.05),
        bias=(0.1, 0.2),
        background=(0.38, 0.55),
        chest_half_width_mm=(140.0, 165.0),
    ),
}


@dataclass(frozen=True, kw_only=True)
class PhantomConfig:
    """Size of the volume and what is fixed of patient and scanner; None leaves it to the seed.

    The defaults make a small volume for a laptop. The official scans are `matrix=576, slices=88,
    field_mm=360` or `matrix=640, slices=88, field_mm=400`: 0.625 mm voxels both.
    """

    matrix: int = 144  # voxels along x and along y: a quarter of the official 576
    slices: int = 44  # half of the official 88
    field_mm: float = 360.0  # 576 x 0.625 mm
    slab_mm: float = 55.0  # 88 x 0.625 mm
    veins: int | None = None  # pulmonary veins, 2 to 5
    post_ablation: bool | None = None
    site: str | None = None  # "A" or "B"
    post_fraction: float = 0.6  # 94 of the challenge's 154 scans, 60 of its 100 training cases
    site_a_fraction: float = 0.5  # ours

    def __post_init__(self) -> None:
        """Check once, so that no other module has to."""
        check_settings(self, "phantom")
        voxels = self.matrix**2 * self.slices
        if voxels > MOST_VOXELS:
            raise InputError(
                f"matrix={self.matrix}, slices={self.slices}: {voxels:,} voxels are more than "
                f"{MOST_VOXELS:,}, twice the largest real scan (matrix=640, slices=88)"
            )
        if self.site is not None and self.site not in SITES:
            raise InputError(f"site={self.site!r}: must be one of {sorted(SITES)}, or None")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels, (z, y, x)."""
        return (self.slices, self.matrix, self.matrix)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Voxel size, (z, y, x)."""
        in_plane = self.field_mm / self.matrix
        return (self.slab_mm / self.slices, in_plane, in_plane)
