"""The training loop on a bank of random slices: what a step does, what is saved when, and resuming."""

import copy
import dataclasses
import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from atriacourse.augment.batch import AugmentConfig
from atriacourse.data.bank import BankCase, SliceBank
from atriacourse.errors import InputError
from atriacourse.network.unet import MultiTaskUNet, NetworkConfig
from atriacourse.training.checkpoint import load_model, read_checkpoint
from atriacourse.training.curriculum import CurriculumConfig, epoch_steps
from atriacourse.training.loop import Trainer, TrainingDivergedError
from atriacourse.training.losses import LossConfig
from atriacourse.training.optimiser import make_optimiser
from atriacourse.training.schedule import Plan, ScheduleConfig, learning_rate
from atriacourse.training.training_config import TrainingConfig

NETWORK = NetworkConfig(encoder=(8, 8, 8), decoder=(8, 8), hidden=4, grids=(2, 1), label_stage=2)
CURRICULUM = CurriculumConfig(sizes=(16, 24), batch_sizes=(2, 2), passes=2)
CONFIG = TrainingConfig(curriculum=CURRICULUM, precision="float32", validations=2, save_seconds=3600)
STEPS = 4  # an epoch: 2 passes of 4 cases in batches of 2


@pytest.fixture(scope="module")
def bank():
    rng = np.random.default_rng(1)
    cases = []
    for name, post in (("a", True), ("b", False), ("c", None), ("d", True)):
        mask = np.zeros((5, 28, 30), np.uint8)
        mask[:, 8:20, 9:22] = 255
        grey = (rng.integers(0, 120, mask.shape) + mask // 3).astype(np.uint8)
        cases.append(BankCase(name=name, grey=grey, mask=mask, post_ablation=post))
    return SliceBank(cases)


def make_trainer(bank, folder, *, config=CONFIG, seed=0, network=NETWORK, **more):
    torch.manual_seed(seed)
    more.setdefault("validate", lambda model: {"score": 0.5})
    return Trainer(
        MultiTaskUNet(network),
        bank,
        config=config,
        augmentation=AugmentConfig(),
        seed=seed,
        folder=folder,
        **more,
    )


def with_settings(**changes):
    return dataclasses.replace(CONFIG, **changes)


def weights_in(path):
    tensors, _, _ = read_checkpoint(path)
    return tensors


def same_tensors(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


# ---- one step ------------------------------------------------------------------------------------


def test_the_same_step_is_the_same_batch_whatever_came_before(bank, tmp_path):
    trainer = make_trainer(bank, tmp_path)
    step, other = epoch_steps(CURRICULUM, depths=bank.depths, progress=0.9, seed=0, epoch=1)[:2]
    first = trainer.make_batch(step)
    trainer.make_batch(other)
    torch.rand(3)  # the global generator plays no part
    again = trainer.make_batch(step)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert first.images.shape == (2, 1, 24, 24) and first.masks.shape == (2, 24, 24)
    assert not torch.equal(first.images, trainer.make_batch(other).images)


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_steps_by_hand(bank, tmp_path, kind):
    config = with_settings(optimiser=kind, loss=LossConfig(label_weight=0.5, label="softmax"))
    trainer = make_trainer(bank, tmp_path, config=config, network=dataclasses.replace(NETWORK, dropout=0.0))
    steps = epoch_steps(CURRICULUM, depths=bank.depths, progress=0.0, seed=0, epoch=0)[:2]
    model = copy.deepcopy(trainer.model).train()
    state = [{} for _ in model.parameters()]
    trainer.model.train()
    # one step of AdamW: the second would amplify the rounding of gradients that are zero but for it
    rates = (0.1, 0.05) if kind == "sgd" else (1e-3,)
    for number, (step, rate) in enumerate(zip(steps, rates, strict=False), start=1):
        batch = trainer.make_batch(step)
        told = trainer.train_step(batch, rate=rate, seed=step.seed)

        output = model(batch.images)
        known = batch.labels >= 0
        mask = functional.cross_entropy(output.mask_logits, batch.masks)
        label = functional.cross_entropy(output.label_logits[known], batch.labels[known])
        gradients = torch.autograd.grad(mask + 0.5 * label, list(model.parameters()))
        assert told.total.item() == pytest.approx((mask + 0.5 * label).item(), rel=1e-3)
        with torch.no_grad():
            for weight, gradient, kept in zip(model.parameters(), gradients, state, strict=True):
                if kind == "sgd":  # velocity v = 0.99 v + (g + 5e-4 w), w = w - rate v
                    gradient = gradient + 5e-4 * weight
                    kept["v"] = 0.99 * kept["v"] + gradient if "v" in kept else gradient
                    weight -= rate * kept["v"]
                else:  # Loshchilov and Hutter 2019: decay apart from the gradient's moments
                    weight -= rate * 5e-4 * weight
                    kept["m"] = 0.9 * kept.get("m", 0) + 0.1 * gradient
                    kept["s"] = 0.999 * kept.get("s", 0) + 0.001 * gradient**2
                    m, s = kept["m"] / (1 - 0.9**number), kept["s"] / (1 - 0.999**number)
                    # Adam divides small numbers by small numbers: where |g| ~ 1e-9, rounding decides
                    solid = s.sqrt() > 1e-5
                    update = torch.where(solid, rate * m / (s.sqrt() + 1e-8), 0)
                    kept["loose"] = kept.get("loose", False) | ~solid
                    weight -= update
    for weight, mine, kept in zip(trainer.model.parameters(), model.parameters(), state, strict=True):
        solid = ~kept["loose"] if kind == "adamw" else torch.ones_like(mine, dtype=torch.bool)
        tolerance = {"rtol": 1e-3, "atol": 1e-5}
        torch.testing.assert_close(weight[solid], mine[solid], **tolerance)


def test_gradients_are_clipped_to_the_norm_asked_for(bank, tmp_path):
    config = with_settings(gradient_clip=0.01, weight_decay=0.0, momentum=0.0)
    trainer = make_trainer(bank, tmp_path, config=config)
    before = [weight.detach().clone() for weight in trainer.model.parameters()]
    step = epoch_steps(CURRICULUM, depths=bank.depths, progress=0.0, seed=0, epoch=0)[0]
    trainer.train_step(trainer.make_batch(step), rate=1.0, seed=0)
    moved = [now.detach() - was for now, was in zip(trainer.model.parameters(), before, strict=True)]
    norm = math.sqrt(sum(float(part.square().sum()) for part in moved))
    assert norm == pytest.approx(0.01, rel=1e-2)  # plain SGD of rate 1 moves by the clipped gradient itself


def test_dropout_follows_the_seed_of_the_step(bank, tmp_path):
    trainer = make_trainer(bank, tmp_path)
    step = epoch_steps(CURRICULUM, depths=bank.depths, progress=0.0, seed=0, epoch=0)[0]
    batch = trainer.make_batch(step)

    def loss(seed):
        return float(trainer.train_step(batch, rate=1e-20, seed=seed).label)

    trainer.model.train()
    assert loss(1) == loss(1)
    assert len({loss(seed) for seed in range(6)}) > 1


# ---- a run ---------------------------------------------------------------------------------------


def test_a_run_takes_the_steps_of_the_curriculum_at_the_rates_of_the_schedule(bank, tmp_path):
    schedule = ScheduleConfig(kind="step", every=2)
    reports = []
    trainer = make_trainer(bank, tmp_path, config=with_settings(schedule=schedule), report=reports.append)
    assert trainer.run(Plan.straight(4)) is True
    expected = []
    for epoch in range(4):
        for index in range(STEPS):
            crop = 16 if epoch < 2 else 24  # growing: the first half small, the second large
            expected.append((epoch, (epoch + index / STEPS) / 4, 0.001 * 0.5 ** (epoch // 2), crop))
    assert [report[:2] + report[3:5] for report in reports] == expected
    assert all(report.slices_per_second > 0 for report in reports)
    assert [report.score for report in reports[: 2 * STEPS]] == [None] * 2 * STEPS
    assert reports[-1].score == 0.5

    for row in trainer.history:  # the loss of an epoch is the mean over its slices; batches here are equal
        losses = [report.loss for report in reports if report.epoch == row["epoch"]]
        assert row["loss"] == pytest.approx(np.mean(losses), rel=1e-6)
        assert row["loss"] == pytest.approx(row["mask_loss"] + row["label_loss"], rel=1e-5)
        assert row["slices"] == 8
    assert [row["crop"] for row in trainer.history] == [16, 16, 24, 24]


def test_the_cosine_follows_the_progress_within_an_epoch(bank, tmp_path):
    schedule = ScheduleConfig(kind="cosine")
    reports = []
    config = with_settings(schedule=schedule, learning_rate=0.01)
    make_trainer(bank, tmp_path, config=config, report=reports.append).run(Plan.straight(2))
    rates = [report.learning_rate for report in reports]
    assert rates == [
        learning_rate(schedule, base=0.01, epoch=step // STEPS, progress=step / (2 * STEPS))
        for step in range(2 * STEPS)
    ]
    assert len(set(rates)) == 2 * STEPS


@pytest.mark.parametrize(
    ("epochs", "validations", "after"),
    [
        (4, 2, [2, 4]),
        (4, 4, [1, 2, 3, 4]),
        (5, 2, [3, 5]),
        (3, 20, [1, 2, 3]),
        (1, 1, [1]),
        (7, 3, [3, 5, 7]),
    ],
)
def test_validations_are_spread_evenly_and_the_last_is_at_the_end(bank, tmp_path, epochs, validations, after):
    trainer = make_trainer(bank, tmp_path, config=with_settings(validations=validations))
    trainer.train_step = lambda batch, rate, seed: (torch.zeros(()),) * 3
    trainer.run(Plan.straight(epochs))
    assert [row["epoch"] for row in trainer.validations] == after


def test_the_best_checkpoint_is_that_of_the_highest_score_and_the_first_of_equals(bank, tmp_path):
    scores = iter([0.2, 0.6, 0.6, 0.3])
    seen = []

    def validate(model):
        assert not model.training
        seen.append({name: value.clone() for name, value in model.state_dict().items()})
        return {"score": next(scores)}

    trainer = make_trainer(bank, tmp_path, config=with_settings(validations=4), validate=validate)
    trainer.run(Plan.straight(4))
    best, state, header = read_checkpoint(tmp_path / "best.safetensors")
    assert same_tensors({"model." + name: value for name, value in seen[1].items()}, best)
    assert state["best"] == 0.6 and state["epoch"] == 2 and trainer.best == 0.6
    assert "optimiser_groups" not in header
    last = weights_in(tmp_path / "last.safetensors")
    assert all(torch.equal(last["model." + name], value) for name, value in seen[3].items())


def test_checkpoints_carry_the_header(bank, tmp_path):
    make_trainer(bank, tmp_path, header={"config": {"a": 1}}).run(Plan.straight(1))
    for name in ("best", "last"):
        assert read_checkpoint(tmp_path / f"{name}.safetensors")[1]["header"] == {"config": {"a": 1}}


def test_checkpoints_are_written_as_often_as_asked(bank, tmp_path, monkeypatch):
    saved = []
    for seconds in (0, 3600):
        trainer = make_trainer(bank, tmp_path, config=with_settings(save_seconds=seconds))
        monkeypatch.setattr(trainer, "save_last", lambda: saved.append((seconds, trainer.step_in_epoch)))  # noqa: B023
        trainer.run(Plan.straight(2))
    assert {(0, step) for step in range(1, STEPS + 1)} <= set(saved)
    assert [step for seconds, step in saved if seconds] == [0, 0, 0]  # two validations and the end


def test_averaged_weights_by_hand(bank, tmp_path):
    config = with_settings(average=0.5, learning_rate=0.05, validations=1)
    seen = []  # a weight, and a batch statistic, after each of the 8 steps

    def keep(report):
        names = ("mask_head.weight", "encoder.0.1.running_mean")
        seen.append([trainer.model.state_dict()[name].clone() for name in names])

    trainer = make_trainer(bank, tmp_path, config=config, report=keep, validate=lambda model: {"score": 1.0})
    trainer.run(Plan.straight(2))
    # each step is an eighth of the training: up to the half (step 4) the plain mean of all steps so far, then
    # each step moves it by (1 / 8) / (1 / 2) = a quarter of the way
    for number in range(2):
        mean = torch.stack([step[number] for step in seen[:4]]).mean(dim=0)
        for step in seen[4:]:
            mean = 0.75 * mean + 0.25 * step[number]
        name = ("mask_head.weight", "encoder.0.1.running_mean")[number]
        torch.testing.assert_close(trainer.average.state_dict()[name], mean)
        assert (mean - seen[-1][number]).abs().max() > 1e-5  # which the last weights are not
        torch.testing.assert_close(weights_in(tmp_path / "best.safetensors")["model." + name], mean)
    last = tmp_path / "last.safetensors"
    torch.testing.assert_close(weights_in(last)["model.mask_head.weight"], seen[-1][0])
    model = MultiTaskUNet(NETWORK)
    load_model(last, model)  # for prediction: the averaged ones
    assert same_tensors(model.state_dict(), trainer.average.state_dict())


def test_the_average_is_what_is_validated(bank, tmp_path):
    asked = []
    config = with_settings(average=0.5, validations=1)
    trainer = make_trainer(
        bank, tmp_path, config=config, validate=lambda model: asked.append(model) or {"score": 0.5}
    )
    trainer.run(Plan.straight(1))
    assert asked == [trainer.average] and not trainer.average.training


# ---- stopping and resuming -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sgd", "adamw", "muon"])
@pytest.mark.parametrize("stop_after", [1, 3, STEPS, STEPS + 2, 3 * STEPS])
def test_stopped_and_resumed_is_the_same_run(bank, tmp_path, one_thread, kind, stop_after):
    average = 0.4 if kind == "muon" else 0.0
    config = with_settings(optimiser=kind, learning_rate=0.01, validations=3, average=average)
    plan = Plan.straight(3)

    def score(model):  # depends on the weights, so that another best would show
        return {"score": float(model.mask_head.weight.detach().sum())}

    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole = make_trainer(bank, tmp_path / "whole", config=config, validate=score)
    assert whole.run(plan) is True

    steps = []

    def stop(report):
        steps.append(report)
        first.stop_requested = len(steps) == stop_after

    first = make_trainer(bank, tmp_path / "parts", config=config, validate=score, report=stop)
    assert first.run(plan) is False
    assert len(steps) == stop_after
    second = make_trainer(bank, tmp_path / "parts", config=config, validate=score)
    second.resume()
    assert second.epoch * STEPS + second.step_in_epoch == stop_after
    assert second.run(plan) is True

    for name in ("best", "last"):
        mine = weights_in(tmp_path / "parts" / f"{name}.safetensors")
        assert same_tensors(weights_in(tmp_path / "whole" / f"{name}.safetensors"), mine)
    assert second.best == whole.best and second.validations == whole.validations

    def timeless(history):
        return [{name: value for name, value in row.items() if name != "seconds"} for row in history]

    assert timeless(second.history) == timeless(whole.history)
    assert second.seconds >= first.seconds > 0  # the time of both sittings


def test_another_seed_gives_another_run(bank, tmp_path):
    make_trainer(bank, tmp_path, seed=0).run(Plan.straight(1))
    one = weights_in(tmp_path / "last.safetensors")
    trainer = make_trainer(bank, tmp_path, seed=0)
    trainer.seed = 1  # the same first weights, other batches
    trainer.run(Plan.straight(1))
    assert not same_tensors(one, weights_in(tmp_path / "last.safetensors"))


def test_a_best_checkpoint_of_before_is_beaten_only_by_a_better_score(bank, tmp_path):
    config = with_settings(validations=4)
    first = make_trainer(bank, tmp_path, config=config, validate=lambda model: {"score": 0.9})
    first.report = lambda report: setattr(first, "stop_requested", report.epoch == 1)
    first.run(Plan.straight(4))
    best = (tmp_path / "best.safetensors").read_bytes()
    second = make_trainer(bank, tmp_path, config=config, validate=lambda model: {"score": 0.8})
    second.resume()
    second.run(Plan.straight(4))
    assert (tmp_path / "best.safetensors").read_bytes() == best


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": 1}, "started with seed 0, not 1"),
        ({"config": with_settings(learning_rate=0.5)}, "other learning_rate"),
        ({"config": with_settings(optimiser="adamw", momentum=0.5)}, "other momentum, optimiser"),
        ({"network": dataclasses.replace(NETWORK, hidden=5)}, "another network"),
    ],
)
def test_resuming_a_run_of_other_settings_is_refused(bank, tmp_path, changes, said):
    make_trainer(bank, tmp_path).run(Plan.straight(1))
    with pytest.raises(InputError, match=said):
        make_trainer(bank, tmp_path, **changes).resume()


def test_resuming_nothing_is_refused(bank, tmp_path):
    with pytest.raises(InputError, match="no checkpoint"):
        make_trainer(bank, tmp_path).resume()


# ---- divergence ----------------------------------------------------------------------------------


def finite(path):
    return all(bool(tensor.isfinite().all()) for tensor in weights_in(path).values())


def test_a_loss_that_is_no_number_stops_with_a_diagnosis_and_keeps_the_last_good_state(bank, tmp_path):
    trainer = make_trainer(bank, tmp_path, config=with_settings(validations=4))
    make_batch = trainer.make_batch

    def poisoned(step):
        batch = make_batch(step)
        return batch._replace(images=batch.images * math.inf) if trainer.epoch == 1 else batch

    trainer.make_batch = poisoned
    with pytest.raises(TrainingDivergedError) as caught:
        trainer.run(Plan.straight(4))
    said = str(caught.value)
    for part in (
        "epoch 1, step 0",
        "learning rate 0.001",
        "crop 16",
        "float32",
        "NOT finite",
        "gradient_clip",
    ):
        assert part in said
    assert "last good state is in" in said and "last.safetensors" in said
    assert any(f"cases {pair}" in said for pair in ("a, b", "a, c", "a, d", "b, c", "b, d", "c, d"))
    state = read_checkpoint(tmp_path / "last.safetensors")[1]
    assert (state["epoch"], state["step_in_epoch"]) == (1, 0) and finite(tmp_path / "last.safetensors")
    again = make_trainer(bank, tmp_path, config=with_settings(validations=4))
    again.resume()
    assert again.run(Plan.straight(4)) is True


def test_a_loss_that_is_no_number_before_anything_was_saved_says_so(bank, tmp_path):
    trainer = make_trainer(bank, tmp_path)
    trainer.train_step = lambda batch, rate, seed: (torch.tensor(math.nan),) * 3
    with pytest.raises(TrainingDivergedError, match="Nothing had been saved yet"):
        trainer.run(Plan.straight(1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("save_seconds", [0, 3600])
def test_broken_weights_are_never_saved_even_where_the_loss_was_finite(bank, tmp_path, save_seconds):
    # The loss of a step is taken before its update: an update to NaN shows only in the next loss, and a
    # checkpoint may fall between the two, or the run may end there.
    trainer = make_trainer(bank, tmp_path, config=with_settings(save_seconds=save_seconds, validations=1))
    train_step = trainer.train_step
    taken = []

    def breaks_in_the_last_step(batch, rate, seed):
        loss = train_step(batch, rate=rate, seed=seed)
        taken.append(loss)
        if len(taken) == STEPS:
            with torch.no_grad():
                trainer.model.mask_head.weight.fill_(math.nan)
        return loss

    trainer.train_step = breaks_in_the_last_step
    with pytest.raises(TrainingDivergedError, match=r"NaN or infinite by epoch.*mask_head\.weight"):
        trainer.run(Plan.straight(1))
    assert not (tmp_path / "best.safetensors").exists()
    assert [finite(path) for path in tmp_path.iterdir()] == [True] * (save_seconds == 0)


# ---- plans that bend -----------------------------------------------------------------------------


def test_a_plan_may_bend_after_each_validation_but_the_last(bank, tmp_path):
    asked = []

    def shorten(trainer, plan):
        asked.append((trainer.epoch, len(trainer.validations)))
        return plan.bent(epoch=trainer.epoch, epochs_left=1)

    trainer = make_trainer(bank, tmp_path, config=with_settings(validations=4))
    assert trainer.run(Plan.straight(8), replan=shorten) is True
    # 4 validations in 8 epochs: the first after epoch 2; one epoch then does all the rest
    assert asked == [(2, 1)] and trainer.epoch == 3
    assert trainer.validations[-1]["progress"] == 1.0


# ---- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"optimiser": "adam"}, "sgd, adamw, muon"),
        ({"precision": "int8"}, "precision"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"learning_rate": math.nan}, "learning_rate"),
        ({"momentum": 1}, "momentum"),
        ({"weight_decay": -1}, "weight_decay"),
        ({"validations": 0}, "validations"),
        ({"save_seconds": -1}, "save_seconds"),
        ({"gradient_clip": -1}, "gradient_clip"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, said):
    with pytest.raises(InputError, match=said):
        TrainingConfig(**changes)


def test_the_defaults_are_the_papers():
    config = TrainingConfig()
    model = torch.nn.Linear(2, 2)
    (group,) = make_optimiser(model, config).param_groups
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.001, 0.99, 5e-4)  # section 2.1
    assert (config.schedule.kind, config.schedule.factor, config.schedule.every) == ("step", 0.5, 50)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("precision", ["float32", "bf16", "fp16"])
def test_a_gpu_trains_and_resumes_in_every_precision(tmp_path, precision):
    rng = np.random.default_rng(1)
    cases = [
        BankCase(
            name=name,
            grey=rng.integers(0, 255, (5, 28, 30)).astype(np.uint8),
            mask=np.full((5, 28, 30), 255, np.uint8),
            post_ablation=True,
        )
        for name in "ab"
    ]
    bank = SliceBank(cases, device="cuda")
    torch.manual_seed(0)

    def trainer():
        return Trainer(
            MultiTaskUNet(NETWORK).cuda(),
            bank,
            config=with_settings(precision=precision, gradient_clip=1.0),
            augmentation=AugmentConfig(),
            seed=0,
            folder=tmp_path,
            validate=lambda model: {"score": 0.5},
        )

    first = trainer()
    first.report = lambda report: setattr(first, "stop_requested", report.epoch == 1)
    assert first.run(Plan.straight(3)) is False
    second = trainer()
    second.resume()
    assert second.scaler.get_scale() == first.scaler.get_scale()
    assert all(value.is_cuda for slots in second.optimiser.state.values() for value in slots.values())
    assert second.run(Plan.straight(3)) is True
    assert finite(tmp_path / "last.safetensors")
