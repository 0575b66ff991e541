"""Bagging: train the same network on several subsets, into one folder, member by member.

After runs/train.py. Source: section 3.4, last paragraph (five networks, each on a random subset); the
authors' file names suggest five folds instead (`subsets="folds"`); "all" changes the seed alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from atriacourse.data.case import Cohort
from atriacourse.data.splits import Split, member_subsets
from atriacourse.errors import InputError
from atriacourse.runs.config import RunConfig, to_json, told_apart, write_json
from atriacourse.runs.folder import is_done, saved_bag
from atriacourse.runs.ours import held, refuse_foreign
from atriacourse.runs.train import train_run
from atriacourse.runs.watcher import Silent, Watcher
from atriacourse.training.loop import Trainer


def train_bag(
    cohort: Cohort,
    folder: Path | str,
    *,
    config: RunConfig,
    split: Split,
    members: int = 5,
    subsets: str = "bootstrap",
    seed: int = 0,
    device: str = "auto",
    watcher: Watcher | None = None,
    on_trainer: Callable[[Trainer], None] = lambda trainer: None,
) -> bool:
    """Train `members` networks on subsets of `split.train`; the same call again goes on where it stopped.

    Args:
        split: its held-out side stays unseen by every member.
        subsets: "bootstrap" (the paper), "folds" or "all"; see `member_subsets`.
        seed: of the subsets; member k trains with seed + k. Others: as in `train_run`.
    Returns: True if all members are done, False if stopped on request.
    Raises: InputError if the folder holds another bag, and as `train_run`.
    """
    folder, watcher = Path(folder), watcher or Silent()
    training = cohort.subset(split.train)
    inner = member_subsets(training, subsets=subsets, seed=seed, members=members, groups=split.groups)
    with held(folder, "bag"):
        _begin(folder, config, split, members=members, subsets=subsets, seed=seed)
        return _train_members(
            cohort,
            folder,
            inner,
            config=config,
            seed=seed,
            device=device,
            watcher=watcher,
            on_trainer=on_trainer,
        )


def _train_members(
    cohort: Cohort,
    folder: Path,
    inner: Sequence[Split],
    *,
    config: RunConfig,
    seed: int,
    device: str,
    watcher: Watcher,
    on_trainer: Callable[[Trainer], None],
) -> bool:
    members = len(inner)
    for number, member in enumerate(inner):
        run = folder / f"member_{number}"
        if is_done(run):
            watcher.say(f"member {number} of {members} is done already")
            continue
        watcher.say(f"member {number} of {members}: {len(set(member.train))} different cases")
        member = replace(member, cohort=cohort.name)
        if not train_run(
            cohort,
            run,
            config=config,
            split=member,
            seed=seed + number,
            device=device,
            watcher=watcher,
            on_trainer=on_trainer,
        ):
            return False
    return True


def _begin(folder: Path, config: RunConfig, split: Split, *, members: int, subsets: str, seed: int) -> None:
    setup = {
        "config": to_json(config),
        "subsets": subsets,
        "seed": seed,
        "members": [f"member_{number}" for number in range(members)],
    }
    if (folder / "config.json").is_file():
        raise InputError(f"{folder} holds a run, not a bag; name another folder")
    if not (folder / "bag.json").is_file():
        begun = (folder / "split.json").is_file() and Split.load(folder / "split.json") == split
        foreign = sorted(folder.glob("member_*")) + ([] if begun else [folder / "split.json"])
        refuse_foreign(foreign, notes="bag.json")
        split.save(folder / "split.json")
        write_json(folder / "bag.json", setup)
        return
    before, settings = saved_bag(folder)
    same = {**before, "config": None} == setup | {"config": None}
    if not same or settings != config or Split.load(folder / "split.json") != split:
        apart = told_apart(settings, config)
        raise InputError(
            f"{folder} holds another bag; name another folder, or repeat the command it was started with, in "
            f"the version of the course of then if a profile changed{f' (here: {apart})' if apart else ''}"
        )
