"""An audit in words: one line a topic, then what deserves attention. Used by data/audit.py."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from textwrap import fill
from typing import TYPE_CHECKING, Any

from atriacourse.data.fingerprint import ScanPair
from atriacourse.data.grid import ASSUMED

if TYPE_CHECKING:
    from atriacourse.data.audit import AuditReport

WIDTH = 100
SHOWN = 20  # names or pairs listed before "and N more"; the table has them all
INDENT = " " * 17
NOTES = " | "  # between the notes on one case, in a row of the table


def report_text(report: "AuditReport") -> str:
    """The whole report, in lines of about 100 characters."""
    cohort, counts = report.cohort, report.counts
    read = [row for row in report.rows if row["size_z"] is not None]
    lines = [
        f"{cohort.name}: layout '{cohort.layout}' in {cohort.root}",
        "",
        topic(
            "cases", f"{counts['cases']}, {counts['readable']} readable, {counts['with_mask']} with a mask"
        ),
        topic(
            "label", f"{counts['post']} post-ablation, {counts['pre']} pre, {counts['unlabelled']} unknown"
        ),
    ]
    sites = Counter(row["site"] for row in report.rows if row["site"] is not None)
    if sites:
        lines.append(topic("site", tally(sites)))
    if read:
        lines += [
            topic("size (z, y, x)", " x ".join(span(read, f"size_{axis}") for axis in "zyx") + " voxels"),
            topic("spacing (mm)", tally(Counter(spacing_words(row) for row in read))),
            topic("file axes", tally(Counter(row["orientation"] for row in read))),
            topic("grey values", grey_words(read)),
        ]
    masked = [row for row in read if row["la_voxels"] is not None]
    if masked:
        lines += [
            topic("mask values", tally(Counter(row["label_values"] for row in masked))),
            topic("atrium", atrium_words(masked)),
        ]
    lines += [
        topic("duplicates", pairs_words(report.duplicates)),
        topic("lookalikes", pairs_words(report.lookalikes)),
        topic("missing", names_words(cohort.missing, "listed by the dataset, not on disk")),
        topic("incomplete", names_words(cohort.incomplete, "no scan beside the other files")),
        topic("unreadable", errors_words(report.unreadable)),
    ]
    warnings = list(warnings_for(report, read))
    lines += [""] * bool(warnings)
    lines += [fill("! " + warning, WIDTH, subsequent_indent="  ") for warning in warnings]
    return "\n".join(lines)


def warnings_for(report: "AuditReport", read: Sequence[dict[str, Any]]) -> Iterable[str]:
    """What a reader should know before trusting the numbers above."""
    noted = [(row["name"], note) for row in read for note in (row["notes"] or "").split(NOTES)]
    for note in dict.fromkeys(note for _, note in noted if note and note != ASSUMED):
        names = [name for name, said in noted if said == note]
        yield f"{len(names)} case{'s' * (len(names) > 1)}, first {names[0]}: {note}"
    assumed = sum(row["spacing_source"] == "assumed" for row in read)
    if assumed:
        yield (
            f"Spacing: {assumed} scans do not say theirs, so 0.625 mm is assumed along each axis. Sources "
            "disagree: the challenge page and the paper say 0.625 x 0.625 x 0.625, another paper of the same "
            "group 0.625 x 0.625 x 1.25 (z last), which would double every volume above. Set another if you "
            "know better."
        )
    ones = [{row[f"spacing_{axis}_mm"] for axis in "zyx"} == {1.0} for row in read if from_file(row)]
    if any(ones):
        yield (
            f"Spacing: {sum(ones)} headers say exactly 1 x 1 x 1 mm. Scans converted from LA2018's NRRD "
            "files say so without meaning it; if these are, set 0.625."
        )
    if report.cohort.layout == "mirror":
        yield (
            "Crop: the mirror's files were cut around the atrium (10 to 20 voxels of margin), so the frame "
            "of the picture gives its place away; a method that has to search the whole scan scores lower."
        )
    if any(case.orientation for case in report.cohort):
        yield (
            "Axes: this dataset's headers misstate how the patient lies in the array; what was found by "
            "looking at the scans is used instead. Masks are written back on the files' own grid."
        )
    if report.duplicates:
        yield "Duplicates: a copy in training makes a held-out score too good; splits keep them on one side."
    if report.lookalikes:
        yield "Lookalikes: probably two scans of one patient. Splits may part them unless told otherwise."
    if report.empty_masks:
        yield f"Empty masks: {', '.join(report.empty_masks)}"


def from_file(row: dict[str, Any]) -> bool:
    """Whether a case's spacing is its header's."""
    return row["spacing_source"] == "file"


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
        lines.append(f"{INDENT}and {len(pairs) - SHOWN} more")
    return "\n".join(lines)


def names_words(names: Sequence[str], meaning: str) -> str:
    """How many, then the names."""
    if not names:
        return "none"
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    listed = fill(", ".join([*names[:SHOWN], *more]), WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
    return f"{len(names)} {meaning}\n{listed}"


def errors_words(errors: dict[str, str]) -> str:
    """How many, then one message each, unbroken so that its path can be copied."""
    return (
        "\n".join([str(len(errors)), *(INDENT + message for message in errors.values())])
        if errors
        else "none"
    )
