"""Logs: whole and without a row twice, however often they are written."""

import csv

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from atriacourse.runs.logs import write_logs

HISTORY = [
    {
        "epoch": epoch,
        "crop": 32,
        "learning_rate": 0.1,
        "loss": 1.0 / (epoch + 1),
        "mask_loss": 0.5,
        "label_loss": 0.25,
        "slices": 8,
        "seconds": 2.0,
    }
    for epoch in range(3)
]
VALIDATIONS = [{"epoch": 2, "progress": 0.5, "score": 0.75, "dice": {"a": 0.5, "b": 1.0}}]


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_logs_hold_every_epoch_once_after_any_number_of_writings(tmp_path):
    for upto in (1, 2, 3, 3):
        write_logs(tmp_path, HISTORY[:upto], VALIDATIONS)
    log = rows(tmp_path / "log.csv")
    assert [row["epoch"] for row in log] == ["0", "1", "2"]
    assert float(log[2]["loss"]) == pytest.approx(1 / 3)
    assert float(log[0]["slices_per_second"]) == 4.0  # 8 slices in 2 seconds
    (row,) = rows(tmp_path / "validation.csv")
    assert (row["epoch"], row["dice"], row["a"], row["b"]) == ("2", "0.75", "0.5", "1.0")

    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("training/loss")] == [0, 1, 2]
    assert events.Scalars("validation/dice")[0].value == 0.75
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.csv", "tensorboard", "validation.csv"]


def test_nothing_to_write_writes_no_empty_table(tmp_path):
    write_logs(tmp_path, [], [])
    assert not (tmp_path / "log.csv").exists() and not (tmp_path / "validation.csv").exists()


def test_without_tensorboard_there_are_the_tables_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("atriacourse.runs.logs.find_spec", lambda name: None)
    write_logs(tmp_path, HISTORY, VALIDATIONS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.csv", "validation.csv"]
