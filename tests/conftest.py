"""Fixtures every test may use: where the real scans lie, and generators with a fixed seed."""

import os
import signal
import sys
import time
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:
    # Several workers share the cores, so each keeps to one thread; before numpy and torch are imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from leftovers import watch

BEGAN = time.perf_counter()

# One environment variable, else a folder `shared/data` beside the checkout.
SEARCH = [Path(__file__).parents[2] / "shared" / "data", Path(__file__).parents[1] / "data"]


# The files that take longest are begun first, so that two workers end together: the one that builds the book
# before all. The others that look at the book come last, since they would wait for it.
FIRST = ("test_pages.py", "test_class_of_thirty.py", "test_end_to_end.py", "test_jail.py", "test_build.py")


def pytest_configure(config) -> None:
    """Nothing that the tests start outlives them, however they end; files keep the order given below."""
    config.option.loadscopereorder = False
    if "PYTEST_XDIST_WORKER" not in os.environ:  # the workers end with the process that started them
        watch()


def pytest_collection_modifyitems(items) -> None:
    """The longest files to the front, those that need the book to the end."""
    waiting = {item.path for item in items if "built_book" in item.fixturenames}

    def place(item) -> int:
        name = item.path.name
        return FIRST.index(name) if name in FIRST else len(FIRST) + (item.path in waiting)

    items.sort(key=place)


def pytest_terminal_summary(terminalreporter) -> None:
    """How long the run took, and the processor time of this process and all that it waited for."""
    if hasattr(os, "times") and os.name != "nt":
        spent = sum(os.times()[:4])
        took = time.perf_counter() - BEGAN
        terminalreporter.write_line(f"{took:.0f} s by the clock, {spent:.0f} s of processor time")


def find_real_data() -> Path | None:
    """The folder that holds `la2018/` and `msd_heart/`, or None."""
    named = os.environ.get("ATRIACOURSE_DATA")
    candidates = [Path(named)] if named else SEARCH
    return next((folder for folder in candidates if (folder / "la2018").is_dir()), None)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The real scans; the test is skipped, and says why, where they are absent."""
    folder = find_real_data()
    if folder is None:
        pytest.skip("needs the real scans: set ATRIACOURSE_DATA to a folder with la2018/ and msd_heart/")
    return folder


ENDS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@pytest.fixture(autouse=True)
def own_signals():
    """Each test begins with a fresh program's signals, whatever ran before it or began the run (nohup)."""
    for number in ENDS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number in ENDS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(20180901)


@pytest.fixture(scope="session")
def phantom_folder(tmp_path_factory) -> Path:
    """Six small phantoms in the official layout; read them, write nothing there."""
    from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort

    folder = tmp_path_factory.mktemp("cohort") / "phantoms"
    return write_phantom_cohort(folder, cases=6, config=PhantomConfig(matrix=64, slices=8), seed=0)


TINY = (
    "epochs=2",
    "validation=0.25",
    "network.encoder=[8, 16, 16]",
    "network.decoder=[16, 8]",
    "network.hidden=4",
    "network.grids=[2, 1]",
    "network.label_stage=2",
    "training.curriculum.sizes=[32, 48]",
    "training.curriculum.batch_sizes=[2, 2]",
    "training.curriculum.passes=2",
    "training.validations=2",
    "training.precision=float32",
    "prediction.precision=float32",
)


@pytest.fixture(scope="session")
def tiny_settings() -> tuple[str, ...]:
    """Overrides of the paper's profile that train in half a second: two poolings, two epochs of 8 steps."""
    return TINY


@pytest.fixture(scope="session")
def tiny_config(tiny_settings):
    """The same as a `RunConfig`."""
    from atriacourse.runs.config import override
    from atriacourse.runs.profiles import profile

    return override(profile("paper"), tiny_settings)


@pytest.fixture(scope="session")
def tiny_run(phantom_folder, tiny_config, tmp_path_factory) -> Path:
    """The folder of a finished run on the phantoms; copy it before changing anything."""
    from atriacourse.data.cohort import open_cohort
    from atriacourse.runs.splitting import make_split
    from atriacourse.runs.train import train_run

    folder = tmp_path_factory.mktemp("runs") / "tiny"
    cohort = open_cohort(phantom_folder)
    train_run(cohort, folder, config=tiny_config, split=make_split(cohort, "holdout", seed=0), device="cpu")
    return folder


@pytest.fixture
def one_thread():
    """Sums in one order: what "bit for bit" is promised for."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def subnormal_numbers():
    """Training flushes subnormal numbers in its whole process; the next test gets them back."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
