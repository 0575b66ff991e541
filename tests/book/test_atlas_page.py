"""The appendix with every study: nothing left out, and its numbers those of the records."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from atlas_page import overview_rows

from atriacourse.studies.catalogue import STUDIES
from atriacourse.studies.records import ATLAS

BOOK = Path(__file__).parents[2] / "book"


def test_every_study_has_a_section_and_its_chapter_exists():
    text = (BOOK / "atlas.md").read_text(encoding="utf-8")
    assert re.findall(r"\{atlas-study\} (\w+)", text) == list(STUDIES)
    links = re.findall(r"Taught in \[chapter (\d+)\]\((\d\d)_(\w+)\.md\)", text)
    assert len(links) == len(STUDIES)
    for said, number, name in links:
        assert int(said) == int(number) and (BOOK / f"{number}_{name}.md").is_file()


def test_a_row_is_what_the_raw_records_say():
    # lambda 0 minus lambda 1 straight from the files: a record of lambda 1 has the same settings but for it
    records = [json.loads(path.read_text(encoding="utf-8")) for path in ATLAS.glob("*.json")]
    records = [one for one in records if one["cohort"] == "la2018" and one["scale"] == "atlas"]
    records = [one for one in records if one["kind"] == "network" and one["subsets"] is None]
    zero = [one for one in records if one["settings"]["training.loss.label_weight"] == 0.0]
    same = zero[0]["settings"] | {"training.loss.label_weight": 1.0}
    one_by_seed = {one["seed"]: one for one in records if one["settings"] == same and one["split"] == "safe"}
    gains = []
    for ours in zero:
        theirs = one_by_seed[ours["seed"]]
        assert ours["cases"] == theirs["cases"]
        gains += list(
            np.subtract(ours["scores"]["clean"]["dice"], theirs["scores"]["clean"]["dice"], dtype=float)
        )
    name, what, at_atlas, at_paper, printed = overview_rows("lambda", ("atlas", "paper"))[0]
    assert (name, what, at_paper, printed) == ("lambda", "lambda 0 minus lambda 1 (the paper)", "", "")
    text = at_atlas.astext()  # bold: lambda 0 is told apart
    assert text.endswith(": better") and len(zero) == 3 and "seed" not in text
    assert float(text.split(" ")[0]) == pytest.approx(np.mean(gains), abs=0.0006)


def test_a_cell_says_in_words_what_its_interval_says():
    rows = {row[1].split(" minus ")[0]: row for row in overview_rows("table2", ("atlas",))}
    # Table 2: 0.896 - 0.883
    assert rows["+ multi-task"][2].astext().endswith(": worse") and rows["+ multi-task"][3] == "+0.013"
    assert isinstance(rows["+ post-processing"][2], str)  # its interval spans zero: no word
    one_seed = overview_rows("recipe", ("laptop",))[-1][2]
    assert "one seed" in (one_seed if isinstance(one_seed, str) else one_seed.astext())
