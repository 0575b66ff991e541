"""What a page says of numbers that its own run gave: one function for each kind of claim.

After evaluation/; used by chapters 5 to 9. A sentence typed beside a number is wrong as soon as the number is
another; these read the number first.
"""

from atriacourse.pages.bench.sandbox import HUMAN


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


def beside_dummy(dice: float, dummy: float, *, name: str) -> str:
    """Whether a score is better than that of a mask made without looking at the scan."""
    said = f"{name}: mean Dice {dice:.3f}; a mask that never saw the scan: {dummy:.3f}. "
    if dice > dummy:
        return said + "The network has learned more than where an atrium usually lies."
    return said + "So far it is worth less than knowing where an atrium usually lies."


def loudness(ratio: float) -> str:
    """Which of two tasks pulls harder at the weights they share, by the ratio label over mask."""
    if 0.5 < ratio < 2:
        return f"Label over mask: {ratio:.1f}. The two are about equally loud."
    louder, quieter, times = ("label", "mask", ratio) if ratio > 1 else ("mask", "label", 1 / ratio)
    return f"The {louder} pulls {times:.1f} times as hard as the {quieter}."
