"""Lines of a training: a few for each network, however many are trained one after another."""

from atriacourse.pages.bench.teller import Teller
from atriacourse.training.loop import Report


def steps(teller, count):
    for step in range(count + 1):
        teller.step(
            Report(
                progress=step / count,
                epoch=step,
                loss=1.0,
                learning_rate=0.01,
                crop=64,
                slices_per_second=1.0,
                score=0.5 if step == count else None,
            )
        )


def test_every_network_is_told_from_its_beginning_to_its_end():
    told = []
    teller = Teller(told.append, lines=4)
    steps(teller, 20)
    once = len(told)
    assert [line.strip()[:3].strip() for line in told] == ["0%", "50%", "75%", "100"]
    assert told[0].endswith("Dice not yet") and told[-1].endswith("Dice 0.500")
    steps(teller, 20)
    assert told[once:] == told[:once]
