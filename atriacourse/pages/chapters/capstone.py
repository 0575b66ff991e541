"""An ablation of one's own: a hypothesis before the run, a conclusion after it, and a short report.

After studies/comparison.py; chapter 14 uses it. What was expected is written to a file with its date before
anything is run, and the conclusion is one of four words that follow from the interval alone.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from atriacourse.errors import InputError
from atriacourse.evaluation.uncertainty import FEWEST_CASES, higher_is_better
from atriacourse.files import read_json, write_whole
from atriacourse.studies.catalogue import study as find_study
from atriacourse.studies.cells import cells_of, plan_study
from atriacourse.studies.comparison import StudyComparison
from atriacourse.studies.report import caption, wide_table
from atriacourse.studies.results import Results

SUPPORTED = "supported"
CONTRADICTED = "contradicted"
TOO_SMALL = "no difference that matters"
UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """What is expected, and how large it must be to matter; written before the run."""

    study: str
    better: str  # the variant expected to be better
    than: str
    smallest_effect: float  # in the metric's unit; a smaller difference would change nothing
    because: str
    metric: str = "dice"

    def __post_init__(self) -> None:
        for name in (self.better, self.than):
            find_study(self.study).variant(name)
        if self.better == self.than:
            raise InputError(f"a hypothesis compares two variants, got {self.better!r} twice")
        if not self.smallest_effect > 0:
            raise InputError(
                f"smallest_effect must be above 0, got {self.smallest_effect}; "
                f"how much better would it have to be for you to use it?"
            )
        if len(self.because.split()) < 3:
            raise InputError("`because` is a reason in a sentence: what makes you expect it?")

    def save(self, path: Path) -> Path:
        """Write it with the date. Raises: InputError if another was written there before."""
        content = asdict(self)
        if path.is_file():
            before = read_json(path, way_out="name another file")
            if {name: before.get(name) for name in content} != content:
                raise InputError(
                    f"{path} holds another hypothesis, of {before.get('written', 'nobody knows when')}; "
                    f"a hypothesis is not changed once it can be known how it ends: name another file"
                )
            return path
        content["written"] = datetime.now(UTC).isoformat(timespec="seconds")
        write_whole(path, json.dumps(content, indent=2) + "\n")
        return path


def gain_interval(hypothesis: Hypothesis, comparison: StudyComparison) -> tuple[float, float, float]:
    """Mean, low and high of how much better the expected variant is; positive is in its favour.

    Raises: InputError if the comparison is of other variants or another metric.
    """
    pair = {comparison.a, comparison.b}
    if pair != {hypothesis.better, hypothesis.than} or comparison.metric != hypothesis.metric:
        raise InputError(
            f"the hypothesis is about {hypothesis.better} and {hypothesis.than} in {hypothesis.metric}, "
            f"the comparison about {comparison.a} and {comparison.b} in {comparison.metric}"
        )
    sign = 1 if comparison.b == hypothesis.better else -1
    if not higher_is_better(hypothesis.metric):
        sign = -sign
    low, high = sorted((sign * comparison.low_together, sign * comparison.high_together))
    return sign * comparison.difference, low, high


def conclude(hypothesis: Hypothesis, comparison: StudyComparison) -> str:
    """One of four words, from where the interval of the gain lies.

    All of it above zero: supported. All of it below: contradicted. Within the smallest effect that matters
    on both sides: no difference that matters (whether or not it contains zero). Else, or with fewer than
    FEWEST_CASES cases: undecided.
    """
    _, low, high = gain_interval(hypothesis, comparison)
    enough = len(comparison.names) >= FEWEST_CASES
    if enough and -hypothesis.smallest_effect < low and high < hypothesis.smallest_effect:
        return TOO_SMALL
    if comparison.winner is None:
        return UNDECIDED
    return SUPPORTED if comparison.winner == hypothesis.better else CONTRADICTED


def half_width(results: Results, a: str, b: str, *, seeds: int, cases: int, metric: str = "dice") -> float:
    """Half of the 95 % interval to expect of another run, with so many seeds and cases.

    The variance of the mean difference is v_seed / seeds + v_case / cases + v_rest / (seeds * cases), each
    part estimated from the recorded differences (two-way analysis of variance, one value a cell).
    Raises: InputError for fewer than two recorded seeds or cases: one cannot tell how much they vary.
    """
    first, second = results.values(a, metric), results.values(b, metric)
    table = (second - first).dropna(axis=0, how="all").dropna(axis=1)
    d = table.to_numpy(float)
    if min(d.shape, default=0) < 2:
        raise InputError(
            f"{a} and {b} share {d.shape[0]} seeds and {d.shape[1]} cases; two of each are needed"
        )
    seed_means, case_means = d.mean(axis=1), d.mean(axis=0)
    rest = d - seed_means[:, None] - case_means[None, :] + d.mean()
    v_rest = (rest**2).sum() / ((d.shape[0] - 1) * (d.shape[1] - 1))
    v_seed = max(0.0, seed_means.var(ddof=1) - v_rest / d.shape[1])
    v_case = max(0.0, case_means.var(ddof=1) - v_rest / d.shape[0])
    return float(1.96 * np.sqrt(v_seed / seeds + v_case / cases + v_rest / (seeds * cases)))


def report(hypothesis: Hypothesis, comparison: StudyComparison, results: Results) -> str:
    """A short report in Markdown: question, expectation, method, result, conclusion, limits."""
    study = results.study
    mean, low, high = gain_interval(hypothesis, comparison)
    better, than = (study.variant(name) for name in (hypothesis.better, hypothesis.than))
    shown = wide_table(results, metrics=tuple(dict.fromkeys((hypothesis.metric, "dice", "assd_mm"))))
    shown = shown[shown["variant"].isin([better.label, than.label])]
    count = len(comparison.seeds)
    limits = [
        f"{len(comparison.names)} held-out scans of {results.cohort}, taken as independent",
        f"{count} seeds" if count > 1 else "one seed: the interval knows nothing of other seeds",
        f"scale {results.scale}: says nothing of longer trainings or larger networks",
    ]
    if comparison.left_out:
        limits.append(f"left out, an empty mask: {', '.join(comparison.left_out)}")
    word = conclude(hypothesis, comparison)
    share = comparison.probability_b_better
    share = share if comparison.b == hypothesis.better else 1 - share
    changed = [", ".join(variant.set) or "nothing" for variant in (better, than)]
    parts = [
        f"# {study.question}",
        f"**Expected.** {better.label} is better than {than.label}, because "
        f"{hypothesis.because.rstrip('.')}. "
        f"A gain below {hypothesis.smallest_effect:g} {hypothesis.metric} would not matter.",
        f"**Method.** Same base ({', '.join(study.base) or 'the scale alone'}), hold-out and seeds; "
        f"changed: {changed[0]} against {changed[1]}. {caption(results)}",
        "\n".join(_items(shown)),
        f"**Result.** Gain {mean:+.4f} {hypothesis.metric} (95 % interval {low:+.4f} to {high:+.4f}); "
        f"better in {share:.0%} of cases.",
        f"**Conclusion.** There is {word}." if word == TOO_SMALL else f"**Conclusion.** It is {word}.",
        f"**Limits.** {'; '.join(limits)}.",
    ]
    return "\n\n".join(parts)


def _items(table: pd.DataFrame) -> list[str]:
    """A list in place of a table: a notebook's page shows lists alike everywhere."""
    items = []
    for row in table.to_dict("records"):
        values = [f"{name} {value}" for name, value in row.items() if name != "variant" and value != ""]
        items.append(f"- {row['variant']}: {', '.join(values)}")
    return items


def catalogue_table() -> pd.DataFrame:
    """Every study to choose from: name, question, variants, and minutes a seed at each scale."""
    from atriacourse.studies.catalogue import STUDIES
    from atriacourse.studies.scales import SCALES

    rows = []
    for study in STUDIES.values():
        units = plan_study(study, scale_name="smoke", data="", seeds=(1,))
        networks = len(list(cells_of(units)))  # variants that only read a mask differently share one
        costs = {f"{scale.name} (min)": networks * scale.minutes for scale in SCALES.values()}
        rows.append({"study": study.name, "question": study.question, "networks": networks, **costs})
    return pd.DataFrame(rows).set_index("study")
