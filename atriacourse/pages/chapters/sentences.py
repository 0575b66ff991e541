"""What a page says of numbers that its own run gave: one function for each kind of claim.

After evaluation/compare.py and bench/sandbox.py; used by chapters 0 to 9. A sentence typed beside a number is
wrong as soon as the number is another; these read the number first. Gains and moves are B minus A.
"""

from collections.abc import Collection, Mapping

import numpy as np

from atriacourse.evaluation.compare import Comparison
from atriacourse.evaluation.metrics import METRICS
from atriacourse.pages.bench.sandbox import HUMAN


def beside_blind(dice: float, blind: float, *, name: str = "The network") -> str:
    """A mean Dice beside that of a mask made from the training masks alone, without the scan."""
    said = f"{name}: mean Dice {dice:.3f}; a mask that never saw the scan: {blind:.3f}. "
    if dice > blind:
        return said + "The network has learned more than where an atrium usually lies."
    return said + "So far it is worth less than knowing where an atrium usually lies."


def label_answers(right: int, same_answer: int, cases: int) -> str:
    """How often a label was told right, beside whoever gives the commoner answer to every case."""
    if cases == 0:
        return "nobody knows which of these cases are after the ablation: nothing to count."
    said = f"right in {right} of {cases} cases; one and the same answer to all is right in {same_answer}. "
    if right > same_answer:
        return said + f"That is {right - same_answer} more, of so few cases: no proof."
    return said + "So these cases show no sign that the network can tell."


def moved(one: Comparison, *, unit: str = "cases") -> str:
    """What a change did to a metric, in how many cases which way, and whether the cases can tell."""
    change, metric = np.array(one.differences), METRICS[one.metric].label
    down, up = int((change < 0).sum()), int((change > 0).sum())
    if not down and not up:
        return f"{one.label_b}: {metric} moves in none of {one.n} {unit}."
    word = "falls" if one.mean_difference < 0 else "rises"
    sure = "that tells them apart" if one.winner else "so they are not told apart"
    return (
        f"{one.label_b}: {metric} falls in {down} and rises in {up} of {one.n} {unit}. The mean {word} by "
        f"{abs(one.mean_difference):.3g} (95 % interval {one.low:+.3g} to {one.high:+.3g}): {sure}."
    )


def where_lost(lost: float, missing: float) -> str:
    """Whether a Dice of 1 is missed for want of the right level, or already with the best one."""
    said = f"Lost with the cheat: {lost:.3f}. Missing already with it: {missing:.3f}. "
    if missing > lost:
        return said + "The larger part no level can bring back: the neighbours are the trouble."
    return said + "The larger part is the choice of the level, as the hypothesis says."


def who_found(kinds: Mapping[str, Collection[str]], **searches: Collection[str]) -> str:
    """Of how many kinds of trouble each search has named every scan, and which kinds nobody has.

    Args: kinds: trouble -> the scans that have it. searches: name -> the scans that it named.
    """
    whole = {
        name: [kind for kind, scans in kinds.items() if set(scans) <= set(named)]
        for name, named in searches.items()
    }
    left = [kind for kind in kinds if not any(kind in found for found in whole.values())]
    counts = ", ".join(f"{name.replace('_', ' ')} {len(found)}" for name, found in whole.items())
    nobody = f"Found by none of them: {', '.join(left)}." if left else "Together they have found all."
    return f"Of {len(kinds)} kinds, all scans named by: {counts}. {nobody}"


def best_curves(best: np.ndarray, before: float, after: float) -> str:
    """Whether one gamma serves all patients, and how much of the sites' distance the best ones leave."""
    if len(set(best.tolist())) == 1:
        said = f"One γ is best for all: {best[0]:g}. "
    else:
        said = f"The best γ differs from patient to patient, from {best.min():g} to {best.max():g}. "
    left = 100 * after / before
    if left > 90:
        return said + f"Even so {left:.0f} % of the distance stays: a power hardly helps."
    if left > 10:
        return said + f"It leaves {left:.0f} % of the distance, which no power takes away."
    return said + f"It leaves no more than {left:.0f} % of the distance."


def beside_many(one: Comparison, low: float, high: float) -> str:
    """What one seed says, beside the interval over many seeds."""
    many = f"{one.label_b} is better" if low > 0 else f"{one.label_a} is better" if high < 0 else "open"
    here = f"{one.winner} is better" if one.winner else "open"
    if here == many:
        return f"this seed: {here}; many seeds: the same"
    contrary = one.winner is not None and many != "open"
    return f"this seed: {here}; many seeds: {many}{', the other way round' if contrary else ''}"


def where_it_helps(without: Mapping[str, float], with_it: Mapping[str, float], *, least: float = 0.02) -> str:
    """At which settings a variant is higher, lower or about the same; a difference below `least` is none.

    Args: without, with_it: setting -> mean Dice.
    """
    gains = {name: with_it[name] - without[name] for name in without}
    higher = [name for name, gain in gains.items() if gain >= least]
    lower = [name for name, gain in gains.items() if gain <= -least]
    parts = [
        f"{word} at {', '.join(names)}" for word, names in (("higher", higher), ("lower", lower)) if names
    ]
    said = [f"With it Dice is {' and '.join(parts)}."] if parts else []
    same = [name for name in gains if name not in higher + lower]
    if same:
        said.append(f"At {', '.join(same)} the two differ by less than {least:g}.")
    return " ".join(said)


def cost_and_cover(home: Comparison, away: Comparison) -> str:
    """What a variant costs where scans are as they should be, and what it saves where they are not."""
    cost, cover = -home.mean_difference, away.mean_difference
    unit = METRICS[home.metric].label
    paid = f"costs {cost:.2f} {unit}" if home.winner == home.label_a else f"costs no {unit} that shows"
    saved = f"saves {cover:.2f}" if away.winner == away.label_b else "saves nothing that shows"
    return f"{home.label_b} {paid} where scans are as they should be, and {saved} where they are not."


def without_parts(dice: float, *, count: int, line: float = HUMAN["dice"]) -> str:
    """Whether Dice falls to the human line when all thin parts of an atrium are missing."""
    said = f"Without all {count} of them Dice is {dice:.3f}; two humans have {line:.3f}. "
    if dice > line:
        return said + "So all can go, and Dice does not fall to the line."
    return said + "So Dice falls to the line before all are gone."


def label_found(share_as_good: float, *, randoms: int) -> str:
    """What a permutation test says, by the share of random labellings that do as well as the true one."""
    said = f"{share_as_good:.0%} of {randoms} random labellings do as well as the true one or better. "
    if share_as_good <= 0.05:
        return said + "Chance alone rarely does that: the head reads something of the label."
    return said + "Chance alone does that often: these patients do not show that the head reads the label."


def leak_seen(gap: float, *, least: float = 0.05) -> str:
    """What a leak is worth: the Dice of scans trained on minus that of others, at the end of a training."""
    if gap >= least:
        return f"Whoever took the scans trained on for a validation would report {gap:.2f} too much."
    return f"The two end less than {least:g} apart: so short a training has hardly learned by heart."


def loudness(ratio: float) -> str:
    """Which of two tasks pulls harder at the weights they share, by the ratio label over mask."""
    if 0.5 < ratio < 2:
        return f"Label over mask: {ratio:.1f}. The two are about equally loud."
    louder, quieter, times = ("label", "mask", ratio) if ratio > 1 else ("mask", "label", 1 / ratio)
    return f"The {louder} pulls {times:.1f} times as hard as the {quieter}."
