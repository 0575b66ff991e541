"""Attempts at the exercises of "Silent bugs"; see tools/attempts.py."""


# %% ex-own-mask, right: by the share that fits
def moves_together(pipeline):
    images, masks = augmented(pipeline)[:2]
    for picture, mask in zip(images[:, 0], masks.bool(), strict=True):
        bright = picture > (picture.min() + picture.max()) / 2
        common = (bright & mask).sum() / (bright | mask).sum()
        if common < 0.95:
            return True
    return False


# %% ex-own-mask, right: by Dice over the batch
def moves_together(pipeline):
    batch = augmented(pipeline)
    flat = batch.images.flatten(start_dim=1)
    middle = (flat.min(dim=1).values + flat.max(dim=1).values) / 2
    bright = (flat > middle[:, None]).float()
    mask = batch.masks.flatten(start_dim=1).float()
    return 2 * (bright * mask).sum() / (bright.sum() + mask.sum()) < 0.98


# %% ex-own-mask, wrong: every pipeline is accused
def moves_together(pipeline):
    return True


# %% ex-own-mask, wrong: none is
def moves_together(pipeline):
    return False


# %% ex-own-mask, wrong: not one pixel may differ
def moves_together(pipeline):
    batch = augmented(pipeline)
    return (batch.images[:, 0] > 0.1).ne(batch.masks.bool()).any()


# %% ex-own-mask, wrong: half of the pixels may differ
def moves_together(pipeline):
    batch = augmented(pipeline)
    bright = batch.images[:, 0] > 0
    return (bright != batch.masks.bool()).float().mean() > 0.5


# %% ex-twin, right: from the training side
def twins_parted(pipeline):
    scans = with_twin(pipeline)
    splits = [pipeline.split(scans, number) for number in range(8)]
    return any(
        ("twin" in split.train) != (scans[0].name in split.train)
        for split in splits
    )


# %% ex-twin, right: counted
def twins_parted(pipeline):
    scans = with_twin(pipeline)
    twins = {"twin", scans[0].name}
    found = {
        len(twins & set(pipeline.split(scans, number).test))
        for number in range(10)
    }
    return 1 in found


# %% ex-twin, wrong: one name that is held out is enough
def twins_parted(pipeline):
    scans = with_twin(pipeline)
    return any(
        "twin" in pipeline.split(scans, number).test for number in range(6)
    )


# %% ex-twin, wrong: looks for one name on both sides
def twins_parted(pipeline):
    split = pipeline.split(with_twin(pipeline), 0)
    return bool(set(split.train) & set(split.test))


# %% ex-twin, wrong: parted the other way round
def twins_parted(pipeline):
    scans = with_twin(pipeline)
    test = pipeline.split(scans, 0).test
    return ("twin" in test) == (scans[0].name in test)


# %% ex-twin, wrong: every pipeline is accused
def twins_parted(pipeline):
    return True


# %% ex-echo, right: slice by slice
def echo_differs(pipeline):
    for z, plane in enumerate(echoed(pipeline)):
        row, column = np.unravel_index(plane.argmax(), plane.shape)
        if (row, column) != (5 * z, 3):
            return True
        if abs(plane.mean()) > 0.01 or abs(plane.std() - 1) > 0.01:
            return True
    return False


# %% ex-echo, right: against slices normalised by hand
def echo_differs(pipeline):
    mean = dotted.mean(axis=(1, 2), keepdims=True)
    sd = dotted.std(axis=(1, 2), keepdims=True)
    return np.abs(echoed(pipeline) - (dotted - mean) / sd).max() > 0.01


