"""Is one variant better than another? Paired over cases, and repeated over seeds.

After results.py, before report.py. Two sources of chance stand between a study and a claim: other cases
might have been held out, and another seed might have been drawn. D[s, c] is the difference of two variants
for seed s and case c. A resample draws seeds and cases with replacement and takes the mean of D over both;
the interval spans the middle 95 % of many such means (evaluation/uncertainty.py). With one seed the interval
knows of cases alone, and the verdict says so. A study's comparisons are read together, so the interval that
decides is that for all of them together.
"""

from dataclasses import dataclass

import numpy as np

from atriacourse.errors import InputError
from atriacourse.evaluation.uncertainty import (
    CONFIDENCE,
    FEWEST_CASES,
    UNDECIDED,
    bootstrap_means,
    confidence_of_each,
    mean_of,
    middle,
    probability_better,
    winner,
)
from atriacourse.studies.results import Results


@dataclass(frozen=True, kw_only=True)
class StudyComparison:
    """Two variants of a study; differences are B minus A, in the metric's own unit."""

    study: str
    metric: str
    a: str
    b: str
    label_a: str
    label_b: str
    names: tuple[str, ...]  # the cases compared
    seeds: tuple[int, ...]  # for which both variants have a record
    by_case: tuple[float, ...]  # mean difference over seeds, in the order of names
    by_seed: tuple[float, ...]  # mean difference over cases, in the order of seeds
    mean_a: float
    mean_b: float
    difference: float
    low: float  # 95 % interval of this comparison, as if it were the only one
    high: float
    together: int  # how many comparisons of the study are read together
    low_together: float  # the interval that decides: 95 % for all of them
    high_together: float
    effect_size: float  # mean difference in SDs of the cases' differences (Cohen's d_z)
    probability_b_better: float  # share of seeds and cases in which B is better; a tie counts half
    left_out: tuple[str, ...]  # cases that are not finite for every seed of both

    @property
    def winner(self) -> str | None:
        """The better variant's name; None if the deciding interval holds zero or the cases are too few."""
        return winner(
            self.low_together,
            self.high_together,
            a=self.a,
            b=self.b,
            metric=self.metric,
            cases=len(self.names),
        )

    @property
    def verdict(self) -> str:
        """The comparison in words."""
        n = len(self.names)
        over = f"{n} cases and {_count(len(self.seeds), 'seed')}"
        if n < FEWEST_CASES:
            return f"{n} cases are too few to compare {self.label_a} and {self.label_b}."
        of_all = f" for all {self.together} comparisons" if self.together > 1 else ""
        numbers = (
            f"{self.label_b} minus {self.label_a}: {self.difference:+.4f} {self.metric} "
            f"(95 % interval{of_all} {self.low_together:+.4f} to {self.high_together:+.4f})"
        )
        if self.winner is None:
            said = f"{UNDECIDED} by {over}"
        else:
            better = self.label_b if self.winner == self.b else self.label_a
            said = f"{better} is better, by {over}"
        alone = "" if len(self.seeds) > 1 else "; another seed may say otherwise"
        return f"{numbers}: {said}{alone}."

    @property
    def change(self) -> str:
        """The difference with its interval and a word, for the middle of a sentence."""
        unit = " mm" if self.metric.endswith("_mm") else ""
        word = UNDECIDED if self.winner is None else "better" if self.winner == self.b else "worse"
        interval = f"{self.low_together:+.3f} to {self.high_together:+.3f}"
        return f"{self.difference:+.3f}{unit} ({interval}, {word})".replace("-", "\N{MINUS SIGN}")


def compare_variants(
    results: Results, a: str, b: str, *, metric: str | None = None, seed: int = 0
) -> StudyComparison:
    """Compare two variants over the seeds and cases that both have.

    A pair that the study declares is read together with the others that have records; another stands alone.

    Args: metric: the study's own if None; seed: of the bootstrap.
    Raises: InputError if a variant has no record, or they share no seed or no case.
    """
    metric = metric or results.study.metric
    first, second = results.values(a, metric), results.values(b, metric)
    seeds = [one for one in first.index if one in second.index]
    names = [name for name in first.columns if name in second.columns]
    if not seeds or not names:
        raise InputError(f"{results.study.name}: {a} and {b} share no seed and case; run both for the same")
    value_a, value_b = first.loc[seeds, names].to_numpy(float), second.loc[seeds, names].to_numpy(float)
    finite = np.isfinite(value_a).all(axis=0) & np.isfinite(value_b).all(axis=0)
    value_a, value_b = value_a[:, finite], value_b[:, finite]
    difference = value_b - value_a  # (seeds, cases)
    by_case = difference.mean(axis=0)
    together = len(_recorded_pairs(results)) if {a, b} in map(set, results.study.pairs) else 1
    means = bootstrap_means(difference, seed=seed)
    low, high = middle(means, CONFIDENCE)
    all_low, all_high = middle(means, confidence_of_each(together))
    spread = by_case.std(ddof=1) if len(by_case) > 1 else 0.0
    study = results.study
    return StudyComparison(
        study=study.name,
        metric=metric,
        a=a,
        b=b,
        label_a=study.variant(a).label,
        label_b=study.variant(b).label,
        names=tuple(np.array(names, dtype=object)[finite]),
        seeds=tuple(int(one) for one in seeds),
        by_case=tuple(by_case.tolist()),
        by_seed=tuple(difference.mean(axis=1).tolist()) if difference.size else (),
        mean_a=mean_of(value_a),
        mean_b=mean_of(value_b),
        difference=mean_of(difference),
        low=low,
        high=high,
        together=together,
        low_together=all_low,
        high_together=all_high,
        effect_size=float(by_case.mean() / spread) if spread > 0 else float("nan"),
        probability_b_better=probability_better(difference, metric=metric),
        left_out=tuple(np.array(names, dtype=object)[~finite]),
    )


def compare_study(results: Results, *, metric: str | None = None) -> list[StudyComparison]:
    """Every pair of the study that has records, each with the interval for all of these."""
    return [compare_variants(results, a, b, metric=metric) for a, b in _recorded_pairs(results)]


def _recorded_pairs(results: Results) -> list[tuple[str, str]]:
    """The study's pairs whose variants both have records."""
    known = set(results.variants)
    return [pair for pair in results.study.pairs if set(pair) <= known]


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
