"""Attempts at the exercises of "The capstone"; see tools/attempts.py."""

# %% ex-one-factor, right: counted
more_than_one = {
    variant.name
    for variant in study("normalisation").variants
    if len(variant.set) >= 2
}

# %% ex-one-factor, right: a list
more_than_one = ["crop"]

# %% ex-one-factor, wrong: all that change something
more_than_one = {
    variant.name
    for variant in study("normalisation").variants
    if len(variant.set) >= 1
}

# %% ex-one-factor, wrong: none
more_than_one = set()

# %% ex-one-factor, wrong: the base
more_than_one = {"slice"}


# %% ex-four-words, right: one question after the other
def word_for(low, high, smallest):
    if low > -smallest and high < smallest:
        word = "no difference that matters"
    elif low > 0:
        word = "supported"
    elif high < 0:
        word = "contradicted"
    else:
        word = "undecided"
    return word


# %% ex-four-words, right: by the larger end
def word_for(low, high, smallest):
    if max(abs(low), abs(high)) < smallest:
        return "No difference that matters"
    if low <= 0 <= high:
        return "Undecided"
    return "Supported" if low > 0 else "Contradicted"


# %% ex-four-words, wrong: the sign is asked first
def word_for(low, high, smallest):
    if low > 0:
        return "supported"
    if high < 0:
        return "contradicted"
    if -smallest < low and high < smallest:
        return "no difference that matters"
    return "undecided"


# %% ex-four-words, wrong: one end inside is enough
def word_for(low, high, smallest):
    if abs(low) < smallest or abs(high) < smallest:
        return "no difference that matters"
    if low > 0:
        return "supported"
    return "contradicted" if high < 0 else "undecided"


# %% ex-four-words, wrong: an end that touches counts as inside
def word_for(low, high, smallest):
    if -smallest <= low and high <= smallest:
        return "no difference that matters"
    if low > 0:
        return "supported"
    return "contradicted" if high < 0 else "undecided"


# %% ex-four-words, wrong: by the middle of the interval
def word_for(low, high, smallest):
    middle = (low + high) / 2
    if abs(middle) < smallest:
        return "no difference that matters"
    return "supported" if middle > 0 else "contradicted"


# %% ex-four-words, wrong: the smallest effect is always 0.01
def word_for(low, high, smallest):
    if low > -0.01 and high < 0.01:
        return "no difference that matters"
    if low > 0:
        return "supported"
    return "contradicted" if high < 0 else "undecided"


# %% ex-own-ablation, right: with spaces
my_override = " augmentation.geometry.flip_left_right = 0.5"

# %% ex-own-ablation, right: put together
my_override = f"augmentation.geometry.flip_left_right={1 / 2:.2f}"

# %% ex-own-ablation, wrong: never, as the base
my_override = "augmentation.geometry.flip_left_right=0"

# %% ex-own-ablation, wrong: another setting, trained above
my_override = "augmentation.geometry.padding=zero"

# %% ex-own-ablation, wrong: no number
my_override = "augmentation.geometry.flip_left_right=half"

# %% ex-own-ablation, wrong: half of the name
my_override = "flip_left_right=0.5"
