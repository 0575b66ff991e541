"""Keep a measured result, numbers only, and show it in the README.

    python tools/record.py run RUN TABLE.csv book/records/NAME.json "what it shows"
    python tools/record.py readme          write the results block of README.md from book/records/

A record holds the run's settings and provenance (command, commit, versions, device, seed, data hash, date),
the per-case scores, and nothing of a scan. The block between the two markers in README.md is made from the
records; a test fails when it is stale, so no result there is typed in.
"""

import json
import sys
from pathlib import Path

import pandas as pd

from atriacourse.evaluation.case_row import read_table
from atriacourse.evaluation.metrics import METRICS
from atriacourse.evaluation.summary import summarise

ROOT = Path(__file__).parents[1]
RECORDS = ROOT / "book" / "records"
README = ROOT / "README.md"
BEGIN, END = "<!-- results: made by tools/record.py -->", "<!-- end of results -->"
SHOWN = ("dice", "jaccard", "hd_mm", "hd95_mm", "assd_mm")


def make_record(run: Path, table_path: Path, title: str) -> dict:
    """The record of one run and one table of scores."""
    table = read_table(table_path)
    scores = json.loads(table.to_json(orient="records", double_precision=6))
    return {
        "title": title,
        "run": json.loads((run / "run.json").read_text(encoding="utf-8")),
        "evaluation": json.loads(table_path.with_suffix(".json").read_text(encoding="utf-8")),
        "cases": scores,
    }


def results_block(records: list[dict]) -> str:
    """Markdown of all records: a summary line and the cases of each."""
    lines = [BEGIN]
    for record in records:
        run, table = record["run"], pd.DataFrame(record["cases"])
        summary = summarise(table)
        lines += [
            "",
            f"**{record['title']}**",
            "",
            f"`{run['command']}` on {run['device']}, {run['threads']} threads, torch {run['torch']}, commit "
            f"{run['commit']}, seed {run['seed']}, data {run['data']}, {run['date'][:10]}: "
            f"{run['seconds'] / 60:.1f} minutes of training; {len(table)} held-out cases.",
            "",
            "| metric | mean (SD) | 95 % interval of the mean | median | worst |",
            "|---|---|---|---|---|",
        ]
        for metric in SHOWN:
            row = summary.loc[metric]
            worst = row["min" if METRICS[metric].better == "higher" else "max"]
            lines.append(
                f"| {metric} | {row['mean']:.3f} ({row['sd']:.3f}) | {row['mean_low']:.3f} to "
                f"{row['mean_high']:.3f} | {row['median']:.3f} | {worst:.3f} |"
            )
        each = ", ".join(f"{value:.3f}" for value in sorted(table["dice"]))
        lines += ["", f"Dice case by case: {each}."]
    return "\n".join([*lines, "", END])


def read_records() -> list[dict]:
    """All records, by file name."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RECORDS.glob("*.json"))]


def with_block(text: str, block: str) -> str:
    """The README with its results block replaced."""
    before, rest = text.split(BEGIN, 1)
    return before + block + rest.split(END, 1)[1]


def main(arguments: list[str]) -> None:
    """Run one of the two commands."""
    if arguments[:1] == ["run"] and len(arguments) == 5:
        record = make_record(Path(arguments[1]), Path(arguments[2]), arguments[4])
        target = Path(arguments[3])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    elif arguments == ["readme"]:
        text = README.read_text(encoding="utf-8")
        README.write_text(with_block(text, results_block(read_records())), encoding="utf-8")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
