"""What every chapter sets up in its first cell: profile, scans, device, and a folder to work in.

After scans.py; used by the pages of book/. `profile` and `data` are each chapter's parameters: a name, or
None to let the machine decide: "colab" with a GPU, else "laptop"; real scans where found, else phantoms.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd
import torch

from atriacourse.data.phantom import PhantomConfig
from atriacourse.errors import InputError
from atriacourse.pages.bench.scans import Scans, chapter_scans
from atriacourse.runs.config import RunConfig, dotted, override, to_json
from atriacourse.runs.profiles import profile as settings_of
from atriacourse.runs.recipes import ON_PHANTOMS
from atriacourse.training.device import keep_cpu_fast

PROFILES = ("smoke", "laptop", "colab", "paper")  # from seconds to the paper's own recipe
WORK = "ATRIACOURSE_WORK"  # the folder where chapters keep what they made; a temporary one if unset
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """How one chapter runs here; made by `begin`."""

    name: str
    profile: str  # one of PROFILES
    data: str | None  # as given
    seed: int
    work: Path  # what the chapter writes lies below

    def pick(self, *, smoke: T, laptop: T | None = None, colab: T | None = None, paper: T | None = None) -> T:
        """The value for this profile; where none is given, that of the next smaller one."""
        values = [smoke, laptop, colab, paper]
        given = [value for value in values[: PROFILES.index(self.profile) + 1] if value is not None]
        return given[-1]

    def scans(self, *, cases: int, phantom: PhantomConfig | None = None) -> Scans:
        """The scans to work on, at most `cases` of them; `.cohort`, and `.said`: a sentence on where from."""
        found = chapter_scans(
            self.data, scratch=self.work, phantom=phantom or PhantomConfig(), cases=cases, seed=self.seed
        )
        names = found.cohort.names
        said = found.said if cases >= len(names) else f"{cases} of {found.said}"
        return Scans(found.cohort.subset(names[:cases]), said)

    def training(self, *changes: str, minutes: float | None = None) -> RunConfig:
        """Settings for a training in a chapter: short ones at "smoke", the profile's own otherwise.

        Args: changes: overrides by dotted name, as in `override`. minutes: of the profiles "laptop" and
            "colab", in place of their own.
        """
        config = settings_of(self.profile)
        if self.profile == "smoke":
            config = override(config, ON_PHANTOMS)
        elif minutes is not None and config.minutes is not None:
            config = override(config, [f"minutes={minutes}"])
        return override(config, list(changes))

    def folder(self, name: str) -> Path:
        """A folder below `work`, not yet made: give it to `train_run`, which goes on with what is there."""
        return self.work / name


def begin(name: str, *, profile: str | None, data: str | None, seed: int) -> Chapter:
    """Settle how a chapter runs on this machine.

    Args: name: of the chapter, e.g. "03_contrast". profile: one of PROFILES, None by the device.
        data: see `chapter_scans`. seed: of everything random in the chapter.
    Raises: InputError for another profile.
    """
    if profile is None:
        profile = "colab" if torch.cuda.is_available() else "laptop"
    if profile not in PROFILES:
        raise InputError(f"profile must be one of {', '.join(PROFILES)} or None, got {profile!r}")
    if profile == "smoke":
        torch.set_num_threads(1)  # networks so small are not worth sharing out
    keep_cpu_fast()
    kept = os.environ.get(WORK)
    work = Path(kept) / name if kept else Path(tempfile.mkdtemp(prefix=f"{name}-"))
    work.mkdir(parents=True, exist_ok=True)
    return Chapter(name=name, profile=profile, data=data, seed=seed, work=work)


def changed_settings(config: RunConfig, *, than: RunConfig) -> pd.DataFrame:
    """What differs between two sets of settings: a row each, by dotted name, with both values."""
    theirs, ours = dotted(to_json(than)), dotted(to_json(config))
    rows = {
        name: {than.profile: theirs[name], "here": ours[name]} for name in ours if ours[name] != theirs[name]
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=[than.profile, "here"], dtype=object)
