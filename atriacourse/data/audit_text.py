"""The words of an audit, topic by topic. Used by data/audit_report.py."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from textwrap import fill
from typing import Any

from atriacourse.data.fingerprint import ScanPair, grouped

WIDTH = 100
SHOWN = 20  # names or pairs listed before "and N more"; the table has them all
INDENT = " " * 17


def topic(name: str, words: str) -> str:
    """One line with its name in a column of its own."""
    return f"{name:<{len(INDENT)}}{words}"


def span(rows: Sequence[dict[str, Any]], column: str) -> str:
    """Smallest to largest of a column, or the one value."""
    values = [row[column] for row in rows]
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g}..{high:g}"


def tally(counter: Counter[str]) -> str:
    """Each value with its number of cases, the commonest first."""
    ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return "; ".join(f"{value} ({count})" for value, count in ordered)


def spacing_words(row: dict[str, Any]) -> str:
    """A case's spacing and where it comes from."""
    sizes = " x ".join(f"{row[f'spacing_{axis}_mm']:g}" for axis in "zyx")
    source = {"file": "from the file", "assumed": "assumed", "caller": "as set"}[row["spacing_source"]]
    return f"{sizes} {source}"


def grey_words(rows: Sequence[dict[str, Any]]) -> str:
    """Ranges of the darkest, the brightest and the number of different values."""
    kinds = tally(Counter(row["voxel_type"] for row in rows))
    return (
        f"{kinds}; darkest {span(rows, 'grey_min')}, brightest {span(rows, 'grey_max')}, "
        f"{span(rows, 'grey_values')} different"
    )


def atrium_words(rows: Sequence[dict[str, Any]]) -> str:
    """The atria's volumes."""
    volumes, voxels = [row["la_ml"] for row in rows], [row["la_voxels"] for row in rows]
    return (
        f"{min(volumes):.1f} to {max(volumes):.1f} mL, median {median(volumes):.1f} mL at this spacing "
        f"({min(voxels):,} to {max(voxels):,} voxels)"
    )


def pairs_words(pairs: Sequence[ScanPair]) -> str:
    """How many pairs, then one line each."""
    if not pairs:
        return "none"
    lines = [f"{len(pairs)} pair{'s' * (len(pairs) > 1)}"]
    for pair in pairs[:SHOWN]:
        same = [what for what, equal in (("image", pair.same_image), ("mask", pair.same_mask)) if equal]
        reasons = [f"same {' and '.join(same)}"] if same else []
        if pair.mask_dice == pair.mask_dice:  # not nan
            reasons.append(f"mask Dice {pair.mask_dice:.3f}, image correlation {pair.image_correlation:.3f}")
        lines.append(f"{INDENT}{pair.first} and {pair.second}: {', '.join(reasons)}")
    if len(pairs) > SHOWN:
        lines.append(f"{INDENT}and {len(pairs) - SHOWN} more; all together {groups_words(pairs)}")
    return "\n".join(lines)


def groups_words(pairs: Sequence[ScanPair]) -> str:
    """How many groups the chains of pairs make, and how large they are."""
    group_of = grouped(sorted({name for pair in pairs for name in pair[:2]}), pairs)
    sizes = Counter(group_of.values())
    largest = sizes.most_common(1)[0]
    return (
        f"{len(group_of)} cases in {len(sizes)} group{'s' * (len(sizes) > 1)}, "
        f"the largest of {largest[1]} (with {largest[0]})"
    )


def names_words(names: Sequence[str], meaning: str) -> str:
    """How many, then the names."""
    if not names:
        return "none"
    listed = fill(some(names), WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
    return f"{len(names)} {meaning}\n{listed}"


def some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return ", ".join([*names[:SHOWN], *more])


def reasons_words(groups: Mapping[str, Sequence[str]], meaning: str) -> str:
    """How many, then one paragraph for each reason with the names that it holds for."""
    if not groups:
        return "none"
    paragraphs = [
        fill(f"{some(names)}: {reason}", WIDTH, initial_indent=INDENT, subsequent_indent=INDENT + "  ")
        for reason, names in list(groups.items())[:SHOWN]
    ]
    more = [f"{INDENT}and {len(groups) - SHOWN} more reasons"] if len(groups) > SHOWN else []
    return "\n".join([f"{sum(map(len, groups.values()))} {meaning}", *paragraphs, *more])


def errors_words(errors: dict[str, str]) -> str:
    """How many, then one message each, unbroken so that its path can be copied."""
    return (
        "\n".join([str(len(errors)), *(INDENT + message for message in errors.values())])
        if errors
        else "none"
    )
