"""The atlas's side of the claims: what a path says, from which records, and which paths there are.

After report.py, before claims.py. Means over cases and seeds come with their interval; a comparison comes
as its verdict, which names no winner where the interval spans zero.
"""

import difflib

from atriacourse.errors import InputError
from atriacourse.evaluation.metrics import compared
from atriacourse.studies.catalogue import study as find_study
from atriacourse.studies.comparison import compare_variants
from atriacourse.studies.report import caption, interval_text, summary
from atriacourse.studies.results import ATLAS_SCALE, study_results


def claimed() -> tuple[str, ...]:
    """The metrics that a claim may name: all that can be compared, and the share of labels told right."""
    return (*compared(), "label_right")


def atlas_claim(path: str) -> tuple[str, str, tuple[str, ...]]:
    """What `atlas/<path>` says: text, source, keys of the records behind it.

    Args:
        path: "<study>/<variant>/<metric>" or "<study>/<a>-vs-<b>/<metric>", which a "/change" shortens;
            "<study>@<scale>" instead of "<study>" reads another scale than "atlas".
    Raises: InputError if it is no such path, or no record backs it.
    """
    parts = path.removesuffix("/change").split("/")
    brief = path.endswith("/change")
    if len(parts) != 3 or brief > ("-vs-" in parts[1]):
        raise InputError(
            f"an atlas claim is <study>/<variant>/<metric> or <study>/<a>-vs-<b>/<metric>, got {path!r}"
        )
    study, variant, metric = parts
    study, _, scale = study.partition("@")
    results = study_results(find_study(study), scale=scale or ATLAS_SCALE)
    if metric not in claimed():
        raise InputError(_near(path, metric, claimed()))
    a, versus, b = variant.partition("-vs-")
    names = (a, b) if versus else (variant,)
    for name in names:
        if name not in results.variants:
            raise InputError(_near(path, name, results.variants))
        if not results.recorded(name, metric):
            raise InputError(f"no record backs the claim 'atlas/{path}': {metric} was not recorded of {name}")
    keys = tuple(sorted(record.key for (name, _), record in results.records.items() if name in names))
    if versus:
        one = compare_variants(results, a, b, metric=metric)
        return one.change if brief else one.verdict, caption(results), keys
    mean = summary(results, variant, metric)
    return interval_text(mean["mean"], mean["low"], mean["high"], metric), caption(results), keys


def _near(path: str, part: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(part, known, n=4, cutoff=0.3) or list(known)
    return f"no record backs the claim 'atlas/{path}'; near it: {', '.join(near) or 'nothing at all'}"
