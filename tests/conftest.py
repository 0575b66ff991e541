"""Fixtures every test may use: where the real scans lie, and generators with a fixed seed."""

import os
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:
    # Several workers share the cores, so each keeps to one thread; before numpy and torch are imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest

# One environment variable, else a folder `shared/data` beside the checkout.
SEARCH = [Path(__file__).parents[2] / "shared" / "data", Path(__file__).parents[1] / "data"]


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


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(20180901)
