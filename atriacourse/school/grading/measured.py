"""Mark what was measured, and what is claimed of it.

After evidence.py, beside rubric.py, which calls it. Two numbers of one training agree on one machine; between
machines they may differ by rounding, so a claim may also rest on the result that the student saved, if the
atlas finds that one possible.
"""

import ast
import math
from typing import Any

import numpy as np

from atriacourse.assignments.assignment import Part
from atriacourse.assignments.verdict import TOLERANCE, wrong_bounds, wrong_verdict
from atriacourse.errors import InputError
from atriacourse.evaluation.uncertainty import bootstrap_interval
from atriacourse.school.bands.band import Band, seed_band
from atriacourse.school.grading.evidence import Marking
from atriacourse.school.grading.marks import Mark

SAME_RUN = 0.005  # two machines' results of one run


def measured(marking: Marking) -> dict[str, Any] | None:
    """The run's result in numbers: paired differences, their mean, the means; None without a result."""
    return _numbers_of(marking.evidence.result)


def _numbers_of(result: dict[str, Any] | None) -> dict[str, Any] | None:
    if result is None:
        return None
    try:
        a, b = (np.array(result["values"][word], dtype=float) for word in ("a", "b"))
        with np.errstate(invalid="ignore"):  # a distance may be infinite for both
            gain = b - a
        gain = gain[np.isfinite(gain)]
        means = {word: float(result["means"][word]) for word in ("a", "b")}
        return {"gain": gain, "difference": float(gain.mean()), "means": means} if len(gain) else None
    except (TypeError, KeyError, ValueError):
        return None


def _nothing_finite(marking: Marking) -> bool:
    """Whether the networks were trained by our cells alone, and gave no number that could be compared."""
    return marking.evidence.result is not None and measured(marking) is None and not marking.prepared.tampered


def band_for(marking: Marking) -> Band | None:
    """Where the atlas expects the difference; None where it has too few runs to say."""
    try:
        return seed_band(marking.assignment.ablation, marking.allocation.pair, marking.assignment.metric)
    except InputError:
        return None


def mark_result(part: Part, marking: Marking) -> Mark:
    """All or nothing: the run gave a result, and it is one that these variants give."""
    mark, found = Mark(part=part.name, of=part.points), measured(marking)
    if _nothing_finite(marking):
        mark.earn(
            1,
            remark="run again, it was trained, but no case has a finite value for both variants: a network "
            "that predicts nothing. That is nobody's fault, and belongs into the report",
        )
        marking.flags.append("trained, but nothing finite was measured")
        return mark
    if found is None:
        why = marking.evidence.why_missing("measure", "without a complete hypothesis nothing is trained")
        mark.reasons.append(f"run again, the notebook measures nothing: {why}")
        return mark
    if marking.prepared.tampered:
        said = marking.prepared.tampered[0]
        mark.reasons.append(f"{said}, so its result is not the course's; leave what the course defines alone")
        return mark
    saved, band, difference = _saved_result(marking), band_for(marking), found["difference"]
    if saved is not None and not _same(saved, found):
        marking.flags.append(f"saved result {saved['difference']:+.3f}, run again {difference:+.3f}")
        mark.remarks.append(
            f"your saved difference was {saved['difference']:+.4f}, run again it is {difference:+.4f}; "
            f"the latter counts"
        )
    if band is None:
        mark.earn(1, remark="the atlas has no seed band for this pair, so the result stands as it is")
    elif band.holds(difference):
        mark.earn(1)
    elif saved is not None and _same(saved, found):
        mark.earn(1, remark=f"{_outside(difference, band)}, but it came out twice")
    else:
        mark.earn(0.5, reason=f"{_outside(difference, band)}, and no saved result confirms it")
        marking.flags.append("result outside the seed band")
    return mark


def _outside(difference: float, band: Band) -> str:
    return f"the difference {difference:+.4f} lies outside the seed band {band.low:+.4f} to {band.high:+.4f}"


def _saved_result(marking: Marking) -> dict[str, Any] | None:
    entry = marking.evidence.journal.last("result") if marking.evidence.journal is not None else None
    return None if entry is None else _numbers_of(entry.content)


