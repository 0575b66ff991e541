"""Studies of what the network is shown, how it is trained, and what becomes of its masks.

After declare.py, before catalogue.py.
"""

from atriacourse.runs.recipes import (
    ALONE,
    BOTH_FLIPS,
    CROSS_ENTROPY,
    GAMMA,
    MULTI_TASK,
    NO_FLIPS,
    SEVEN_SLICES,
    SOFT_DICE,
)
from atriacourse.studies.declare import Study, Variant

PADDING = Study(
    name="padding",
    question="What should lie beyond the edge of a slice?",
    paper="Section 3.3: mirrored; the authors' code pads with zeros and lets affine maps repeat the edge.",
    base=GAMMA,
    variants=(
        Variant(name="mirror", label="mirror (the paper)", set=("augmentation.geometry.padding=mirror",)),
        Variant(name="zero", label="zero (authors' code)", set=("augmentation.geometry.padding=zero",)),
        Variant(name="edge", label="edge repeated", set=("augmentation.geometry.padding=edge",)),
    ),
)
NORMALISATION = Study(
    name="normalisation",
    question="Which pixels should the z-score count?",
    paper="Section 3.3 normalises each slice; the authors' code does so after crop and padding.",
    base=GAMMA,
    variants=(
        Variant(
            name="inside",
            label="the crop without padding (ours)",
            set=("augmentation.statistics=inside",),
        ),
        Variant(name="slice", label="the whole slice (the paper)", set=("augmentation.statistics=slice",)),
        Variant(
            name="crop",
            label="the crop with padding (authors' code)",
            set=("augmentation.statistics=crop", "augmentation.geometry.padding=zero"),
        ),
    ),
)
RADII = (
    Variant(name="radius_2", label="radius 2 (authors' code)"),
    Variant(name="none", label="nothing at all", reading="raw"),
    Variant(name="radius_0", label="largest piece alone", reading="closing:0"),
    Variant(name="radius_1", label="radius 1", reading="closing:1"),
    Variant(name="radius_4", label="radius 4", reading="closing:4"),
)
CLOSING = Study(
    name="closing",
    question="How far should gaps be closed after prediction?",
    paper="Section 2.2 closes with a ball; its radius is in the authors' code alone: 2.",
    base=GAMMA + MULTI_TASK,
    variants=RADII,
)
CLOSING_DEEP = Study(
    name="closing_deep",
    question="How far should gaps be closed after prediction, without the second task?",
    paper="As for the study closing; the Deep U-Net of Table 1.",
    base=GAMMA,
    variants=RADII,
)
GAMMA_RANGE = Study(
    name="gamma_range",
    question="How far should gamma reach, and how often?",
    paper="Section 3.3: 0.8 to 2.0; the probability, 0.5, is the authors' code's.",
    base=GAMMA,
    variants=(
        Variant(name="paper", label="0.8 to 2.0, half of the slices"),
        Variant(name="always", label="0.8 to 2.0, all slices", set=("augmentation.gamma.probability=1",)),
        Variant(
            name="narrow",
            label="0.9 to 1.2",
            set=("augmentation.gamma.low=0.9", "augmentation.gamma.high=1.2"),
        ),
        Variant(
            name="wide", label="0.5 to 3.0", set=("augmentation.gamma.low=0.5", "augmentation.gamma.high=3.0")
        ),
    ),
)
TRAINING_SIZE = Study(
    name="training_size",
    question="What would more training cases bring?",
    base=GAMMA,
    variants=(
        Variant(name="all", label="all training cases"),
        Variant(name="half", label="half of them", split="share:0.5", set=("epochs*=2",)),
        Variant(name="quarter", label="a quarter", split="share:0.25", set=("epochs*=4",)),
    ),
)
OPTIMISER = Study(
    name="optimiser",
    question="The paper's SGD with momentum 0.99, or AdamW with a cosine?",
    paper="Section 2.1: SGD, rate 0.001, momentum 0.99, halved every 50 epochs; no comparison is given.",
    base=GAMMA,
    variants=(
        Variant(
            name="sgd",
            label="SGD, momentum 0.99, steps",
            set=(
                "training.optimiser=sgd",
                "training.learning_rate=0.001",
                "training.weight_decay=0.0005",
                "training.schedule.kind=step",
            ),
        ),
        Variant(
            name="adamw",
            label="AdamW, cosine",
            set=(
                "training.optimiser=adamw",
                "training.learning_rate=0.003",
                "training.weight_decay=0.01",
                "training.schedule.kind=cosine",
            ),
        ),
        Variant(
            name="sgd_cosine",
            label="SGD, momentum 0.99, cosine",
            set=(
                "training.optimiser=sgd",
                "training.learning_rate=0.01",
                "training.weight_decay=0.0005",
                "training.schedule.kind=cosine",
            ),
        ),
    ),
)
MASK_LOSS = Study(
    name="mask_loss",
    question="Cross-entropy alone, or soft Dice beside it?",
    paper="Section 2.1: cross-entropy.",
    base=GAMMA,
    variants=(
        Variant(name="cross_entropy", label="cross-entropy (the paper)", set=CROSS_ENTROPY),
        Variant(name="with_dice", label="and soft Dice", set=SOFT_DICE),
    ),
)
NEIGHBOURS = Study(
    name="neighbours",
    question="Does a network that sees neighbouring slices do better than one that sees its slice alone?",
    paper="Section 2.1: one slice; no comparison is given.",
    base=GAMMA,
    variants=(
        Variant(name="alone", label="the slice alone (the paper)", set=ALONE),
        Variant(name="near", label="and one to each side", set=("prepare.offsets=[-3, 0, 3]",)),
        Variant(name="far", label="and three to each side", set=SEVEN_SLICES),
    ),
)
FLIPS = Study(
    name="flips",
    question="Do flips help, when an atrium is never seen upside down?",
    paper="Section 3.3 flips both ways; no comparison is given.",
    base=GAMMA,
    variants=(
        Variant(name="none", label="no flips", set=NO_FLIPS),
        Variant(name="both", label="both ways (the paper)", set=BOTH_FLIPS),
        Variant(
            name="left_right",
            label="left-right alone",
            set=("augmentation.geometry.flip_left_right=0.5", "augmentation.geometry.flip_up_down=0"),
        ),
    ),
)
CROSS_SITE = Study(
    name="cross_site",
    question="What is lost at a site that was not trained on, and what does gamma augmentation give back?",
    paper="Section 5 hopes for it; nothing is measured.",
    test="site:B",
    needs="sites",
    variants=(
        Variant(name="same_site", label="trained on site B", split="site:B"),
        Variant(name="other_site", label="trained on site A", split="site:A"),
        Variant(name="other_site_gamma", label="site A with gamma", split="site:A", set=GAMMA),
    ),
    pairs=(("same_site", "other_site"), ("other_site", "other_site_gamma")),
)
LEAK = Study(
    name="leak",
    question="How much do twins of held-out scans in the training set flatter the score?",
    paper="Splits by scan; 154 scans are of 60 patients.",
    base=GAMMA,
    needs="twins",
    variants=(
        Variant(name="twins_out", label="twins left out", split="twins:out"),
        Variant(name="twins_in", label="twins trained on", split="twins:in"),
    ),
)
