"""What an audit found: rows, pairs and counts, and the report in words.

After data/audit_text.py, which words single topics; data/audit.py fills it. Volumes are (z, y, x), spacing is
(z, y, x) in mm."""

import csv
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
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
from atriacourse.data.case import Case, Cohort
from atriacourse.data.fingerprint import ScanPair
from atriacourse.data.grid import ASSUMED
from atriacourse.errors import InputError
from atriacourse.files import written_whole

if TYPE_CHECKING:
    import pandas as pd  # only for the type: importing it takes as long as all the rest


COLUMNS = (
    *("size_z", "size_y", "size_x", "spacing_z_mm", "spacing_y_mm", "spacing_x_mm", "spacing_source"),
    *("orientation", "voxel_type", "grey_min", "grey_max", "grey_values"),
    *("label_values", "la_voxels", "la_ml"),
)
LATER_COLUMNS = ("mask_mirrored", "notes")  # that tables from before 0.2 have not
NOTES_APART = " | "  # between the notes of one case, in its cell of the table


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """What an audit found."""

    cohort: Cohort
    rows: tuple[dict[str, Any], ...]  # one a case, unreadable ones included
    duplicates: tuple[ScanPair, ...]
    lookalikes: tuple[ScanPair, ...]
    unreadable: dict[str, str]  # case name -> what is wrong with its image or mask

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

    def write_csv(self, path: Path | str) -> Path:
        """Write the table; the file appears whole or not at all.

        Raises: InputError if something lies there that no audit wrote.
        """
        refuse_foreign(path)
        with written_whole(path) as draft:
            self.table.to_csv(draft, index=False)
        return Path(path)

    def to_text(self) -> str:
        """The report in words, as the command line prints it."""
        return report_text(self)


def empty_row(case: Case) -> dict[str, Any]:
    """A case's row as far as it is known without reading a file; also the table's columns, in order."""
    row: dict[str, Any] = {"name": case.name, "post_ablation": case.post_ablation, "site": case.site}
    return row | dict.fromkeys((*COLUMNS, *LATER_COLUMNS, "error"))


def refuse_foreign(path: Path | str) -> None:
    """Raises: InputError if there is something at `path` that is no table of an audit."""
    path = Path(path)
    if not os.path.lexists(path):
        return
    first, rest = "", []
    if path.is_file():
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            first = file.readline(1000).strip()
            rest = list(csv.reader(file)) if first.startswith("name,") else []
    known = "name,post_ablation,site," + ",".join(COLUMNS)
    later = "".join(f",{column}" for column in LATER_COLUMNS)
    if first not in (f"{known}{later},error", f"{known},error"):
        raise InputError(f"{path} is there and is no table of an audit; name another file, or remove it")
    if any(len(row) != first.count(",") + 1 for row in rest):
        raise InputError(f"{path} was changed since an audit wrote it; name another file, or move it away")


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
    warnings = list(warnings_for(report, read))
    lines += [""] * bool(warnings)
    lines += [fill("! " + warning, WIDTH, subsequent_indent="  ") for warning in warnings]
    return "\n".join(lines)


def warnings_for(report: AuditReport, read: Sequence[dict[str, Any]]) -> Iterable[str]:
    """What a reader should know before trusting the numbers above."""
    noted = [(row["name"], note) for row in read for note in (row["notes"] or "").split(NOTES_APART)]
    noted = [(name, note) for name, note in noted if note not in ("", ASSUMED)]  # that comes below, in full
    for note, names in by_reason(noted).items():
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
