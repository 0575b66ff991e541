"""What a phantom is asked to be: its size, its patient and its scanner.

First in data/phantom; anatomy.py draws a patient from it, signal.py a scan. Lengths are mm.
"""

from dataclasses import dataclass

from atriacourse.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Site:
    """How scans of one acquisition site differ from those of the other: ranges to draw from.

    Intensities are relative to the blood in the left atrium (1.0); each pair is (low, high) of a uniform draw.
    The numbers were set by comparing a cohort with the 80 real scans (realism.csv), not taken from a paper.
    """

    blood_grey: tuple[float, float]  # 8-bit grey level of the blood, drawn log-uniformly
    gamma: tuple[float, float]  # the grey scale is (signal / blood) ** gamma
    noise: tuple[float, float]  # SD of each channel of the complex noise
    bias: tuple[float, float]  # SD of the logarithm of the coil's smooth sensitivity
    background: tuple[float, float]  # mean signal of the tissue around the heart
    body_half_width_mm: tuple[float, float]  # a narrower body leaves more air in the field


SITES = {
    "A": Site(
        blood_grey=(40.0, 120.0),
        gamma=(0.85, 1.05),
        noise=(0.06, 0.11),
        bias=(0.06, 0.14),
        background=(0.25, 0.4),
        body_half_width_mm=(165.0, 185.0),
    ),
    "B": Site(
        blood_grey=(15.0, 50.0),
        gamma=(1.0, 1.25),
        noise=(0.09, 0.16),
        bias=(0.1, 0.22),
        background=(0.35, 0.55),
        body_half_width_mm=(140.0, 165.0),
    ),
}


@dataclass(frozen=True, kw_only=True)
class PhantomConfig:
    """Size of the volume and what is fixed about the patient; None leaves it to the seed.

    The defaults make a small volume for a laptop. The official scans are `matrix=576, slices=88` with
    `field_mm=360` or `matrix=640, slices=88` with `field_mm=400`: 0.625 mm voxels both.
    """

    matrix: int = 144  # voxels along x and along y: a quarter of 576
    slices: int = 44  # half of 88
    field_mm: float = 360.0  # 576 x 0.625 mm
    slab_mm: float = 55.0  # 88 x 0.625 mm
    veins: int | None = None  # pulmonary veins, 2 to 5
    post_ablation: bool | None = None
    site: str | None = None  # "A" or "B"
    post_fraction: float = 0.6  # 94 of the 154 scans of the challenge are post-ablation
    site_a_fraction: float = 0.5  # ours

    def __post_init__(self) -> None:
        """Check once, so that no other module has to."""
        if self.matrix < 32 or self.slices < 8:
            raise InputError(
                f"matrix={self.matrix}, slices={self.slices}: the veins vanish below 32 x 32 x 8; "
                "ask for more (the default is matrix=144, slices=44)"
            )
        if not 200.0 <= self.field_mm <= 600.0:
            raise InputError(f"field_mm={self.field_mm}: a chest needs 200 to 600 mm (the default is 360)")
        if not 40.0 <= self.slab_mm <= 80.0:
            raise InputError(f"slab_mm={self.slab_mm}: the atrium needs 40 to 80 mm (the default is 55)")
        if self.veins is not None and self.veins not in (2, 3, 4, 5):
            raise InputError(f"veins={self.veins}: must be 2, 3, 4 or 5, or None to leave it to the seed")
        if self.site is not None and self.site not in SITES:
            raise InputError(f"site={self.site!r}: must be one of {sorted(SITES)}, or None")
        for name in ("post_fraction", "site_a_fraction"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InputError(f"{name}={getattr(self, name)}: must lie in 0..1")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels, (z, y, x)."""
        return (self.slices, self.matrix, self.matrix)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Voxel size, (z, y, x)."""
        in_plane = self.field_mm / self.matrix
        return (self.slab_mm / self.slices, in_plane, in_plane)
