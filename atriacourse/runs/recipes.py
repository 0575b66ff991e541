"""Recipes in parts: what profiles, scales, studies, chapters and assignments are put together from.

After runs/config.py, before profiles.py and studies/scales.py. A part is settings by dotted name, as `--set`
takes them and as a study's variants declare them; `override` turns them into a `RunConfig`.

The name of a profile or of a study's scale says what a run costs, and means the same for both: "smoke"
seconds; "laptop" minutes on two cores, with LAPTOP's resolution and batches; "paper" the paper's own
lengths and widths. What is trained at that cost differs: a profile has the course's recipe (OURS), a scale
the left end of the paper's tables (LEFT_END), to which its studies add. A chapter's `profile` is a profile.
"""


def widths(narrowest: int, *, hidden: int | None = None) -> tuple[str, ...]:
    """A short run's network of five poolings: the paper's shape, four times the narrowest at most, not eight.

    Args: hidden: units before the label; None leaves them as they are.
    """
    one, two, four = narrowest, 2 * narrowest, 4 * narrowest
    parts = (
        "network.fold=1",
        f"network.encoder={[one, two, four, four, four, four]}",
        f"network.decoder={[four, four, two, one, one]}",
    )
    return parts if hidden is None else (*parts, f"network.hidden={hidden}")


# What the paper adds to a Deep U-Net, and the Deep U-Net without it.
GAMMA = ("augmentation.gamma.probability=0.5",)  # the authors' probability; the paper gives none
MULTI_TASK = ("network.label_head=true",)  # lambda 1 and "sigmoid_bce" are the base's
NO_GAMMA = ("augmentation.gamma.probability=0",)  # its range stays the paper's
LEFT_END = (*NO_GAMMA, "network.label_head=false")

# The paper's words, where a run's base may say something else.
ALONE = ("prepare.offsets=[0]",)
BOTH_FLIPS = ("augmentation.geometry.flip_up_down=0.5", "augmentation.geometry.flip_left_right=0.5")
CROSS_ENTROPY = ("training.loss.mask=cross_entropy",)
ONE_SIZE = ("prediction.zooms=[1.0]",)
PAPERS_RANGE = (*GAMMA, "augmentation.gamma.low=0.8", "augmentation.gamma.high=2.0")
PAPERS_OWN = (*GAMMA, *ALONE, *BOTH_FLIPS, *CROSS_ENTROPY, *ONE_SIZE)
PAPERS_SGD = (
    "training.optimiser=sgd",
    "training.learning_rate=0.001",
    "training.weight_decay=0.0005",
    "training.gradient_clip=0",
    "training.schedule.kind=step",
)

# What a short run gains most from, found by trying.
SEVEN_SLICES = ("prepare.offsets=[-9, -6, -3, 0, 3, 6, 9]",)
NO_FLIPS = ("augmentation.geometry.flip_up_down=0", "augmentation.geometry.flip_left_right=0")
SOFT_DICE = ("training.loss.mask=cross_entropy_dice",)
SMALL_LAMBDA = ("training.loss.label_weight=0.1",)
OUR_LOSS = (*SOFT_DICE, "training.loss.label=softmax", *SMALL_LAMBDA)
ADAMW = (  # the learning rate is the scale's: a wider network wants a smaller one
    "training.optimiser=adamw",
    "training.weight_decay=0.01",
    "training.gradient_clip=1",
    "training.schedule.kind=cosine",
)
FOLDED = ("network.folded=2",)  # a word of studies/scales.py; profiles write the widths
MUON = (  # in place of ADAMW; the rate is the scale's as well
    "training.optimiser=muon",
    *ADAMW[1:],
    "training.average=0.13",
)
WIDER_GAMMA = (
    "augmentation.gamma.probability=0.7",
    "augmentation.gamma.low=0.6",
    "augmentation.gamma.high=2.2",
)
TONES = (
    "augmentation.intensity.bias=0.3",
    "augmentation.intensity.noise=0.05",
    "augmentation.tone.probability=0.15",
)
NO_TONES = (
    "augmentation.intensity.bias=0",
    "augmentation.intensity.noise=0",
    "augmentation.tone.probability=0",
)
THREE_SIZES = ("prediction.zooms=[0.85, 1.0, 1.15]",)
SMOOTH = ("prediction.smooth_z=1",)  # with 2, Dice is as good and HD95 worse
OURS = (*SEVEN_SLICES, *NO_FLIPS, *WIDER_GAMMA, *OUR_LOSS, *THREE_SIZES)
SHORT = (*NO_FLIPS, *SOFT_DICE, *ADAMW)

# What a run costs.
HALF_RESOLUTION = (
    "prepare.downsample=2",
    *SEVEN_SLICES,
    "training.curriculum.sizes=[64, 96]",
    "training.curriculum.batch_sizes=[16, 16]",
)
SMOKE = (
    "training.curriculum.sizes=[64, 96]",
    "training.curriculum.batch_sizes=[4, 4]",
    "training.curriculum.slices_per_case=2",
)
ATLAS = (*HALF_RESOLUTION, *widths(12, hidden=64), "training.learning_rate=3e-3")
LAPTOP = (*HALF_RESOLUTION, *widths(24, hidden=128), "training.learning_rate=2e-3")

# On phantoms, which are coarse already.
PHANTOMS = (
    "prepare.downsample=1",
    *SHORT,
    *SMALL_LAMBDA,
    "augmentation.statistics=slice",
    "training.curriculum.slices_per_case=4",
    "training.average=0",
    "prediction.smooth_z=0",
)
ON_PHANTOMS = (  # over the profile "smoke": half a minute of training
    *PHANTOMS,
    *widths(12),
    "epochs=60",
    "training.curriculum.batch_sizes=[8, 8]",
    "training.validations=6",
)
ONE_SITTING = (  # over ON_PHANTOMS, for the page that trains while its reader waits
    *widths(8),
    "epochs=25",
    "training.curriculum.batch_sizes=[4, 4]",
    "training.validations=3",
)
SMALL = (  # over any profile, so that an ablation of a chapter differs in its length alone
    *PHANTOMS,
    *ALONE,
    *widths(8, hidden=32),
    *PAPERS_RANGE,
    *NO_TONES,
    "validation=0.25",
    "training.learning_rate=3e-3",
    "training.loss.label=sigmoid_bce",
    "training.curriculum.sizes=[96]",
    "training.curriculum.batch_sizes=[8]",
    "training.curriculum.passes=2",
    "training.validations=1",
)
FIXED_GEOMETRY = (
    "augmentation.geometry.rotation_degrees=0",
    "augmentation.geometry.shift=0",
    "augmentation.geometry.zoom_low=1",
    "augmentation.geometry.zoom_high=1",
)
