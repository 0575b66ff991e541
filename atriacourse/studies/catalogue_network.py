"""Studies of the network and its losses: lambda, the label loss, pyramid, depth.

After declare.py, before catalogue.py.
"""

from atriacourse.runs.recipes import GAMMA, MULTI_TASK
from atriacourse.studies.declare import Study, Variant

LAMBDA = Study(
    name="lambda",
    question="How much should the label count?",
    paper="Section 2.1: lambda is 1; no comparison is given.",
    base=GAMMA + MULTI_TASK,
    variants=(
        Variant(name="one", label="lambda 1 (the paper)", set=("training.loss.label_weight=1",)),
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
        Variant(
            name="sigmoid_bce", label="a sigmoid for each logit", set=("training.loss.label=sigmoid_bce",)
        ),
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
        Variant(name="code", label="8, 4, 1 (authors' code)", set=("network.grids=[8, 4, 1]",)),
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
