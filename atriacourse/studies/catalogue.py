"""All studies, as plain declarations: read them, copy one, change it.

After declare.py. `atriacourse study list` prints this file; the paper's tables come first. GAMMA and
MULTI_TASK are the two things that the paper adds to a Deep U-Net; every other study stands on one of them.
"""

from atriacourse.errors import InputError
from atriacourse.studies.declare import Study, Variant

GAMMA = ("augmentation.gamma.probability=0.5",)  # the authors' probability; the paper gives none
MULTI_TASK = ("network.label_head=true",)  # lambda 1 and "sigmoid_bce" are the base's

TABLE_1 = Study(
    name="table1",
    question="Which remedy for varying contrast gives the best masks?",
    paper="Table 1: gamma augmentation is best (0.883), then CLAHE, automatic gamma, plain z-score (0.847).",
    variants=(
        Variant(name="standard", label="z-score alone"),
        Variant(
            name="automatic_gamma", label="automatic gamma correction", set=("prepare.contrast=auto_gamma",)
        ),
        Variant(name="clahe", label="CLAHE, 8x8 regions", set=("prepare.contrast=clahe",)),
        Variant(name="gamma_augmentation", label="gamma augmentation", set=GAMMA),
    ),
)
TABLE_2 = Study(
    name="table2",
    question="What do a fifth pooling, the second task and post-processing add?",
    paper="Table 2: each step helps: 0.855, 0.883, 0.896, 0.901; HD falls from 21.8 to 14.2 mm.",
    base=GAMMA,
    variants=(
        Variant(
            name="vanilla", label="vanilla U-Net, four poolings", set=("network.poolings=4",), reading="raw"
        ),
        Variant(name="deep", label="Deep U-Net, five poolings", reading="raw"),
        Variant(name="multi_task", label="+ multi-task", set=MULTI_TASK, reading="raw"),
        Variant(name="post_processing", label="+ post-processing", set=MULTI_TASK),
    ),
    pairs=(("vanilla", "deep"), ("deep", "multi_task"), ("multi_task", "post_processing")),
)
BAGGING = Study(
    name="bagging",
    question="Does a bag of five beat one network, and does it matter how it is drawn and combined?",
    paper="Section 4: five networks on random subsets, from 0.9197 to 0.9206 on the challenge's cases.",
    base=GAMMA + MULTI_TASK,
    variants=(
        Variant(name="single", label="one network, all cases"),
        Variant(name="five", label="five, bootstrap, mean", members=5, subsets="bootstrap"),
        Variant(name="vote", label="five, bootstrap, vote", members=5, subsets="bootstrap", combine="vote"),
        Variant(name="member", label="one network, bootstrap", subsets="bootstrap"),
        Variant(name="folds", label="five, folds, mean", members=5, subsets="folds"),
    ),
    pairs=(("single", "five"), ("member", "five"), ("vote", "five"), ("folds", "five")),
)
CURRICULUM = Study(
    name="curriculum",
    question="Does the order of crop sizes matter?",
    paper="Section 3.3: sizes grow from 256 to 640 during training; no comparison is given.",
    base=GAMMA,
    variants=(
        Variant(name="growing", label="growing (the paper)"),
        Variant(
            name="every_epoch",
            label="all sizes each epoch (authors' code)",
            set=("training.curriculum.order=every_epoch",),
        ),
        Variant(name="none", label="largest throughout", set=("training.curriculum.order=largest",)),
        Variant(name="reversed", label="shrinking", set=("training.curriculum.order=shrinking",)),
    ),
)
LAMBDA = Study(
    name="lambda",
    question="How much should the label count?",
    paper="Section 2.1: lambda is 1; no comparison is given.",
    base=GAMMA + MULTI_TASK,
    variants=(
        Variant(name="one", label="lambda 1 (the paper)"),
        Variant(name="zero", label="lambda 0", set=("training.loss.label_weight=0",)),
        Variant(name="tenth", label="lambda 0.1", set=("training.loss.label_weight=0.1",)),
        Variant(name="ten", label="lambda 10", set=("training.loss.label_weight=10",)),
    ),
)
LABEL_LOSS = Study(
    name="label_loss",
    question='Which of the three readings of "sigmoid cross-entropy" gives the best masks?',
    paper="Section 2.1 says sigmoid cross-entropy; the authors' code takes the softmax of sigmoids.",
    base=GAMMA + MULTI_TASK,
    variants=(
        Variant(name="sigmoid_bce", label="a sigmoid for each logit"),
        Variant(name="softmax", label="softmax of the logits", set=("training.loss.label=softmax",)),
        Variant(
            name="softmax_of_sigmoid",
            label="softmax of sigmoids (authors' code)",
            set=("training.loss.label=softmax_of_sigmoid",),
        ),
    ),
)
PYRAMID = Study(
    name="pyramid",
    question="Which grids should spatial pyramid pooling have?",
    paper="Section 2.1 names the pooling; the authors' code has 8x8, 4x4 and 1x1.",
    base=GAMMA + MULTI_TASK,
    variants=(
        Variant(name="code", label="8, 4, 1 (authors' code)"),
        Variant(name="global", label="1: global maximum", set=("network.grids=[1]",)),
        Variant(name="small", label="2, 1", set=("network.grids=[2, 1]",)),
        Variant(name="four", label="4, 2, 1", set=("network.grids=[4, 2, 1]",)),
    ),
)
DEPTH = Study(
    name="depth",
    question="How many poolings are enough?",
    paper="Table 2: five beat four, 0.883 to 0.855.",
    base=GAMMA,
    variants=(
        Variant(name="five", label="five poolings", reading="raw"),
        Variant(name="four", label="four poolings", set=("network.poolings=4",), reading="raw"),
        Variant(name="three", label="three poolings", set=("network.poolings=3",), reading="raw"),
    ),
)
PADDING = Study(
    name="padding",
    question="What should lie beyond the edge of a slice?",
    paper="Section 3.3: mirrored; the authors' code pads with zeros and lets affine maps repeat the edge.",
    base=GAMMA,
    variants=(
        Variant(name="mirror", label="mirror (the paper)"),
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
        Variant(name="inside", label="the crop without padding (ours)"),
        Variant(name="slice", label="the whole slice (the paper)", set=("augmentation.statistics=slice",)),
        Variant(
            name="crop",
            label="the crop with padding (authors' code)",
            set=("augmentation.statistics=crop", "augmentation.geometry.padding=zero"),
        ),
    ),
)
CLOSING = Study(
    name="closing",
    question="How far should gaps be closed after prediction?",
    paper="Section 2.2 closes with a ball; its radius is in the authors' code alone: 2.",
    base=GAMMA + MULTI_TASK,
    variants=(
        Variant(name="radius_2", label="radius 2 (authors' code)"),
        Variant(name="none", label="nothing at all", reading="raw"),
        Variant(name="radius_0", label="largest piece alone", reading="closing:0"),
        Variant(name="radius_1", label="radius 1", reading="closing:1"),
        Variant(name="radius_4", label="radius 4", reading="closing:4"),
    ),
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
        Variant(
            name="cross_entropy", label="cross-entropy (the paper)", set=("training.loss.mask=cross_entropy",)
        ),
        Variant(name="with_dice", label="and soft Dice", set=("training.loss.mask=cross_entropy_dice",)),
    ),
)
NEIGHBOURS = Study(
    name="neighbours",
    question="Does a network that sees neighbouring slices do better than one that sees its slice alone?",
    paper="Section 2.1: one slice; no comparison is given.",
    base=GAMMA,
    variants=(
        Variant(name="alone", label="the slice alone (the paper)", set=("prepare.offsets=[0]",)),
        Variant(name="near", label="and one to each side", set=("prepare.offsets=[-3, 0, 3]",)),
        Variant(
            name="far", label="and three to each side", set=("prepare.offsets=[-9, -6, -3, 0, 3, 6, 9]",)
        ),
    ),
)
FLIPS = Study(
    name="flips",
    question="Do flips help, when an atrium is never seen upside down?",
    paper="Section 3.3 flips both ways; no comparison is given.",
    base=GAMMA,
    variants=(
        Variant(name="none", label="no flips"),
        Variant(
            name="both",
            label="both ways (the paper)",
            set=(
                "augmentation.geometry.flip_up_down=0.5",
                "augmentation.geometry.flip_left_right=0.5",
            ),
        ),
        Variant(
            name="left_right", label="left-right alone", set=("augmentation.geometry.flip_left_right=0.5",)
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
        GAMMA_RANGE,
        TRAINING_SIZE,
        OPTIMISER,
        MASK_LOSS,
        NEIGHBOURS,
        FLIPS,
        CROSS_SITE,
        LEAK,
        BEST,
    )
}


def study(name: str) -> Study:
    """The study of that name. Raises: InputError naming those there are."""
    if name not in STUDIES:
        raise InputError(f"there is no study {name!r}; there are {', '.join(STUDIES)}")
    return STUDIES[name]
