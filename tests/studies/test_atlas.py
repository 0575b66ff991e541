"""The committed atlas: whole, of one data set, held out; its reports recomputed from the raw JSON."""

import json
import math

import numpy as np
import pytest

from atriacourse.errors import InputError
from atriacourse.runs.config import RunConfig
from atriacourse.studies.catalogue import STUDIES, study
from atriacourse.studies.cells import SEEDS, cells_of, plan_study
from atriacourse.studies.claims import look_up
from atriacourse.studies.comparison import compare_study
from atriacourse.studies.formats import FORMAT
from atriacourse.studies.identity import shaping_settings
from atriacourse.studies.records import ATLAS, Record, read_record, read_records
from atriacourse.studies.report import render, summary_table
from atriacourse.studies.results import atlas, scales_in_atlas, study_results

# every variant, on LA2018; the other waits for scans of two sites
OPEN = ("cross_site",)
RECORDED = tuple(name for name in STUDIES if name not in OPEN)


@pytest.fixture(scope="module")
def raw():
    return {path.stem: json.loads(path.read_text()) for path in ATLAS.glob("*.json")}


def test_every_record_fits_the_schema_and_its_key(raw):
    assert len(raw) >= 10
    for key, record in read_records(ATLAS).items():  # which compares each key with what the record says
        assert set(record.members) <= set(raw), "a bag without its members"
        assert raw[key]["format"] == FORMAT and not record.unknown
        for name in ("commit", "torch", "numpy", "python", "device", "threads", "date"):
            assert record.made[name] is not None, (key, name)


def test_all_records_of_a_cohort_share_one_hold_out(raw):
    for cohort in {record["cohort"] for record in raw.values()}:
        same = [r for r in raw.values() if r["cohort"] == cohort and r["split"] in ("safe",)]
        assert len({tuple(r["cases"]) for r in same}) == 1
        assert len({r["data"] for r in same}) == 1


def test_no_record_is_left_over(raw):
    known = set()
    for scale, data in {(record["scale"], record["data"]) for record in raw.values()}:
        for one in STUDIES.values():
            units = plan_study(one, scale_name=scale, data=data, seeds=range(1, 10))
            known |= {unit.key for unit in units} | {cell.key for cell in cells_of(units)}
    assert set(raw) <= known, "records that no study of the catalogue can show"


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_studies_are_whole(name):
    results = study_results(study(name))
    assert results.variants == tuple(variant.name for variant in results.study.variants)
    assert results.seeds == SEEDS[: len(results.seeds)] and results.seeds
    assert len(compare_study(results)) == len(results.study.pairs)


def test_the_report_recomputes_from_the_raw_files(raw):
    results = study_results(study("table1"))
    table = summary_table(results).set_index(["variant", "metric"])
    paper = shaping_settings(RunConfig())
    for variant in results.variants:
        settings = {
            "standard": ("none", 0),
            "automatic_gamma": ("auto_gamma", 0),
            "clahe": ("clahe", 0),
            "gamma_augmentation": ("none", 0.5),
        }[variant]
        # by hand, with nothing of the library: pick the files by what was changed, average their numbers
        deep = [
            r
            for r in raw.values()
            if r["cohort"] == "la2018"
            and r["scale"] == "atlas"
            and r["subsets"] is None
            and r["split"] == "safe"
            and r["settings"]["prepare.contrast"] == settings[0]
            and r["settings"]["augmentation.gamma.probability"] == settings[1]
            and r["settings"]["network.label_head"] is False
            and r["settings"]["training.loss.mask"] == "cross_entropy_dice"
            and len(r["settings"]["network.encoder"]) == 6
            and len(r["settings"]["prepare.offsets"]) == 7
            and COMMON <= {name for name, value in r["settings"].items() if value != paper[name]} <= EITHER
        ]
        assert len(deep) == 3
        dice = np.mean([r["scores"]["clean"]["dice"] for r in deep])
        assert table.loc[(variant, "dice"), "mean"] == pytest.approx(dice, abs=1e-9)


