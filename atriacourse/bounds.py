"""The bounds of every number that a user can give, on the command line, with `--set`, or to a function.

Beside errors.py; every folder of the package may use it. A setting is named by the two last parts of its
dotted name ("gamma.low" for augmentation.gamma.low), an option by its own. The bounds keep a machine from
being filled or kept busy for ever by a slip of the hand; what a study may sensibly ask for lies well inside.
"""

import os
from dataclasses import fields
from numbers import Integral, Real
from typing import Any, NamedTuple

from atriacourse.errors import InputError

MOST_ENTRIES = 32  # of a list of settings: widths, crops, zooms, neighbours
LONGEST = 60  # characters of a refused value that a message repeats
CORES = os.cpu_count() or 1


class Bound(NamedTuple):
    """What a number may be; both ends are allowed, and bounds that are whole ask for whole numbers."""

    low: int | float
    high: int | float
    why: str  # of the high bound, or of both

    @property
    def whole(self) -> bool:
        """Whether only whole numbers will do."""
        return isinstance(self.low, int)

    @property
    def says(self) -> str:
        """The bounds in words."""
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low:{'d' if self.whole else 'g'}} to {_plain(self.high)}"


PROBABILITY = Bound(0.0, 1.0, "a probability")
STRENGTH = Bound(0.0, 10.0, "grey levels lie in 0..1")
POWER = Bound(0.01, 100.0, "a power law beyond leaves a slice of one grey level")
ZOOM = Bound(0.1, 10.0, "beyond, no atrium is left to see")
REGIONS = Bound(1, 64, "a side; the paper has 8")
CLIP_LIMIT = Bound(1e-6, 1.0, "a fraction of a region's pixels")
EPOCHS = Bound(1, 100_000, "fifty times the authors' 2000")
WIDTH = Bound(1, 4096, "eight times the paper's widest layer")
# A bag's members have the seed 1000 * seed + member, and every generator takes numbers below 2**63.
SEED = Bound(0, 2**53 - 1, "the largest whole number that every program reads from JSON as it was written")

BOUNDS = {
    "seed": SEED,
    "seeds": Bound(1, 1000, "as many as a study can be repeated with"),
    "threads": Bound(1, max(64, 2 * CORES), f"this machine has {CORES} cores"),
    "jobs": Bound(1, 1000, "workers at once, of a large cluster"),
    "processes": Bound(1, max(16, 4 * CORES), f"this machine has {CORES} cores, and each takes memory"),
    "members": Bound(1, 100, "each is a training of its own; the paper has five"),
    "folds": Bound(2, 1000, "each part holds a scan or more"),
    "folds.number": Bound(1, 1000, "which of the folds"),
    "cases": Bound(1, 10_000, "a hundred times the challenge's training set"),
    "spacing_mm": Bound(0.01, 50.0, "millimetres; the scans have about 0.6"),
    "most_voxels": Bound(1, 10**11, "of one scan; the largest real ones have 36 million"),
    "grade.minutes": Bound(0.1, 1440.0, "of one submission: a day"),
    "grade.memory_gb": Bound(0.5, 1024.0, "of one submission"),
    "epochs": EPOCHS,
    "epochs.times": Bound(0.001, 1000.0, "of the scale's own epochs"),
    "work": Bound(1e-6, 1e6, "TFLOP; the authors' 2000 epochs are 700,000"),
    "minutes": Bound(0.001, 525_600.0, "a year"),
    "validation": Bound(0.001, 0.99, "a part of the training cases, and some must be left to train on"),
    "prepare.downsample": Bound(1, 16, "a coarser grid has no atrium"),
    "prepare.offsets": Bound(-500, 500, "slices away; a scan has about 88"),
    "prepare.clahe_regions": REGIONS,
    "prepare.clahe_clip_limit": CLIP_LIMIT,
    "prepare.auto_gamma_bounds": POWER,
    "contrast.regions": REGIONS,
    "contrast.clip_limit": CLIP_LIMIT,
    "contrast.gamma_bounds": POWER,
    "geometry.flip_up_down": PROBABILITY,
    "geometry.flip_left_right": PROBABILITY,
    "geometry.rotation_degrees": Bound(0.0, 180.0, "half a turn to either side is every angle"),
    "geometry.shift": Bound(0.0, 0.99, "part of the slice's own size; beyond, none of it is seen"),
    "geometry.zoom_low": ZOOM,
    "geometry.zoom_high": ZOOM,
    "gamma.probability": PROBABILITY,
    "gamma.low": POWER,
    "gamma.high": POWER,
    "intensity.bias": STRENGTH,
    "intensity.noise": STRENGTH,
    "tone.probability": PROBABILITY,
    "tone.knots": Bound(2, 256, "a curve is straight between knots, and there are 256 grey levels"),
    "network.inputs": Bound(1, MOST_ENTRIES, "slices shown at once"),
    "network.encoder": WIDTH,
    "network.decoder": WIDTH,
    "network.poolings": Bound(1, 8, "each halves the slice"),
    "network.label_stage": Bound(0, 8, "a pooling of the encoder"),
    "network.grids": Bound(1, 32, "bins along a side; the paper's finest grid has 8"),
    "network.hidden": WIDTH,
    "network.fold": Bound(1, 8, "pixels a side; the mask has to be unfolded from one place"),
    "network.dropout": Bound(0.0, 0.99, "a probability; at 1 nothing is left"),
    "training.learning_rate": Bound(1e-12, 1e9, "far beyond what diverges"),
    "training.momentum": Bound(0.0, 0.9999, "at 1 no step is ever forgotten"),
    "training.weight_decay": Bound(0.0, 10.0, "beyond, the weights are gone after a step"),
    "training.gradient_clip": Bound(0.0, 1e6, "0 leaves the gradient alone"),
    "training.average": Bound(0.0, 1.0, "part of the training; 0 leaves the weights as they are"),
    "training.validations": Bound(1, 10_000, "each predicts all validation cases"),
    "training.save_seconds": Bound(0.0, 86_400.0, "a day without a checkpoint"),
    "schedule.factor": Bound(1e-6, 1.0, "of the rate before; the rate falls"),
    "schedule.every": EPOCHS,
    "schedule.warmup": Bound(0.0, 0.99, "part of the training"),
    "curriculum.sizes": Bound(1, 2048, "pixels; the largest scans have 640"),
    "curriculum.batch_sizes": Bound(1, 4096, "slices at a time"),
    "curriculum.passes": Bound(1, 1000, "over the cohort in an epoch"),
    "curriculum.slices_per_case": Bound(1, 1000, "in a pass; a scan has about 88"),
    "loss.label_weight": Bound(0.0, 10_000.0, "lambda; beyond, the mask counts for nothing"),
    "prediction.batch_size": Bound(1, 1024, "slices at a time; a scan has about 88"),
    "prediction.zooms": Bound(0.5, 2.0, "sizes of the slice; 1 changes nothing"),
    "prediction.smooth_z": Bound(0.0, 20.0, "slices; a scan has about 88, of which the atrium takes 55"),
    "postprocessing.closing_radius": Bound(0, 20, "voxels: with 20, gaps as wide as the atrium are filled"),
    "postprocessing.connectivity": Bound(6, 26, "neighbours of a voxel: 6, 18 or 26"),
    "phantom.matrix": Bound(32, 1280, "voxels a side, twice the scans' own; below 32 the veins vanish"),
    "phantom.slices": Bound(8, 352, "four times the scans' own; below 8 the veins vanish"),
    "phantom.field_mm": Bound(200.0, 600.0, "a chest takes 360"),
    "phantom.slab_mm": Bound(40.0, 80.0, "the atrium takes 55"),
    "phantom.veins": Bound(2, 5, "pulmonary veins"),
    "phantom.post_fraction": PROBABILITY,
    "phantom.site_a_fraction": PROBABILITY,
}


