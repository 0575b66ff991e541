"""Studies that the paper reports or describes itself: contrast, its four steps, bagging, curriculum.

After declare.py, before catalogue.py. GAMMA and MULTI_TASK are the two things that the paper adds to a
Deep U-Net; every other study stands on one of them.
"""

from atriacourse.runs.recipes import GAMMA, MULTI_TASK
from atriacourse.studies.declare import Study, Variant

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
        Variant(name="single", label="one network on all cases"),
        Variant(name="five", label="a bag of five", members=5, subsets="bootstrap"),
        Variant(name="vote", label="a bag of five by vote", members=5, subsets="bootstrap", combine="vote"),
        Variant(name="member", label="one member of a bag", subsets="bootstrap"),
        Variant(name="folds", label="five folds", members=5, subsets="folds"),
        Variant(name="seeds", label="five networks on all cases", members=5, subsets="all"),
    ),
    pairs=(("single", "five"), ("member", "five"), ("vote", "five"), ("folds", "five"), ("seeds", "five")),
)
CURRICULUM = Study(
    name="curriculum",
    question="Does the order of crop sizes matter?",
    paper="Section 3.3: sizes grow from 256 to 640 during training; no comparison is given.",
    base=GAMMA,
    variants=(
        Variant(name="growing", label="growing (the paper)", set=("training.curriculum.order=growing",)),
        Variant(
            name="every_epoch",
            label="all sizes each epoch (authors' code)",
            set=("training.curriculum.order=every_epoch",),
        ),
        Variant(name="none", label="largest throughout", set=("training.curriculum.order=largest",)),
        Variant(name="reversed", label="shrinking", set=("training.curriculum.order=shrinking",)),
    ),
)
