"""All studies by name; `atriacourse study list` prints them.

After the four files catalogue_*.py, where each is a plain declaration: read
them, copy one, change it, and add it to STUDIES.
"""

from atriacourse.errors import InputError
from atriacourse.studies.catalogue_data import (
    CLOSING,
    CLOSING_DEEP,
    CROSS_SITE,
    FLIPS,
    GAMMA_RANGE,
    LEAK,
    MASK_LOSS,
    NEIGHBOURS,
    NORMALISATION,
    OPTIMISER,
    PADDING,
    TRAINING_SIZE,
)
from atriacourse.studies.catalogue_network import DEPTH, LABEL_LOSS, LAMBDA, PYRAMID
from atriacourse.studies.catalogue_paper import BAGGING, CURRICULUM, TABLE_1, TABLE_2
from atriacourse.studies.catalogue_recipe import BEST, PARTS, RECIPE, SPEEDRUN, TEST_TIME
from atriacourse.studies.declare import Study

STUDIES = {
    study.name: study
    for study in (
        TABLE_1,
        TABLE_2,
        BAGGING,
        CURRICULUM,
        LAMBDA,
        LABEL_LOSS,
        PYRAMID,
        DEPTH,
        PADDING,
        NORMALISATION,
        CLOSING,
        CLOSING_DEEP,
        GAMMA_RANGE,
        TRAINING_SIZE,
        OPTIMISER,
        MASK_LOSS,
        NEIGHBOURS,
        FLIPS,
        CROSS_SITE,
        LEAK,
        BEST,
        RECIPE,
        SPEEDRUN,
        PARTS,
        TEST_TIME,
    )
}


def study(name: str) -> Study:
    """The study of that name. Raises: InputError naming those there are."""
    if name not in STUDIES:
        raise InputError(f"there is no study {name!r}; there are {', '.join(STUDIES)}")
    return STUDIES[name]
