"""A sweep: each file of a run, a bag, a folder of masks and a table, damaged in eight ways, is told by name.

Nothing is trained here but one small bag; a command that went on in spite of the damage would fail the test.
"""

import json
import shutil

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from atriacourse.data.cohort import open_cohort
from atriacourse.errors import InputError
from atriacourse.files import read_json
from atriacourse.runs.bag import train_bag
from atriacourse.runs.config import override, to_json, write_json
from atriacourse.runs.evaluate import evaluate_cohort
from atriacourse.runs.folder import open_model, run_record
from atriacourse.runs.predict import Segmenter, predict_cohort
from atriacourse.runs.splitting import make_split
from atriacourse.runs.train import saved_plan, train_run
from atriacourse.training.loop import Trainer


def cut(content):
    return content[: len(content) // 2]


def wrong_types(content):
    """Each value of another type than it had."""
    return json.dumps({key: {"deep": [None, True]} for key in json.loads(content)}).encode()


DAMAGES = {
    "list": lambda content: b'["a", 1]',
    "null": lambda content: b"null",
    "number": lambda content: b"17",
    "cut": cut,
    "empty": lambda content: b"",
    "nested": lambda content: b"[" * 10_000 + b"]" * 10_000,
    "utf-16": lambda content: content.decode().encode("utf-16"),
    "wrong types": wrong_types,
}


@pytest.fixture(scope="module")
def cohort(phantom_folder):
    return open_cohort(phantom_folder)


@pytest.fixture(scope="module")
def split(cohort):
    return make_split(cohort, "holdout", seed=0)


@pytest.fixture(scope="module")
def made(tiny_run, cohort, split, tmp_path_factory):
    """A run with masks and a table in it, and a bag of two members."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copytree(tiny_run, folder / "run")
    segmenter = Segmenter(open_model(tiny_run), device="cpu")
    predict_cohort(segmenter, cohort.subset(split.test), folder / "run")
    evaluate_cohort(segmenter, cohort.subset(split.test), folder / "run" / "scores.csv")
    write_json(folder / "run" / "plan.json", {"knots": [[0, 0.0], [2, 1.0]]})
    config = override(open_model(tiny_run).config, ["epochs=1", "training.validations=1"])
    train_bag(cohort, folder / "bag", config=config, split=split, members=2, device="cpu")
    return folder


@pytest.fixture
def work(made, cohort, split, tmp_path, monkeypatch):
    """The same to be damaged, and every command on it; none may take a step or predict a scan."""
    folder = shutil.copytree(made, tmp_path / "made")
    run, bag = folder / "run", folder / "bag"
    config = open_model(made / "run").config
    bag_config = open_model(made / "bag").config
    held_out = cohort.subset(split.test)
    monkeypatch.setattr(Trainer, "_one_step", lambda *args: pytest.fail("trained in spite of the damage"))
    monkeypatch.setattr(Segmenter, "__call__", lambda *args: pytest.fail("predicted in spite of the damage"))

    def segmenter(path=run):
        return Segmenter(open_model(path), device="cpu")

    return folder, {
        "resume": lambda: train_run(cohort, run, config=config, split=split, device="cpu"),
        "predict": lambda: predict_cohort(segmenter(), held_out, run),
        "evaluate": lambda: evaluate_cohort(segmenter(), held_out, run / "scores.csv"),
        "describe": lambda: open_model(run),
        "load": lambda: run_record(run),
        "plan": lambda: saved_plan(run / "plan.json"),
        "bag": lambda: train_bag(cohort, bag, config=bag_config, split=split, members=2, device="cpu"),
        "open bag": lambda: open_model(bag),
    }


JSONS = [
    ("run/setup.json", ("resume", "predict", "evaluate")),
    ("run/config.json", ("predict", "evaluate", "describe")),
    ("run/run.json", ("resume", "load")),
    ("run/plan.json", ("plan",)),
    ("run/predictions.json", ("predict",)),
    ("run/scores.json", ("evaluate",)),
    ("bag/bag.json", ("bag", "open bag")),
    ("bag/member_1/config.json", ("open bag",)),
    ("bag/member_0/run.json", ("bag",)),
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(("file", "commands"), JSONS, ids=[file for file, _ in JSONS])
def test_a_damaged_note_is_told_by_name_with_a_way_out(work, file, commands, damage):
    folder, does = work
    path = folder / file
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    before = {other: other.read_bytes() for other in folder.rglob("*") if other.is_file()}
    for command in commands:
        with pytest.raises(InputError) as told:
            does[command]()
        says = str(told.value)
        assert str(path) in says and "\n" not in says and "; " in says and len(says) < 700, says
    assert {other: other.read_bytes() for other in folder.rglob("*") if other.is_file()} == before


def test_undamaged_every_command_goes_through(work):
    _, does = work
    for command in does.values():
        command()


# ---- tables that were changed --------------------------------------------------------------------

EDITS = {
    "a row twice": lambda text: text + text.splitlines()[1] + "\n",
    "a column less": lambda text: "\n".join(line.rpartition(",")[0] for line in text.splitlines()) + "\n",
    "a word": lambda text: text.replace("0.", "good ", 1),
    "infinity": lambda text: text.replace("0.", "inf", 1),
    "another Dice": lambda text: text.replace("0.", "0.9", 1),
    "another case": lambda text: text + "other," + text.splitlines()[1].partition(",")[2] + "\n",
    "nothing": lambda text: "",
    "a list": lambda text: "[1, 2]",
    "NUL": lambda text: text.replace(",", "\0", 3),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_table_that_was_changed_is_not_gone_on_with(work, edit):
    folder, does = work
    path = folder / "run" / "scores.csv"
    changed = EDITS[edit](path.read_text())
    path.write_text(changed)
    with pytest.raises(InputError, match=r"scores\.csv was changed since it was written; name another"):
        does["evaluate"]()
    assert path.read_text() == changed


@pytest.mark.parametrize("note", ["gone", "of another program"])
def test_a_table_without_its_note_is_not_gone_on_with(work, note):
    folder, does = work
    path = folder / "run" / "scores.json"
    path.unlink()
    if note != "gone":
        path.write_text('{"name": "mine", "license": "MIT"}')
    with pytest.raises(InputError, match=r"scores\.json (says that this program|is damaged: model: Field)"):
        does["evaluate"]()


# ---- checkpoints ---------------------------------------------------------------------------------


def rewritten(path, change, **metadata):
    """Change the tensors or the header of a checkpoint, as a tool that knows safetensors would."""
    with safe_open(path, framework="pt") as file:
        header = {**file.metadata(), **metadata}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if change is not None:
        header.pop("check", None)  # as in files of older versions: the tensors themselves are looked at
        tensors = change(tensors)
    save_file(tensors, path, metadata=header)


def one(part, slot, value):
    """Change one tensor of the network or of the optimiser."""

    def change(tensors):
        name = next(name for name in sorted(tensors) if name.startswith(part) and name.endswith(slot))
        changed = value(tensors.pop(name))
        return tensors if changed is None else tensors | {name: changed}

    return change


def filled(number):
    return lambda tensor: torch.full_like(tensor, number)


WEIGHTS = {
    "NaN": one("model.", "weight", filled(float("nan"))),
    "infinite": one("model.", "bias", filled(float("inf"))),
    "NaN of a mean": one("model.", "running_mean", filled(float("nan"))),
    "negative variance": one("model.", "running_var", filled(-1.0)),
    "half": one("model.", "weight", torch.Tensor.half),
    "whole numbers": one("model.", "weight", torch.Tensor.int),
    "another shape": one("model.", "weight", lambda tensor: tensor[:1].clone()),
    "missing": one("model.", "weight", lambda tensor: None),
    "more": lambda tensors: tensors | {"model.more": torch.ones(2)},
    "of nobody": lambda tensors: tensors | {"colour": torch.ones(2)},
    "nothing": lambda tensors: {"model.x": torch.ones(1)},
}
OPTIMISER = {
    "all missing": lambda tensors: {k: v for k, v in tensors.items() if not k.startswith("optimiser.")},
    "one of NaN": one("optimiser.", "momentum_buffer", filled(float("nan"))),
    "one infinite": one("optimiser.", "momentum_buffer", filled(float("-inf"))),
    "another shape": one("optimiser.", "momentum_buffer", lambda tensor: tensor.reshape(-1)[:1].clone()),
    "transposed": one("optimiser.0", "momentum_buffer", lambda tensor: tensor.transpose(0, 1).contiguous()),
    "half": one("optimiser.", "momentum_buffer", torch.Tensor.half),
    "double": one("optimiser.", "momentum_buffer", torch.Tensor.double),
    "another slot": lambda tensors: tensors | {"optimiser.0.exp_avg": torch.ones(8, 1, 3, 3)},
    "of no weight": lambda tensors: tensors | {"optimiser.999.momentum_buffer": torch.ones(2)},
    "of no number": lambda tensors: tensors | {"optimiser.x.momentum_buffer": torch.ones(2)},
    "without a slot": lambda tensors: tensors | {"optimiser.0": torch.ones(2)},
}


@pytest.mark.parametrize("what", WEIGHTS)
def test_broken_weights_neither_predict_nor_resume_nor_work_in_a_bag(work, what):
    folder, does = work
    for path, commands in (
        ("run/best.safetensors", ("predict",)),
        ("run/last.safetensors", ("resume",)),
        ("bag/member_1/best.safetensors", ("open bag",)),
    ):
        rewritten(folder / path, WEIGHTS[what])
        (folder / "run" / "run.json").unlink(missing_ok=True)  # not done yet, then
        for name in ("predictions.json", *(file.name for file in (folder / "run").glob("*_la.nii.gz"))):
            (folder / "run" / name).unlink(missing_ok=True)
        with pytest.raises(InputError, match=path.replace(".", r"\.")) as told:
            saved = does[commands[0]]()
            for member in range(len(saved.weights)):
                saved.load(member, torch.device("cpu"))
        assert "\n" not in str(told.value)


@pytest.mark.parametrize("what", OPTIMISER)
def test_a_broken_optimiser_is_not_resumed(work, what):
    folder, does = work
    (folder / "run" / "run.json").unlink()
    rewritten(folder / "run" / "last.safetensors", OPTIMISER[what])
    with pytest.raises(InputError, match=r"last\.safetensors is damaged: .*; use the run's other checkpoint"):
        does["resume"]()


def state_of(path):
    with safe_open(path, framework="pt") as file:
        return json.loads(file.metadata()["state"]), json.loads(file.metadata()["optimiser_groups"])


def changed(**values):
    return lambda state, groups: (state | values, groups)


HEADERS = {
    "a list": lambda state, groups: ([state], groups),
    "a word": lambda state, groups: ("state", groups),
    "no epoch": lambda state, groups: ({k: v for k, v in state.items() if k != "epoch"}, groups),
    "epoch as a word": changed(epoch="2"),
    "epoch -1": changed(epoch=-1),
    "epoch 1e6": changed(epoch=10**6, step_in_epoch=0),
    "step 1e6": changed(epoch=1, step_in_epoch=10**6),
    "history of words": changed(history=["good"]),
    "history of other rows": changed(history=[{"epoch": 1}]),
    "validations of other rows": changed(validations=[{"score": "best"}]),
    "best of a list": changed(best=[]),
    "seconds below 0": changed(seconds=-5),
    "scaler of a list": changed(scaler=[]),
    "another seed": changed(seed=5),
    "other settings": changed(config={"learning_rate": 5}),
    "groups of a number": lambda state, groups: (state, 3),
    "no groups": lambda state, groups: (state, []),
    "two groups": lambda state, groups: (state, groups * 2),
    "another momentum": lambda state, groups: (state, [groups[0] | {"momentum": 0.5}]),
    "another decay": lambda state, groups: (state, [groups[0] | {"weight_decay": None}]),
    "other weights": lambda state, groups: (state, [groups[0] | {"params": [0]}]),
    "no weights": lambda state, groups: (state, [{"lr": 0.1}]),
}


@pytest.mark.parametrize("what", HEADERS)
def test_a_header_of_another_shape_is_not_resumed(work, what):
    folder, does = work
    path = folder / "run" / "last.safetensors"
    (folder / "run" / "run.json").unlink()
    state, groups = HEADERS[what](*state_of(path))
    rewritten(path, None, state=json.dumps(state), optimiser_groups=json.dumps(groups))
    with pytest.raises(InputError) as told:
        does["resume"]()
    assert "; " in str(told.value) and "\n" not in str(told.value)


@pytest.mark.parametrize("file", ["best", "last"])
@pytest.mark.parametrize("written", ["atriacourse-2", "atriacourse-0.9", "other-1", ""])
def test_a_checkpoint_of_another_format_is_refused_with_the_way_out(work, file, written):
    folder, does = work
    (folder / "run" / "run.json").unlink()
    for name in ("predictions.json", "scores.json", "scores.csv"):
        (folder / "run" / name).unlink()
    for path in (folder / "run").glob("*_la.nii.gz"):
        path.unlink()
    rewritten(folder / "run" / f"{file}.safetensors", None, format=written)
    for command in ("predict", "evaluate") if file == "best" else ("resume",):
        with pytest.raises(InputError, match=r"\.safetensors .*(newer version; update|another program's)"):
            does[command]()


def test_a_flipped_bit_is_noticed(work):
    folder, _ = work
    path = folder / "run" / "best.safetensors"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1  # the last bit but a few of one weight: a number like any other
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"its numbers are not those that were written"):
        open_model(folder / "run").load(0, torch.device("cpu"))


# ---- bags ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([], "each once"),
        (["member_0", "member_0"], "each once"),
        (["member_0", "../run"], "must be folders in"),
        (["member_0", "member_7"], "1 of 2 checkpoints are not there yet"),
        (["member_0", "."], "checkpoints are not there yet|must be folders in"),
    ],
)
def test_a_bag_of_odd_members_is_refused(work, members, said):
    folder, does = work
    path = folder / "bag" / "bag.json"
    write_json(path, read_json(path, way_out="") | {"members": members})
    with pytest.raises(InputError, match=said):
        does["open bag"]()


def test_members_of_other_settings_or_copied_are_refused(work):
    folder, does = work
    one, two = folder / "bag" / "member_0", folder / "bag" / "member_1"
    path = two / "config.json"
    before = path.read_bytes()
    write_json(path, to_json(override(open_model(two).config, ["prepare.downsample=2"])))
    with pytest.raises(InputError, match=r"member_1 and .*member_0 have other settings, so they are no bag"):
        does["open bag"]()
    path.write_bytes(before)
    assert len(does["open bag"]().fingerprint()) == 16
    shutil.copy(one / "best.safetensors", two / "best.safetensors")
    with pytest.raises(InputError, match=r"1 members of .* are copies of others"):
        does["open bag"]().fingerprint()


@pytest.mark.parametrize(
    "knots", [[], [[0, 0.0]], [[0, 0.0], [3, 0.5]], [[0, 0.5], [3, 1.0]], [[0, 0.0], [5, 0.5], [3, 1.0]]]
)
def test_a_plan_that_does_not_rise_is_refused(tmp_path, knots):
    write_json(tmp_path / "plan.json", {"knots": knots})
    with pytest.raises(InputError, match=r"plan\.json is damaged: knots must rise"):
        saved_plan(tmp_path / "plan.json")


def test_a_run_that_is_done_and_has_lost_its_network_says_so(work):
    folder, does = work
    (folder / "run" / "best.safetensors").unlink()
    with pytest.raises(InputError, match=r"is done, but its best\.safetensors is gone"):
        does["resume"]()
