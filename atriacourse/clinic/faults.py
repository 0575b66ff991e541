"""All faults of the clinic by name, and a pipeline with one of them switched on.

After data_faults.py, augment_faults.py, training_faults.py and result_faults.py; before scoring.py.
"""

from collections.abc import Sequence

from atriacourse.clinic.augment_faults import AUGMENT_FAULTS
from atriacourse.clinic.data_faults import DATA_FAULTS
from atriacourse.clinic.fault import Fault
from atriacourse.clinic.pipeline import Pipeline, healthy
from atriacourse.clinic.result_faults import RESULT_FAULTS
from atriacourse.clinic.training_faults import TRAINING_FAULTS
from atriacourse.errors import InputError

ALL = (*DATA_FAULTS, *AUGMENT_FAULTS, *TRAINING_FAULTS, *RESULT_FAULTS)
FAULTS: dict[str, Fault] = {fault.name: fault for fault in ALL}


def fault_of(name: str) -> Fault:
    """The fault of that name. Raises: InputError naming those there are."""
    if name not in FAULTS:
        raise InputError(f"there is no fault {name!r}; choose one of {', '.join(FAULTS)}")
    return FAULTS[name]


def faulty(name: str, seed: int = 0) -> Pipeline:
    """The sound pipeline of a seed with one stage broken. Raises: InputError for an unknown name."""
    return fault_of(name).breaks(healthy(seed))


def casebook(names: Sequence[str] = tuple(FAULTS)) -> str:
    """The pages of some faults as Markdown, each folded behind its name.

    Raises: InputError for an unknown name.
    """
    return "\n".join(_page(fault_of(name)) for name in names)


def _page(fault: Fault) -> str:
    seen = "".join(
        f'<li><a href="{source.url}">{source.text}</a></li>' if source.url else f"<li>{source.text}</li>"
        for source in fault.seen
    )
    what = fault.broken.__doc__
    return (
        f"<details><summary><code>{fault.name}</code> ({fault.part}, stage <code>{fault.stage}</code>)"
        f"</summary>\n<p>{what}</p>\n<p><strong>How it looks.</strong> {fault.symptom}</p>\n"
        f"<p><strong>How it comes about.</strong> {fault.story}</p>\n"
        f"<p><strong>Where it was seen.</strong></p>\n<ul>{seen}</ul>\n</details>\n"
    )
