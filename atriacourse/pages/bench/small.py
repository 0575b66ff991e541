"""Networks small enough to train several of them in one exercise, and phantoms coarse enough for them.

After chapter.py and trained.py; used by the ablations of the chapters on contrast and geometry. The network
has the paper's shape at an eighth of its width; what it learns in seconds on phantoms says how to run an
ablation, not what the paper's network would do on patients.
"""

from collections.abc import Sequence
from dataclasses import replace

from atriacourse.data.case import Cohort
from atriacourse.data.cohort import open_cohort
from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort
from atriacourse.data.splits import Split
from atriacourse.pages.bench.chapter import Chapter
from atriacourse.pages.bench.trained import trained_model
from atriacourse.runs.recipes import SMALL
from atriacourse.runs.segmenter import Segmenter


def small_phantoms(
    chapter: Chapter, name: str, *, cases: int, site: str | None = None, seed: int | None = None
) -> Cohort:
    """Phantoms of 96 x 96 x 24 voxels, written below the chapter's folder; the same call finds them again.

    Args: site: "A" or "B"; None: both. seed: the chapter's if None.
    """
    config = PhantomConfig(matrix=96, slices=24, site=site)
    chosen = chapter.seed if seed is None else seed
    return open_cohort(write_phantom_cohort(chapter.folder(name), cases=cases, config=config, seed=chosen))


def small_network(
    chapter: Chapter, cohort: Cohort, split: Split, *changes: str, epochs: int, seed: int, name: str
) -> Segmenter:
    """Train a small network, or load it where it was trained before.

    Args: changes: overrides by dotted name, after those of `SMALL`. name: of the folder; variant and seed
        are the caller's to put into it. Returns: the network, ready to segment.
    """
    settings: Sequence[str] = (*SMALL, f"epochs={epochs}", *changes)
    trained = trained_model(replace(chapter, seed=seed), cohort, split, *settings, name=f"{name}_{seed}")
    return Segmenter(trained.saved)
