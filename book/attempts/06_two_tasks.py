"""Attempts at the exercises of "Two tasks"; see tools/attempts.py."""


# %% ex-windows, right: with the module math
def fits(size, grid):
    import math

    window = math.ceil(size / grid)
    return (window * grid - size + 1) // 2 <= math.floor(window / 2)


# %% ex-windows, right: by what is missing
def fits(size, grid):
    missing = -size % grid
    window = (size + missing) // grid
    return 2 * ((missing + 1) // 2) <= window


# %% ex-windows, wrong: a rule for the remainder, read off four cases
def fits(size, grid):
    return size % 8 in (0, 6)


# %% ex-windows, wrong: only what divides
def fits(size, grid):
    return size % grid == 0


# %% ex-windows, wrong: the window rounded down
def fits(size, grid):
    window = size // grid
    return (window * grid - size + 1) // 2 <= window // 2


# %% ex-windows, wrong: the padding rounded down
def fits(size, grid):
    window = -(-size // grid)
    return (window * grid - size) // 2 <= window // 2


# %% ex-windows, wrong: the limit itself refused
def fits(size, grid):
    window = -(-size // grid)
    return (window * grid - size + 1) // 2 < window // 2


# %% ex-windows, wrong: the grid is always 8
def fits(size, grid):
    window = -(-size // 8)
    return (window * 8 - size + 1) // 2 <= window // 2


# %% ex-floor, right: rounded
my_answers = (0.3133, 0.7311)

# %% ex-floor, right: by way of the probability
best_share = np.e / (np.e + 1)
my_answers = [-np.log(best_share), best_share]

# %% ex-floor, wrong: what cross-entropy of logits comes near to
my_answers = [0, 1]

# %% ex-floor, wrong: at the start, with two equal outputs
my_answers = [np.log(2), 0.5]

# %% ex-floor, wrong: the other order
my_answers = [1 / (1 + np.exp(-1)), np.log(1 + np.exp(-1))]

# %% ex-floor, wrong: one of two
my_answers = np.log(1 + np.exp(-1))


# %% ex-lambda, right: as a decimal
def with_lambda(weight):
    return f"training.loss.label_weight={float(weight)}"


# %% ex-lambda, right: with spaces
def with_lambda(weight):
    return "training.loss.label_weight = " + str(weight)


# %% ex-lambda, wrong: the weight is not used
def with_lambda(weight):
    return "training.loss.label_weight=1"


# %% ex-lambda, wrong: half of the name
def with_lambda(weight):
    return f"label_weight={weight}"


# %% ex-lambda, wrong: no sign of equality
def with_lambda(weight):
    return f"training.loss.label_weight {weight}"


# %% ex-lambda, wrong: the number alone
def with_lambda(weight):
    return weight
