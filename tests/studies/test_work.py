"""A cell is predicted, cleaned and scored as any run is: by `Segmenter` and `score_case`."""

import numpy as np
import pytest

from atriacourse.evaluation.case_row import score_case
from atriacourse.runs.folder import open_model
from atriacourse.runs.segmenter import Segmenter
from atriacourse.studies.readings import STEPS, mask_of, read_probabilities
from atriacourse.studies.records import read_record


def test_a_cell_is_predicted_as_any_run_is(tiny_units, tiny_data, tiny_study):
    cell = tiny_units[1][0].cells[0]
    home = tiny_study / "cells" / cell.key
    record = read_record(tiny_study / "records" / f"{cell.key}.json")
    segmenter = Segmenter(open_model(home / "run"), device="cpu")
    for place, name in enumerate(record.cases):
        case = tiny_data.cohort.case(name)
        found, truth = segmenter(case.image()), case.mask()
        kept = read_probabilities(home / "probabilities" / f"{name}.npz")
        np.testing.assert_allclose(kept, found.atrium, atol=0.501 / STEPS)  # kept in thousandths
        assert record.post_ablation_probability[place] == pytest.approx(found.post_ablation, abs=1e-6)
        for reading in ("raw", "clean"):
            row = score_case(name, truth.voxels, mask_of(kept, reading), truth.spacing_mm)
            assert record.scores[reading]["dice"][place] == pytest.approx(row["dice"], abs=1e-6)