COMMON = {  # what the scale "atlas" changes
    "epochs",
    "validation",
    "prepare.downsample",
    "prepare.offsets",
    "augmentation.geometry.flip_up_down",
    "augmentation.geometry.flip_left_right",
    "network.inputs",
    "network.encoder",
    "network.decoder",
    "network.label_head",
    "network.hidden",
    "training.optimiser",
    "training.learning_rate",
    "training.weight_decay",
    "training.gradient_clip",
    "training.schedule.kind",
    "training.curriculum.sizes",
    "training.curriculum.batch_sizes",
    "training.loss.mask",
    "training.validations",
}
EITHER = COMMON | {"prepare.contrast", "augmentation.gamma.probability"}


def test_dice_and_jaccard_of_a_case_fit(raw):
    for record in raw.values():
        for metrics in record["scores"].values():
            for dice, jaccard in zip(metrics["dice"], metrics["jaccard"], strict=True):
                assert jaccard == pytest.approx(dice / (2 - dice), abs=2e-6)  # of one pair of masks


@pytest.mark.slow
def test_reports_render_in_every_format():
    for name in RECORDED:
        results = study_results(study(name))
        markdown, csv, latex = (render(results, file_format=form) for form in ("markdown", "csv", "latex"))
        assert results.study.question in markdown and "interval" in markdown
        assert csv.count("\n") > len(results.variants)
        assert latex.count(r"\\") == len(results.variants) + 1
    with pytest.raises(InputError, match="markdown, csv, latex"):
        render(results, file_format="word")


def test_a_study_has_the_scales_of_its_records(raw):
    assert scales_in_atlas(study("table1"))[0] == "atlas"
    assert scales_in_atlas(study("recipe")) == ("atlas", "laptop")
    assert scales_in_atlas(study("cross_site")) == ()  # recorded on phantoms alone


def test_claims_of_the_atlas_recompute(raw):
    results = study_results(study("table2"))
    claim = look_up("atlas/table2/deep/dice")
    mean = results.values("deep", "dice").to_numpy().mean()
    assert claim.text.startswith(f"{mean:.3f} (") and set(claim.records) <= set(raw)
    verdict = look_up("atlas/table2/vanilla-vs-deep/dice").text
    assert verdict == compare_study(results)[0].verdict
    longer = study_results(study("table1"), scale="laptop").values("standard", "dice").to_numpy().mean()
    assert look_up("atlas/table1@laptop/standard/dice").text.startswith(f"{longer:.3f}")
    assert "at scale laptop" in look_up("atlas/table1@laptop/standard/dice").source
    with pytest.raises(InputError, match="la2018 at atlas"):
        look_up("atlas/table2@paper/deep/dice")
    with pytest.raises(InputError, match="vanilla"):
        look_up("atlas/table2/vanila/dice")
    with pytest.raises(InputError, match="assd_mm"):
        look_up("atlas/table2/deep/asd_mm")
    with pytest.raises(InputError, match="-vs-"):
        look_up("atlas/table2")


def planted(record: Record, **changes):
    return record.model_dump(mode="json") | changes


def test_planted_faults_are_caught(tmp_path):
    record = next(record for record in atlas().values() if record.kind == "network")
    good = planted(record)
    short = json.loads(json.dumps(good["scores"]))
    short["raw"]["dice"].pop()
    faults = {
        "trained on": planted(record, trained_on=[*record.trained_on, record.cases[0]]),
        "no case is scored": planted(record, cases=[]),
        "sites must have one value": planted(record, sites=[]),
        "seed: Input should be a valid integer": planted(record, seed="1"),
        "gives [0-9a-f]{16}": planted(record, seed=record.seed + 1),
        "say nothing of network.dropout": planted(
            record, settings={n: v for n, v in record.settings.items() if n != "network.dropout"}
        ),
        "one value for each": planted(record, scores=short),
        "only a bag": planted(record, members=["a", "b"]),
    }
    path = tmp_path / f"{record.key}.json"
    for words, content in faults.items():
        path.write_text(json.dumps(content))
        with pytest.raises(InputError, match=words):
            read_record(path)
    path.write_text(json.dumps(good))
    assert read_record(path).same_result(record)
    other = tmp_path / "0123456789abcdef.json"
    other.write_text(json.dumps(good))
    with pytest.raises(InputError, match="named by its key"):
        read_record(other)


def test_numbers_survive_a_record():
    from atriacourse.studies.records import kept, restored

    assert kept(math.nan) is None and math.isnan(restored(None))
    assert kept(math.inf) == "inf" and restored("inf") == math.inf
    assert restored(kept(0.123456789)) == 0.123457
