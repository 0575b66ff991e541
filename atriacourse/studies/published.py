"""Numbers that others published, as printed: the paper's tables, and other results on the same data.

Before claims.py and report.py. Digits are kept as text, because "1.11" and "1.110" claim different things;
`float(number.value)` is the number. The paper's are of its own hold-out of 20 cases unless said otherwise.
Source: Chen, Bai and Rueckert 2018, Tables 1 and 2, sections 4 and 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass

PAPER = "Chen, Bai and Rueckert 2018"


@dataclass(frozen=True, kw_only=True)
class Published:
    """One published number, digit for digit."""

    value: str
    sd: str | None = None  # the SD over cases, where given
    source: str

    def __float__(self) -> float:
        return float(self.value)


def _table(source: str, metrics: tuple[str, ...], rows: dict[str, str]) -> dict[str, dict[str, Published]]:
    """Rows written as in print: "mean sd  mean sd ...", one pair a metric."""
    table = {}
    for variant, printed in rows.items():
        words = printed.split()
        pairs = zip(metrics, words[::2], words[1::2], strict=True)
        table[variant] = {metric: Published(value=mean, sd=sd, source=source) for metric, mean, sd in pairs}
    return table


TABLE_1 = _table(
    f"{PAPER}, Table 1 (single-task Deep U-Net, 20 held-out cases)",
    ("dice",),
    {
        "standard": "0.847 0.18",
        "automatic_gamma": "0.854 0.15",
        "clahe": "0.876 0.09",
        "gamma_augmentation": "0.883 0.08",
    },
)
TABLE_2 = _table(
    f"{PAPER}, Table 2 (20 held-out cases)",
    ("dice", "jaccard", "hd_mm", "assd_mm"),
    {
        "vanilla": "0.855 0.11  0.760 0.14  21.81 19.35  1.577 1.07",
        "deep": "0.883 0.08  0.798 0.11  21.18 21.00  1.199 0.47",
        "multi_task": "0.896 0.04  0.815 0.07  15.40 6.39  1.11 0.35",
        "post_processing": "0.901 0.03  0.822 0.06  14.23 4.83  1.04 0.32",
    },
)
_BAGGING = f"{PAPER}, section 4 (the 54 test cases of the challenge)"
BAGGING = {
    "single": {"dice": Published(value="0.9197", source=_BAGGING)},
    "five": {"dice": Published(value="0.9206", source=_BAGGING)},
}
_SECONDS = f"{PAPER}, section 4 (one volume, Titan Xp)"
SECONDS = {
    "network": Published(value="6", source=_SECONDS),
    "post_processing_low": Published(value="3", source=_SECONDS),
    "post_processing_high": Published(value="4", source=_SECONDS),
}
_WINNER = "winner of the 2018 challenge, two-stage 3D V-Net, 54 cases"
_MIRROR = "fully supervised 3D V-Net on the fixed 80/20 split of the HDF5 mirror"
CHALLENGE = {
    "winner_dice": Published(value="0.932", source=_WINNER),
    "mirror_vnet_dice": Published(value="0.9162", source=_MIRROR),
    "mirror_vnet_jaccard": Published(value="0.8460", source=_MIRROR),
    "mirror_vnet_hd95_voxels": Published(value="5.40", source=_MIRROR),
    "mirror_vnet_asd_voxels": Published(value="1.64", source=_MIRROR),
}
# a number, or one for each metric, by table and row
PUBLISHED: Mapping[str, Mapping[str, Published | Mapping[str, Published]]] = {
    "table1": TABLE_1,
    "table2": TABLE_2,
    "bagging": BAGGING,
    "seconds": SECONDS,
    "challenge": CHALLENGE,
}


def published(study: str, variant: str, metric: str) -> Published | None:
    """What the paper says of a variant of a study; None where it says nothing."""
    place = PUBLISHED.get(study, {}).get(variant)
    return place.get(metric) if isinstance(place, Mapping) else None


def published_difference(study: str, a: str, b: str, metric: str) -> float | None:
    """The published mean of variant `b` minus that of `a`; None where one of them is not given."""
    first, second = published(study, a, metric), published(study, b, metric)
    return None if first is None or second is None else float(second) - float(first)


def published_paths() -> dict[str, Published]:
    """Every published number by the path that a chapter names it by, e.g. "table1/standard/dice_sd"."""
    paths = {}
    for table, rows in PUBLISHED.items():
        for row, content in rows.items():
            numbers: Mapping[str, Published]
            numbers = {"": content} if isinstance(content, Published) else content
            for metric, number in numbers.items():
                path = "/".join(part for part in (table, row, metric) if part)
                paths[path] = number
                if number.sd is not None:
                    paths[f"{path}_sd"] = Published(value=number.sd, source=number.source)
    return paths
