"""Everything about the optimisation but its length, as one record.

After training/{losses,curriculum,schedule}.py, before training/loop.py. Source: section 2.1.
"""

from dataclasses import dataclass, field

from atriacourse.bounds import check_settings
from atriacourse.errors import InputError
from atriacourse.training.curriculum import CurriculumConfig
from atriacourse.training.device import PRECISIONS
from atriacourse.training.losses import LossConfig
from atriacourse.training.schedule import ScheduleConfig

OPTIMISERS = ("sgd", "adamw", "muon")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Everything about the optimisation but its length."""

    optimiser: str = "sgd"  # section 2.1
    learning_rate: float = 0.001  # section 2.1
    momentum: float = 0.99  # section 2.1
    weight_decay: float = 5e-4  # section 2.1
    gradient_clip: float = 0.0  # largest gradient norm; 0 leaves it alone, as the paper
    average: float = 0.0  # ours: the part of the training that the weights are averaged over; 0: none
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    curriculum: CurriculumConfig = field(default_factory=CurriculumConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    precision: str = "auto"  # ours: bf16 where the hardware has it
    channels_last: bool = True  # ours: the memory layout convolutions like best
    validations: int = 20  # how often, evenly spread over the training
    save_seconds: float = 60.0  # at least this long between two checkpoints

    def __post_init__(self) -> None:
        """Refuse settings that make no sense."""
        if self.optimiser not in OPTIMISERS:
            raise InputError(f"optimiser must be one of {', '.join(OPTIMISERS)}, got {self.optimiser!r}")
        if self.precision not in PRECISIONS:
            raise InputError(f"precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}")
        check_settings(self, "training")
