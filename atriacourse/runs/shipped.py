"""The trained networks that come with the course: their names, and the card that says what each is.

Before runs/folder.py, which takes such a name wherever it takes a folder. tools/train_models.py makes them.
"""

from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from atriacourse.files import read_json

MODELS = Path(__file__).parents[1] / "models"
CARD = "card.json"


class Score(TypedDict):
    """Of the held-out cases of one site, or of all of them."""

    cases: int
    dice: float  # mean over cases
    label_right: int  # cases whose pre- or post-ablation is told right, of `cases`


class Phantoms(TypedDict):
    """`write_phantom_cohort` makes the same again from these."""

    config: dict[str, Any]
    cases: int
    seed: int


class Card(TypedDict):
    """card.json. Provenance stands beside these: command, commit, versions, processor, date."""

    name: str
    says: str  # what it is for
    phantoms: Phantoms
    seed: int  # of split, weights, batches and augmentation
    data: str  # digest of what it was trained and validated on, as in run.json
    parameters: int
    epochs: int
    seconds: float
    trained_on: list[str]
    validated_on: list[str]
    held_out: dict[str, Score]  # "all", and each site
    cases: list[dict[str, Any]]  # the held-out cases, a row each
    gamma: dict[str, float]  # mean Dice of the first cases, their grey ** (1 / gamma)


def shipped_names() -> list[str]:
    """The names of the networks that come with the course."""
    return sorted(path.parent.name for path in MODELS.glob(f"*/{CARD}"))


def shipped_as(folder: Path) -> str | None:
    """The name under which this folder comes with the course; None for any other folder."""
    here = folder.resolve()
    return here.name if here.parent == MODELS.resolve() and here.name in shipped_names() else None


def read_card(name: str) -> Card:
    """What is known of a network that comes with the course. Raises: InputError if it is not whole."""
    return read_json(MODELS / name / CARD, Card, way_out="install the course again")


def origin(card: Card) -> str:
    """What it was trained on and how well it does there, and that it is no medical device."""
    config, score = card["phantoms"]["config"], card["held_out"]["all"]
    sizes_mm = (config["slab_mm"] / config["slices"], *[config["field_mm"] / config["matrix"]] * 2)
    return (
        f"{card['name']}: trained on {len(card['trained_on'])} phantoms of "
        f"{' x '.join(f'{size:g}' for size in sizes_mm)} mm and on no patient (Dice {score['dice']:.2f} on "
        f"{score['cases']} phantoms held out); for learning, no medical device"
    )
