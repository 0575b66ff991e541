"""The worked checks: each asks one property of one stage, and is content with every sound pipeline.

After probes.py. A check takes a pipeline and returns True where it suspects a fault. (A reader may also
return a sentence, or use `assert`.) The tolerances leave room for rounding alone.
"""

from collections.abc import Callable

from atriacourse.clinic import probes
from atriacourse.clinic.fault import Probe
from atriacourse.clinic.pipeline import Pipeline

Check = Callable[[Pipeline], object]

TOLERANCES: dict[Probe, float] = {
    probes.load_parts_picture_and_mask: 0.0,
    probes.load_moves_the_scan: 0.0,
    probes.spacing_error_mm: 1e-6,
    probes.copies_parted: 0.0,
    probes.epochs_alike: 0.0,
    probes.augment_parts_picture_and_mask: 0.02,  # a pixel on the very border may fall on either side
    probes.padding_shifts_statistics: 0.01,
    probes.gamma_merges_levels: 0.1,
    probes.validation_wanders: 0.0,
    probes.parameters_missing: 0.0,
    probes.mask_loss_floor: 0.01,
    probes.label_loss_floor: 0.01,
    probes.gradient_grows: 0.01,
    probes.rate_astray: 1e-6,
    probes.held_out_cases_choose: 0.0,
    probes.company_matters: 1e-4,
    probes.prediction_shifts_statistics: 1e-3,
    probes.slices_misplaced: 0.0,
    probes.cleaning_eats: 0.0,
    probes.cleaning_cuts_branches: 0.0,
    probes.dice_of_nothing_counts: 1e-9,
    probes.assd_lopsided: 1e-9,
    probes.distance_ignores_spacing: 1e-9,
    probes.failures_left_out: 1e-9,
}


def check_from(probe: Probe, tolerance: float) -> Check:
    """A check that suspects a fault where the probe finds more than the tolerance."""

    def check(pipeline: Pipeline) -> bool:
        return probe(pipeline) > tolerance

    check.__name__, check.__doc__ = probe.__name__, probe.__doc__
    return check


def worked_checks() -> dict[str, Check]:
    """All of them, by the name of their probe."""
    return {probe.__name__: check_from(probe, tolerance) for probe, tolerance in TOLERANCES.items()}
