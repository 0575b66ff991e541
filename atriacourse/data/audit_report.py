"""What an audit found: rows, pairs and counts, and the report in words.

After data/audit_text.py, which words single topics; data/audit.py fills it. Volumes are (z, y, x), spacing is
(z, y, x) in mm."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from textwrap import fill
from typing import TYPE_CHECKING, Any

from atriacourse.data.audit_text import (
    WIDTH,
    atrium_words,
    errors_words,
    grey_words,
    names_words,
    pairs_words,
    reasons_words,
    some,
    spacing_words,
    span,
    tally,
    topic,
)
from atriacourse.data.case import Cohort
from atriacourse.data.fingerprint import ScanPair

if TYPE_CHECKING:
    import pandas as pd  # only for the type: importing it takes as long as all the rest


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """What an audit found."""

    cohort: Cohort
    rows: tuple[dict[str, Any], ...]  # one a case, unreadable ones included
    duplicates: tuple[ScanPair, ...]
    lookalikes: tuple[ScanPair, ...]
    unreadable: dict[str, str]  # case name -> what is wrong with its image or mask
    notes: dict[str, tuple[str, ...]]  # case name -> what its image and mask were taken for; none for most

    @property
    def counts(self) -> dict[str, int]:
        """How many of what."""
        labels = Counter(row["post_ablation"] for row in self.rows)
        return {
            "cases": len(self.rows),
            "readable": len(self.rows) - len(self.unreadable),
            "unreadable": len(self.unreadable),
            "with_mask": len(self.cohort) - len(self.cohort.without_mask),
            "empty_masks": len(self.empty_masks),
            "mirrored_masks": len(self.mirrored_masks),
            "post": labels[True],
            "pre": labels[False],
            "unlabelled": labels[None],
            "missing": len(self.cohort.missing),
            "incomplete": len(self.cohort.incomplete),
            "unused": len(self.cohort.unused),
            "duplicates": len(self.duplicates),
            "lookalikes": len(self.lookalikes),
        }

    @property
    def empty_masks(self) -> tuple[str, ...]:
        """Cases whose mask holds nothing."""
        return tuple(row["name"] for row in self.rows if row["la_voxels"] == 0)

    @property
    def mirrored_masks(self) -> dict[str, str]:
        """Cases whose mask fits its scan better when mirrored, with the axes along which, such as "x"."""
        return {row["name"]: row["mask_mirrored"] for row in self.rows if row["mask_mirrored"]}

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a case; what could not be read is empty."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    def to_text(self) -> str:
        """The report in words, as the command line prints it."""
        return report_text(self)


def report_text(report: AuditReport) -> str:
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
        topic("unused", reasons_words(by_reason(cohort.unused), "found and not used")),
        topic("unreadable", errors_words(report.unreadable)),
    ]
    if cohort.without_mask and len(cohort.without_mask) < len(cohort):
        lines.insert(
            -4, topic("no mask", names_words(cohort.without_mask, "cases cannot train or be scored"))
        )
    if report.notes:
        said = by_reason((name, note) for name, notes in report.notes.items() for note in notes)
        lines.append(topic("notes", reasons_words(said, "of scans and masks")))
    warnings = list(warnings_for(report, read))
    lines += [""] * bool(warnings)
    lines += [fill("! " + warning, WIDTH, subsequent_indent="  ") for warning in warnings]
    return "\n".join(lines)


def warnings_for(report: AuditReport, read: Sequence[dict[str, Any]]) -> Iterable[str]:
    """What a reader should know before trusting the numbers above."""
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
    if report.mirrored_masks:
        shown = some([f"{name} ({axes})" for name, axes in report.mirrored_masks.items()])
        yield (
            f"Mirrored masks: {shown}: along the axes named, the mirror image of the mask lies on more even "
            "and as bright blood. Mask and scan may have been saved with other axes: look at them together."
        )
    if report.empty_masks:
        yield f"Empty masks: {', '.join(report.empty_masks)}"


def from_file(row: dict[str, Any]) -> bool:
    """Whether a case's spacing is its header's."""
    return row["spacing_source"] == "file"


def by_reason(named: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Names by what is said of them, in the order in which it is said first."""
    groups: dict[str, list[str]] = {}
    for name, reason in named:
        groups.setdefault(reason, []).append(name)
    return groups