def bounded(name: str, value: Any, *, called: str | None = None) -> Any:
    """The same value, if it is a number within the bounds of that name.

    Args: called: what the message calls it, if not by its name.
    Raises: InputError with the name, the bounds, their reason and what came: also for true and false, NaN
        and infinity, and a fraction or "2.0" where a whole number is needed.
    """
    bound = BOUNDS[name]
    right = isinstance(value, Integral if bound.whole else Real) and not isinstance(value, bool)
    if not right or not bound.low <= value <= bound.high:
        raise InputError(refusal(name, value, called=called))
    return value


def parsed(name: str, text: Any, *, called: str | None = None) -> Any:
    """A word of the command line as a number within bounds. Raises: InputError as `bounded`."""
    try:
        value = (int if BOUNDS[name].whole else float)(text) if isinstance(text, str) else text
    except ValueError:
        value = text
    return bounded(name, value, called=called)


def check_settings(config: Any, topic: str = "") -> None:
    """Check every number of a dataclass of settings, and each one of a list; None stays where it may stand.

    Args: topic: the first part of the names in `BOUNDS`, e.g. "gamma". Raises: InputError as `bounded`.
    """
    for item in fields(config):
        name, value = f"{topic}.{item.name}".lstrip("."), getattr(config, item.name)
        if name not in BOUNDS or (value is None and item.default is None):
            continue
        many = isinstance(value, tuple | list)
        if many and len(value) > MOST_ENTRIES:
            raise InputError(f"{name} has {len(value)} entries; it may have {MOST_ENTRIES}")
        for one in value if many else (value,):
            bounded(name, one)


def refusal(name: str, value: Any, *, called: str | None = None) -> str:
    """Why a value will not do, in one line."""
    return f"{called or name} must be {BOUNDS[name].says} ({BOUNDS[name].why}), got {shown(value)}"


def shown(value: Any) -> str:
    """A value that came from outside, short enough for a message of one line."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        text = "a number of thousands of digits"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _plain(number: int | float) -> str:
    return f"{number:.15g}" if isinstance(number, float) else str(number)