def _same(saved: dict[str, Any], found: dict[str, Any]) -> bool:
    return all(abs(saved["means"][word] - found["means"][word]) <= SAME_RUN for word in ("a", "b"))


def mark_claim(part: Part, marking: Marking) -> Mark:
    """Two fifths for the difference, three tenths each for an interval and for the verdict that follows."""
    mark, said, found = Mark(part=part.name, of=part.points), marking.evidence.claim, measured(marking)
    if _nothing_finite(marking):
        mark.earn(1, remark="nothing finite was measured, so there is nothing to claim; your teacher is told")
        return mark
    if said is None:
        why = marking.evidence.why_missing("claim", "difference, low, high and verdict must be filled in")
        mark.reasons.append(f"no claim: {why}")
        return mark
    if found is None:
        mark.reasons.append("the claim rests on nothing: run again, the notebook measures nothing")
        return mark
    faults = wrong_bounds(said.get("difference"), said.get("low"), said.get("high"))
    if faults:
        mark.reasons.append(f"the claim is none: {'; '.join(faults)}")
        return mark
    saved = _saved_result(marking)
    own = [found] + ([saved] if saved is not None and _plausible(saved, marking) else [])
    fitting = [one for one in own if abs(said["difference"] - one["difference"]) <= TOLERANCE]
    if not fitting:
        typed = ", typed into the cell," if _hard_coded(marking) else ""
        mark.reasons.append(
            f"the claimed difference {said['difference']:+.4f}{typed} is not this notebook's own, "
            f"{found['difference']:+.4f}; claim what `result.table` gives"
        )
        marking.flags.append("hard-coded claim" if typed else "claim is not the notebook's own")
        return mark
    mark.earn(0.4)
    if any(_interval_fits(said["low"], said["high"], one["gain"]) for one in fitting):
        mark.earn(0.3)
    else:
        low, high = bootstrap_interval(fitting[0]["gain"], seed=0)
        mark.reasons.append(
            f"the interval {said['low']:+.4f} to {said['high']:+.4f} is not one of these cases; the paired "
            f"bootstrap gives {low:+.4f} to {high:+.4f}"
        )
    metric, cases = marking.assignment.metric, len(fitting[0]["gain"])
    a, b = marking.allocation.pair
    wrong = wrong_verdict(
        said.get("verdict"), said["low"], said["high"], a=a, b=b, metric=metric, cases=cases
    )
    mark.earn(0.0 if wrong else 0.3, reason=f"the verdict does not follow: {wrong[0]}" if wrong else "")
    return mark


def _plausible(saved: dict[str, Any], marking: Marking) -> bool:
    """Whether a saved result may stand in for the run's: inside the band (other machines round otherwise)."""
    band = band_for(marking)
    return band is not None and band.holds(saved["difference"])


def _interval_fits(low: float, high: float, gain: np.ndarray) -> bool:
    """Whether an interval is about that of these differences, by bootstrap or by Student's t."""
    from scipy import stats

    intervals = [bootstrap_interval(gain, seed=0)]
    if len(gain) > 1:
        half = stats.t.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / math.sqrt(len(gain))
        intervals.append((gain.mean() - half, gain.mean() + half))
    for wanted_low, wanted_high in intervals:
        room = 0.25 * (wanted_high - wanted_low) + TOLERANCE
        if abs(low - wanted_low) <= room and abs(high - wanted_high) <= room:
            return True
    return False


def _hard_coded(marking: Marking) -> bool:
    """Whether the claim's cell has its difference as a typed number."""
    texts = [
        text for name, text in marking.prepared.answers.items() if marking.prepared.parts[name] == "claim"
    ]
    for text in texts:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            pairs = []
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple | ast.List):
                if isinstance(node.value, ast.Tuple | ast.List):
                    pairs = list(zip(node.targets[0].elts, node.value.elts, strict=False))
            elif isinstance(node, ast.Assign):
                pairs = [(node.targets[0], node.value)]
            for target, value in pairs:
                if isinstance(target, ast.Name) and target.id == "difference" and _typed(value):
                    return True
            if isinstance(node, ast.keyword) and node.arg == "difference" and _typed(node.value):
                return True
    return False


def _typed(node: ast.expr) -> bool:
    node = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)
