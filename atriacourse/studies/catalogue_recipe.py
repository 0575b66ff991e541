"""Studies of whole recipes: the paper's against the course's best, the steps between, the parts of the best.

After declare.py and catalogue_paper.py, before catalogue.py.
"""

from atriacourse.studies.catalogue_paper import GAMMA, MULTI_TASK
from atriacourse.studies.declare import Study, Variant

# The two recipes of the study RECIPE, each said in full, so that it means the same at every scale.
PAPERS_OWN = (
    *GAMMA,
    "prepare.offsets=[0]",
    "augmentation.geometry.flip_up_down=0.5",
    "augmentation.geometry.flip_left_right=0.5",
    "training.loss.mask=cross_entropy",
    "prediction.zooms=[1.0]",
)
PAPERS_SGD = (
    "training.optimiser=sgd",
    "training.learning_rate=0.001",
    "training.weight_decay=0.0005",
    "training.gradient_clip=0",
    "training.schedule.kind=step",
)
ADAMW = (  # the learning rate is the scale's: a wider network wants a smaller one
    "training.optimiser=adamw",
    "training.weight_decay=0.01",
    "training.gradient_clip=1",
    "training.schedule.kind=cosine",
)
OURS = (
    "prepare.offsets=[-9, -6, -3, 0, 3, 6, 9]",
    "augmentation.geometry.flip_up_down=0",
    "augmentation.geometry.flip_left_right=0",
    "augmentation.gamma.probability=0.7",
    "augmentation.gamma.low=0.6",
    "augmentation.gamma.high=2.2",
    "training.loss.mask=cross_entropy_dice",
    "training.loss.label=softmax",
    "training.loss.label_weight=0.1",
    "prediction.zooms=[0.85, 1.0, 1.15]",
)
PAPERS_RANGE = (*GAMMA, "augmentation.gamma.low=0.8", "augmentation.gamma.high=2.0")
BEST = Study(
    name="best",
    question="What do tone curves, a bias field and noise add to the paper's gamma?",
    paper="Not in the paper: the course's own recipe against the paper's augmentation.",
    base=MULTI_TASK + ("training.loss.label_weight=0.1",),
    variants=(
        Variant(name="paper", label="the paper's gamma", set=GAMMA),
        Variant(
            name="tones",
            label="and tone curves, bias, noise",
            set=(
                "augmentation.gamma.probability=0.7",
                "augmentation.gamma.low=0.6",
                "augmentation.gamma.high=2.2",
                "augmentation.intensity.bias=0.3",
                "augmentation.intensity.noise=0.05",
                "augmentation.tone.probability=0.15",
            ),
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
PARTS = Study(
    name="parts",
    question="Which parts of the best recipe does it need?",
    paper="Not in the paper: each variant takes one part of the best recipe away; the last takes two.",
    base=(*MULTI_TASK, *OURS, *ADAMW),
    variants=(
        Variant(name="best", label="the best recipe"),
        Variant(name="alone", label="the slice alone", set=("prepare.offsets=[0]",)),
        Variant(
            name="flips",
            label="with flips",
            set=(
                "augmentation.geometry.flip_up_down=0.5",
                "augmentation.geometry.flip_left_right=0.5",
            ),
        ),
        Variant(name="cross_entropy", label="cross-entropy alone", set=("training.loss.mask=cross_entropy",)),
        Variant(name="label_weight", label="lambda 1", set=("training.loss.label_weight=1",)),
        Variant(name="once", label="one size at prediction", set=("prediction.zooms=[1.0]",)),
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
        Variant(name="both", label="and at 0.85 and 1.15", set=("prediction.zooms=[0.85, 1.0, 1.15]",)),
    ),
)
