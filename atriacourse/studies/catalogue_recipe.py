"""Studies of whole recipes: the paper's against the course's best, the steps between, the parts of the best.

After declare.py, before catalogue.py; the recipes themselves stand in runs/recipes.py.
"""

from atriacourse.runs.recipes import (
    ADAMW,
    ALONE,
    BOTH_FLIPS,
    CROSS_ENTROPY,
    FOLDED,
    GAMMA,
    MULTI_TASK,
    MUON,
    ONE_SIZE,
    OURS,
    PAPERS_OWN,
    PAPERS_RANGE,
    PAPERS_SGD,
    SMALL_LAMBDA,
    SMOOTH,
    THREE_SIZES,
    TONES,
    WIDER_GAMMA,
)
from atriacourse.studies.declare import Study, Variant

BEST = Study(
    name="best",
    question="What do tone curves, a bias field and noise add to the paper's gamma?",
    paper="Not in the paper: the course's own recipe against the paper's augmentation.",
    base=MULTI_TASK + SMALL_LAMBDA,
    variants=(
        Variant(name="paper", label="the paper's gamma", set=GAMMA),
        Variant(
            name="tones",
            label="and tone curves, bias, noise",
            set=(*WIDER_GAMMA, *TONES),
        ),
    ),
)
RECIPE = Study(
    name="recipe",
    question="How far is the course's best recipe from the paper's, and what does a bag of five of it add?",
    paper="Sections 2 and 3: the first variant; a bag of five gains 0.001 on the challenge's cases.",
    base=MULTI_TASK,
    variants=(
        Variant(name="paper", label="the paper's recipe", set=(*PAPERS_OWN, *PAPERS_SGD)),
        Variant(name="paper_adamw", label="the same with AdamW, cosine", set=(*PAPERS_OWN, *ADAMW)),
        Variant(name="best", label="the best recipe", set=(*OURS, *ADAMW)),
        Variant(
            name="best_bag",
            label="a bag of five of it",
            set=(*OURS, *ADAMW),
            members=5,
            subsets="bootstrap",
        ),
    ),
    pairs=(("paper", "paper_adamw"), ("paper_adamw", "best"), ("best", "best_bag")),
)
SPEEDRUN = Study(
    name="speedrun",
    question="How good is a network after the same work, from the paper's recipe to the course's best?",
    paper="Not in the paper: each variant is a step on from the one before it.",
    base=MULTI_TASK,
    variants=(
        Variant(name="paper", label="the paper's recipe", set=(*PAPERS_OWN, *PAPERS_SGD)),
        Variant(name="adamw", label="AdamW, cosine", set=(*PAPERS_OWN, *ADAMW)),
        Variant(name="ours", label="neighbours, losses, no flips, three sizes", set=(*OURS, *ADAMW)),
        Variant(
            name="fast",
            label="folded pixels, Muon, averaged weights",
            set=(*OURS, *MUON, *FOLDED, "epochs*=1.25"),
        ),
        Variant(
            name="smooth", label="smoothed along z", set=(*OURS, *MUON, *FOLDED, "epochs*=1.25", *SMOOTH)
        ),
    ),
    pairs=(("paper", "adamw"), ("adamw", "ours"), ("ours", "fast"), ("fast", "smooth")),
)
PARTS = Study(
    name="parts",
    question="Which parts of the best recipe does it need?",
    paper="Not in the paper: each variant takes one part of the best recipe away; the last takes two.",
    base=(*MULTI_TASK, *OURS, *ADAMW),
    variants=(
        Variant(name="best", label="the best recipe"),
        Variant(name="alone", label="the slice alone", set=ALONE),
        Variant(
            name="flips",
            label="with flips",
            set=BOTH_FLIPS,
        ),
        Variant(name="cross_entropy", label="cross-entropy alone", set=CROSS_ENTROPY),
        Variant(name="label_weight", label="lambda 1", set=("training.loss.label_weight=1",)),
        Variant(name="once", label="one size at prediction", set=ONE_SIZE),
        Variant(name="sigmoids", label="a sigmoid for each logit", set=("training.loss.label=sigmoid_bce",)),
        Variant(
            name="gamma",
            label="the paper's gamma",
            set=PAPERS_RANGE,
        ),
        Variant(name="one_task", label="no second task", set=("network.label_head=false",)),
        Variant(  # Table 1's network with gamma augmentation, seen in three sizes: `both` of TEST_TIME
            name="neither",
            label="no second task, the paper's gamma",
            set=(
                "network.label_head=false",
                "training.loss.label=sigmoid_bce",
                "training.loss.label_weight=1",
                *PAPERS_RANGE,
            ),
        ),
    ),
)
TEST_TIME = Study(
    name="test_time",
    question="Does the mean over several sizes of a slice beat one look at it?",
    base=GAMMA,
    variants=(
        Variant(name="once", label="as it is (the paper)"),
        Variant(name="smaller", label="and at 0.85", set=("prediction.zooms=[0.85, 1.0]",)),
        Variant(name="both", label="and at 0.85 and 1.15", set=THREE_SIZES),
    ),
)