# %% ex-echo, wrong: the order alone
def echo_differs(pipeline):
    rows = [plane.argmax() // 44 for plane in echoed(pipeline)]
    return rows != [0, 5, 10, 15, 20]


# %% ex-echo, wrong: the normalisation alone
def echo_differs(pipeline):
    return np.abs(echoed(pipeline).mean(axis=(1, 2))).max() > 0.001


# %% ex-echo, wrong: not a thousandth of a millionth may differ
def echo_differs(pipeline):
    picture = echoed(pipeline)
    rows = [plane.argmax() // 44 for plane in picture]
    return rows != [0, 5, 10, 15, 20] or picture.mean() != 0


# %% ex-echo, wrong: the slice in the middle stays where it is
def echo_differs(pipeline):
    plane = echoed(pipeline)[2]
    return plane.argmax() // 44 != 10


# %% ex-metrics, right: three questions one after the other
def flatters(pipeline):
    def close(a, b):
        return abs(a - b) < 1e-6

    row = pipeline.score(truth, guess, (1, 1, 1))
    low = np.pad(truth, ((3, 3), (0, 0), (0, 0)))
    high = np.pad(guess, ((3, 3), (0, 0), (0, 0)))
    if not close(pipeline.score(low, high, (1, 1, 1))["dice"], row["dice"]):
        return True
    back = pipeline.score(guess, truth, (1, 1, 1))
    if not close(back["assd_mm"], row["assd_mm"]):
        return True
    larger = pipeline.score(truth, guess, (3, 3, 3))
    return not close(larger["assd_mm"], 3 * row["assd_mm"])


# %% ex-metrics, right: against the library
def flatters(pipeline):
    from atriacourse.evaluation.case_row import score_case

    spacing = (2.5, 1.25, 1.25)
    row = pipeline.score(truth, guess, spacing)
    wanted = score_case("sound", truth, guess, spacing)
    back = pipeline.score(guess, truth, spacing)  # ASSD has two sound readings
    return (
        abs(row["dice"] - wanted["dice"]) > 1e-6
        or abs(row["hd_mm"] - wanted["hd_mm"]) > 1e-6
        or abs(row["assd_mm"] - back["assd_mm"]) > 1e-6
    )


# %% ex-metrics, wrong: without the scale
def flatters(pipeline):
    row = pipeline.score(truth, guess, (1, 1, 1))
    empty = np.zeros_like(truth)
    taller = [np.concatenate([mask, empty]) for mask in (truth, guess)]
    more = pipeline.score(*taller, (1, 1, 1))
    back = pipeline.score(guess, truth, (1, 1, 1))
    return (
        abs(more["dice"] - row["dice"]) > 1e-9
        or abs(back["assd_mm"] - row["assd_mm"]) > 1e-9
    )


# %% ex-metrics, wrong: without the empty slices
def flatters(pipeline):
    row = pipeline.score(truth, guess, (1, 1, 1))
    back = pipeline.score(guess, truth, (1, 1, 1))
    twice = pipeline.score(truth, guess, (2, 2, 2))
    return (
        abs(back["dice"] - row["dice"]) > 1e-9
        or abs(back["assd_mm"] - row["assd_mm"]) > 1e-9
        or abs(twice["hd_mm"] - 2 * row["hd_mm"]) > 1e-9
    )


# %% ex-metrics, wrong: without the exchange
def flatters(pipeline):
    row = pipeline.score(truth, guess, (1, 1, 1))
    empty = np.zeros_like(truth)
    taller = [np.concatenate([mask, empty]) for mask in (truth, guess)]
    more = pipeline.score(*taller, (1, 1, 1))
    twice = pipeline.score(truth, guess, (2, 2, 2))
    return (
        abs(more["dice"] - row["dice"]) > 1e-9
        or abs(twice["hd_mm"] - 2 * row["hd_mm"]) > 1e-9
    )


# %% ex-metrics, wrong: a perfect mask shows no fault
def flatters(pipeline):
    row = pipeline.score(truth, truth, (1, 1, 1))
    return row["dice"] != 1 or row["hd_mm"] != 0


# %% ex-damage, right: from the rows
sound_dice = np.mean(group_b.new_rows["dice"])
my_differences = [
    np.mean(new_patients[name]["dice"]) - sound_dice for name in three
]

# %% ex-damage, right: a row of numbers
my_differences = np.array(
    [against_sound(name).mean_difference for name in three]
)

# %% ex-damage, wrong: sound minus faulty
my_differences = [-against_sound(name).mean_difference for name in three]

# %% ex-damage, wrong: the other order
my_differences = [against_sound(name).mean_difference for name in three[::-1]]

# %% ex-damage, wrong: the Dice, not the differences
my_differences = [np.mean(new_patients[name]["dice"]) for name in three]
