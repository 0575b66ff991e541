"""What the label head of two recorded trainings says of held-out LA2018 scans: before or after ablation.

Cited by 06_two_tasks. Reads the per-case rows of the records; `--data` is the folder of the records.
"""

import json
from pathlib import Path

from scipy import stats

RECORDS = {"with_tone": "la2018-laptop-15min.json", "without_tone": "la2018-laptop-15min_without-tone.json"}


def measure(data: Path) -> dict:
    """For each record: scans right, of how many, with its 95 % interval; the share of ordered pairs (AUC)."""
    found = {}
    for name, file in RECORDS.items():
        record = json.loads((data / file).read_text(encoding="utf-8"))
        rows = [(row["post_ablation"], row["post_ablation_probability"]) for row in record["cases"]]
        post = [said for truth, said in rows if truth]
        pre = [said for truth, said in rows if not truth]
        right = sum((said > 0.5) == truth for truth, said in rows)
        interval = stats.binomtest(right, len(rows)).proportion_ci()
        found[name] = {
            "cases": len(rows),
            "post": len(post),
            "right": right,
            "right_low": interval.low,
            "right_high": interval.high,
            "auc": stats.mannwhitneyu(post, pre).statistic / (len(post) * len(pre)),
            "label_weight": record["run"]["config"]["training"]["loss"]["label_weight"],
        }
    return found
