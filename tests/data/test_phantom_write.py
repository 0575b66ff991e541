"""Phantom cohorts on disk: the official layout, resumed where interrupted, refused where it does not fit."""

import csv
import json
import signal
import subprocess
import sys

import nibabel
import nrrd
import numpy as np
import pytest

from atriacourse.data.audit import audit
from atriacourse.data.cohort import open_cohort
from atriacourse.data.phantom import PhantomConfig, make_phantom, write_phantom_cohort
from atriacourse.data.phantom.write import plan_cases
from atriacourse.errors import InputError

TINY = PhantomConfig(matrix=48, slices=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three tiny phantoms."""
    return write_phantom_cohort(tmp_path_factory.mktemp("phantoms") / "three", cases=3, config=TINY, seed=7)


def stamps(folder):
    return {path: path.stat().st_mtime_ns for path in (folder / "Training Set").rglob("*.*")}


def test_the_official_layout(folder):
    record = json.loads((folder / "phantom.json").read_text(encoding="utf-8"))
    assert sorted(path.name for path in folder.iterdir()) == [
        "Training Set",
        "phantom.json",
        "pre post ablation recrods.csv",
    ]
    for name, case in record["cases"].items():
        assert len(name) == 20 and name.isalnum() and name == name.upper()
        files = {path.name for path in (folder / "Training Set" / name).iterdir()}
        assert files == {"lgemri.nrrd", "laendo.nrrd", "lawall.nrrd"}
        assert set(case) == {"site", "post_ablation", "seed"}
    with open(folder / "pre post ablation recrods.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["Patient Code", "post_ablation?"]
    assert {name: flag == "TRUE" for name, flag in rows[1:]} == {
        name: case["post_ablation"] for name, case in record["cases"].items()
    }


def test_files_hold_the_phantom_of_the_recorded_seed_with_real_spacing(folder):
    case = plan_cases(cases=3, config=TINY, seed=7)[1]
    phantom = make_phantom(case.config, seed=case.seed)
    for name, voxels in (("lgemri", phantom.image), ("laendo", phantom.mask), ("lawall", phantom.wall)):
        stored, header = nrrd.read(str(folder / "Training Set" / case.name / f"{name}.nrrd"), index_order="C")
        scale = 1 if name == "lgemri" else 255
        assert np.array_equal(stored, voxels * np.uint8(scale))
        # 360 mm / 48 = 7.5 mm in the slice, 55 mm / 12 between slices; in the file x comes first
        assert np.diag(header["space directions"]) == pytest.approx([7.5, 7.5, 55 / 12])


def test_the_cohort_reader_takes_it(folder):
    cohort = open_cohort(folder)
    planned = {case.name: case.config for case in plan_cases(cases=3, config=TINY, seed=7)}
    assert cohort.layout == "phantom" and set(cohort.names) == set(planned)
    for case in cohort:
        assert (case.site, case.post_ablation) == (planned[case.name].site, planned[case.name].post_ablation)
        assert case.image().spacing_mm == pytest.approx((55 / 12, 7.5, 7.5))
        assert case.image().grid.spacing_source == "file"
        assert case.mask().voxels.any()


def test_nifti_holds_the_same_in_the_same_place(folder, tmp_path):
    other = write_phantom_cohort(tmp_path / "nifti", cases=1, config=TINY, seed=7, file_format="nifti")
    name = plan_cases(cases=1, config=TINY, seed=7)[0].name
    image = nibabel.load(other / "Training Set" / name / "laendo.nii.gz")
    assert nibabel.aff2axcodes(image.affine) == ("L", "P", "S")
    stored, header = nrrd.read(str(folder / "Training Set" / name / "laendo.nrrd"))
    assert np.array_equal(np.asarray(image.dataobj), stored)
    # one corner in both files' patient coordinates: NRRD's LPS is NIfTI's RAS with x and y negated
    corner = np.array([10, 20, 5])
    lps = header["space origin"] + corner @ header["space directions"]
    assert (image.affine @ [*corner, 1])[:3] == pytest.approx(lps * (-1, -1, 1), abs=1e-3)


def test_a_second_call_writes_nothing_and_more_cases_are_added(folder, tmp_path):
    before = stamps(folder)
    calls = []
    write_phantom_cohort(folder, cases=3, config=TINY, seed=7, progress=lambda *done: calls.append(done))
    assert stamps(folder) == before and calls == [(1, 3), (2, 3), (3, 3)]
    grown = write_phantom_cohort(tmp_path / "grown", cases=1, config=TINY, seed=7)
    first = stamps(grown)
    write_phantom_cohort(grown, cases=2, config=TINY, seed=7)
    assert first.items() <= stamps(grown).items()
    assert len(json.loads((grown / "phantom.json").read_text(encoding="utf-8"))["cases"]) == 2


def test_an_interrupted_call_goes_on_and_leaves_no_half_case(folder, tmp_path, monkeypatch):
    def stop(done, cases):
        raise KeyboardInterrupt

    target = tmp_path / "resumed"
    with pytest.raises(KeyboardInterrupt):
        write_phantom_cohort(target, cases=3, config=TINY, seed=7, progress=stop)
    # ... and once more in the middle of writing a case
    real_write, written = nrrd.write, []

    def fail_on_second(path, *args, **kwargs):
        if written:
            raise OSError("disk full")
        written.append(path)
        real_write(path, *args, **kwargs)

    monkeypatch.setattr(nrrd, "write", fail_on_second)
    with pytest.raises(OSError, match="disk full"):
        write_phantom_cohort(target, cases=3, config=TINY, seed=7)
    monkeypatch.undo()
    assert len(list((target / "Training Set").iterdir())) == 1
    write_phantom_cohort(target, cases=3, config=TINY, seed=7)
    assert {path.relative_to(folder) for path in folder.rglob("*")} == {
        path.relative_to(target) for path in target.rglob("*")
    }
    for path in folder.rglob("*.*"):
        other = target / path.relative_to(folder)
        if path.suffix == ".nrrd":  # its header tells the time it was written
            assert np.array_equal(nrrd.read(str(path))[0], nrrd.read(str(other))[0])
        elif path.is_file():
            assert path.read_bytes() == other.read_bytes()


def test_a_case_that_lost_its_mask_is_no_whole_case(folder, tmp_path):
    """However that came: the folder is there, and yet the case is not done. What is there is left alone."""
    target = tmp_path / "resumed"
    write_phantom_cohort(target, cases=2, config=TINY, seed=7)
    names = open_cohort(target).names
    mask = target / "Training Set" / names[0] / "laendo.nrrd"
    mask.unlink()
    report = audit(open_cohort(target))
    assert report.counts["with_mask"] == 1
    assert (
        f"no mask          1 cases cannot train or be scored\n                 {names[0]}" in report.to_text()
    )
    before = stamps(target)
    write_phantom_cohort(target, cases=2, config=TINY, seed=7)
    assert before.items() < stamps(target).items() and set(stamps(target)) - set(before) == {mask}
    made = folder / mask.relative_to(target)
    assert np.array_equal(nrrd.read(str(mask))[0], nrrd.read(str(made))[0])
    assert not list(target.glob(".*"))


def test_two_at_once_into_one_folder(tmp_path):
    """The second is told; nothing of the first is touched, and no lock is left."""
    target = tmp_path / "one"

    def another(done, cases):
        with pytest.raises(InputError, match=r"another command writes phantoms into .*one at this moment"):
            write_phantom_cohort(target, cases=2, config=TINY, seed=7)

    write_phantom_cohort(target, cases=2, config=TINY, seed=7, progress=another)
    assert len(open_cohort(target)) == 2 and not list(target.glob(".*"))


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_call_goes_on(folder, tmp_path, sent):
    """Whatever it left behind (a lock, a half-written case, a draft) is no hindrance and is gone."""
    target = tmp_path / "killed"
    script = (
        "import sys\n"
        "from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort\n"
        "write_phantom_cohort(sys.argv[1], cases=3, config=PhantomConfig(matrix=48, slices=12), seed=7,\n"
        "                     progress=lambda done, cases: (print(done, flush=True), sys.stdin.read()))\n"
    )
    command = [sys.executable, "-c", script, str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()  # one case is done, and the call waits
        (target / ".half.part").mkdir()
        (target / f".phantom.json.{process.pid}").touch()
        process.send_signal(sent)
        process.wait(60)
    write_phantom_cohort(target, cases=3, config=TINY, seed=7)
    assert open_cohort(target).names == open_cohort(folder).names
    assert [path.name for path in target.glob(".*")] == [".half.part"]  # of no case of this cohort


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": 8}, "seed=7, now 8"),
        ({"config": PhantomConfig(matrix=64, slices=12)}, "matrix=48, now 64"),
        ({"file_format": "nifti"}, "file_format='nrrd', now 'nifti'"),
        ({"cases": 2}, "holds 3 cases, now asked for 2"),
    ],
)
def test_a_folder_of_other_settings_is_refused(folder, changes, said):
    before = stamps(folder)
    with pytest.raises(InputError, match=said):
        write_phantom_cohort(folder, **({"cases": 3, "config": TINY, "seed": 7} | changes))
    assert stamps(folder) == before


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        write_phantom_cohort(tmp_path, cases=1, config=TINY, seed=0)
    (tmp_path / "phantom.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        write_phantom_cohort(tmp_path, cases=1, config=TINY, seed=0)


def test_nonsense_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"cases must be a whole number from 1 .*, got 0"):
        write_phantom_cohort(tmp_path / "new", cases=0, config=TINY, seed=0)
    with pytest.raises(InputError, match=r"seed must be a whole number from 0 .*, got -1"):
        write_phantom_cohort(tmp_path / "new", cases=1, config=TINY, seed=-1)
    with pytest.raises(InputError, match=r"seed must be a whole number from 0 .*, got -1"):
        make_phantom(TINY, seed=-1)
    with pytest.raises(InputError, match="must be one of"):
        write_phantom_cohort(tmp_path / "new", cases=1, config=TINY, seed=0, file_format="dicom")
    assert not (tmp_path / "new").exists()


def test_sites_and_labels_are_mixed_and_not_confounded():
    planned = plan_cases(cases=20, config=TINY, seed=0)
    labels = {
        site: [case.config.post_ablation for case in planned if case.config.site == site] for site in "AB"
    }
    # 60 % of 20 are 12; half the cases from each site, six post-ablation at each
    assert {site: (len(known), sum(known)) for site, known in labels.items()} == {"A": (10, 6), "B": (10, 6)}
    # already the first four are one of each
    assert len({(case.config.site, case.config.post_ablation) for case in planned[:4]}) == 4
    assert len({case.name for case in planned}) == 20
    assert planned[:5] == plan_cases(cases=5, config=TINY, seed=0)
    fixed = plan_cases(cases=3, config=PhantomConfig(site="A", post_ablation=False), seed=0)
    assert {(case.config.site, case.config.post_ablation) for case in fixed} == {("A", False)}
