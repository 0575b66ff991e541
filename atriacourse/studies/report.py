"""A study's tables: ours beside the paper's numbers, and every comparison in words and figures.

After comparison.py. Markdown for the book and the terminal, CSV for a spreadsheet, LaTeX for a paper.
The CSV is one long table, whose first column says which of the two a row is of.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from atriacourse.errors import InputError
from atriacourse.evaluation.metrics import METRICS, label_of, reported
from atriacourse.evaluation.uncertainty import UNDECIDED, bootstrap_interval, mean_of
from atriacourse.studies.comparison import compare_study
from atriacourse.studies.published import published
from atriacourse.studies.results import Results

CSV_COLUMNS = (
    *("table", "variant", "label", "a", "b", "metric", "mean", "difference", "low", "high", "sd"),
    *("together", "low_together", "high_together", "effect_size", "probability_b_better", "winner"),
    *("seeds", "cases", "left_out", "paper", "paper_sd"),
)
LABEL_DECIMALS = 2  # of label_right, which is no metric of a mask


def summary_table(results: Results) -> pd.DataFrame:
    """A row a variant and metric: mean over seeds and cases, its interval, SD over cases, the paper's.

    Columns: variant, label, metric, mean, low, high, sd, seeds, cases, left_out, paper, paper_sd.
    `sd` is over cases, each averaged over seeds; `left_out` counts cases without a finite value.
    """
    rows = []
    for name in results.variants:
        for metric in reported():
            number = published(results.study.name, name, metric)
            rows.append(
                {
                    "variant": name,
                    "label": results.study.variant(name).label,
                    "metric": metric,
                    **summary(results, name, metric),
                    "paper": number.value if number else "",
                    "paper_sd": (number.sd or "") if number else "",
                }
            )
    return pd.DataFrame(rows)


def summary(results: Results, variant: str, metric: str) -> dict[str, float]:
    """Mean, interval and spread of one metric of one variant, over the seeds that all variants have.

    A table of unequal seeds would compare seeds; where no seed is complete yet, all there are.
    """
    values = results.values(variant, metric, seeds=results.seeds or None).to_numpy(float)
    finite = np.isfinite(values).all(axis=0)
    used = values[:, finite]
    low, high = bootstrap_interval(used, seed=0)
    by_case = used.mean(axis=0)
    return {
        "mean": mean_of(used),
        "low": low,
        "high": high,
        "sd": float(by_case.std(ddof=1)) if len(by_case) > 1 else np.nan,
        "seeds": len(values),
        "cases": int(finite.sum()),
        "left_out": int((~finite).sum()),
    }


def comparison_table(results: Results, *, metric: str | None = None) -> pd.DataFrame:
    """A row a comparison: difference, intervals, effect size, probability of being better, winner."""
    rows = [
        {
            "a": one.a,
            "b": one.b,
            "metric": one.metric,
            "difference": one.difference,
            "low": one.low,
            "high": one.high,
            "together": one.together,
            "low_together": one.low_together,
            "high_together": one.high_together,
            "effect_size": one.effect_size,
            "probability_b_better": one.probability_b_better,
            "cases": len(one.names),
            "seeds": len(one.seeds),
            "winner": one.winner or UNDECIDED,
        }
        for one in compare_study(results, metric=metric)
    ]
    return pd.DataFrame(rows)


def render(results: Results, *, file_format: str = "markdown") -> str:
    """The whole report. Raises: InputError for another format than markdown, csv or latex."""
    if file_format not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}, got {file_format!r}")
    return FORMATS[file_format](results)


def wide_table(results: Results, *, metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """A row a variant: each metric's mean with its interval, and the paper's mean and SD where it has one.

    Args: metrics: some of `reported()`; None takes all.
    """
    long = summary_table(results)
    rows = []
    for name in results.variants:
        row: dict[str, str] = {"variant": results.study.variant(name).label}
        for metric in metrics or reported():
            one = long[(long["variant"] == name) & (long["metric"] == metric)].iloc[0]
            row[label_of(metric)] = (
                interval_text(one["mean"], one["low"], one["high"], metric)
                if results.recorded(name, metric)
                else "not recorded"
            )
            if published(results.study.name, name, metric):
                sd = f" ({one['paper_sd']})" if one["paper_sd"] else ""
                row[f"{label_of(metric)}, paper"] = f"{one['paper']}{sd}"
        rows.append(row)
    return pd.DataFrame(rows).fillna("")


def interval_text(mean: float, low: float, high: float, metric: str) -> str:
    """E.g. "0.870 (0.851 to 0.887)"."""
    digits = METRICS[metric].decimals if metric in METRICS else LABEL_DECIMALS
    if not np.isfinite(low):
        return f"{mean:.{digits}f}"
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def caption(results: Results) -> str:
    """Where the numbers come from, in a sentence or two."""
    records = list(results.records.values())
    if not records:
        return f"{results.study.name}: no record yet."
    made = sorted({str(record.made.get("commit", "unknown")) for record in records})
    cases = max(len(record.cases) for record in records)
    seeds = results.seeds or sorted({seed for _, seed in results.records})
    text = (
        f"{results.study.name} on {results.cohort} at scale {results.scale}: {cases} held-out cases, seeds "
        f"{', '.join(map(str, seeds))}; mean with 95 % interval over "
        f"cases and seeds; in brackets after the paper's means, its SD over cases. Commit {', '.join(made)}."
    )
    return text + (f" Missing: {'; '.join(results.missing)}." if results.missing else "")


def _markdown(results: Results) -> str:
    lines = [f"## {results.study.name}: {results.study.question}", "", results.study.paper, ""]
    lines += [markdown_table(wide_table(results)), "", caption(results), ""]
    lines += [f"- {one.verdict}" for one in compare_study(results)]
    return "\n".join(lines)


def markdown_table(table: pd.DataFrame) -> str:
    """A data frame of texts as a Markdown table."""
    head = "| " + " | ".join(map(str, table.columns)) + " |"
    rule = "|" + "---|" * len(table.columns)
    return "\n".join([head, rule, *("| " + " | ".join(map(str, row)) + " |" for row in table.to_numpy())])


def _csv(results: Results) -> str:
    parts = {"summary": summary_table(results), "comparisons": comparison_table(results)}
    rows = [{"table": name} | row for name, part in parts.items() for row in part.to_dict("records")]
    table = pd.DataFrame(rows, columns=CSV_COLUMNS).astype({"left_out": "Int64"})
    return table.round(6).to_csv(index=False, lineterminator="\n").rstrip()


def _latex(results: Results) -> str:
    table = wide_table(results)
    rows = [r" & ".join(_escaped(str(cell)) for cell in row) + r" \\" for row in table.to_numpy()]
    head = r" & ".join(_escaped(str(name)) for name in table.columns) + r" \\"
    return "\n".join(
        [
            r"\begin{table}",
            r"\begin{tabular}{l" + "r" * (len(table.columns) - 1) + "}",
            r"\hline",
            head,
            r"\hline",
            *rows,
            r"\hline",
            r"\end{tabular}",
            r"\caption{" + _escaped(caption(results)) + "}",
            r"\end{table}",
        ]
    )


def _escaped(text: str) -> str:
    return "".join("\\" + letter if letter in "%&_#$" else letter for letter in text)


FORMATS: dict[str, Callable[[Results], str]] = {"markdown": _markdown, "csv": _csv, "latex": _latex}
