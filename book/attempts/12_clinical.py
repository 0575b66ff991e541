"""Attempts at the exercises of "The clinical number"; see tools/attempts.py."""


# %% ex-limits-by-hand, right: by sums
def my_limits(differences):
    n = len(differences)
    bias = sum(differences) / n
    sd = (sum((one - bias) ** 2 for one in differences) / (n - 1)) ** 0.5
    return bias, bias - 1.96 * sd, bias + 1.96 * sd


# %% ex-limits-by-hand, right: all three at once
def my_limits(differences):
    widths = np.array([0, -1.96, 1.96])
    return differences.mean() + widths * differences.std(ddof=1)


# %% ex-limits-by-hand, wrong: divided by n
def my_limits(differences):
    bias, sd = np.mean(differences), np.std(differences)
    return [bias, bias - 1.96 * sd, bias + 1.96 * sd]


# %% ex-limits-by-hand, wrong: 2 in place of 1.96
def my_limits(differences):
    bias, sd = np.mean(differences), np.std(differences, ddof=1)
    return [bias, bias - 2 * sd, bias + 2 * sd]


# %% ex-limits-by-hand, wrong: that is the interval of the bias
def my_limits(differences):
    bias, sd = np.mean(differences), np.std(differences, ddof=1)
    error = sd / len(differences) ** 0.5
    return [bias, bias - 1.96 * error, bias + 1.96 * error]


# %% ex-limits-by-hand, wrong: another order
def my_limits(differences):
    bias, sd = np.mean(differences), np.std(differences, ddof=1)
    return [bias - 1.96 * sd, bias, bias + 1.96 * sd]


# %% ex-limits-by-hand, wrong: around zero
def my_limits(differences):
    bias, sd = np.mean(differences), np.std(differences, ddof=1)
    return [bias, -1.96 * sd, 1.96 * sd]


# %% ex-how-many, right: step by step
fewest_cases = 20
while half_width(fewest_cases) > 0.5:
    fewest_cases += 1

# %% ex-how-many, right: all at once
sizes = np.arange(3, 200)
fewest_cases = int(sizes[half_width(sizes) <= 0.5][0])

# %% ex-how-many, wrong: the last that is too few
sizes = np.arange(3, 200)
fewest_cases = int(sizes[half_width(sizes) > 0.5][-1])

# %% ex-how-many, wrong: a rule of thumb
fewest_cases = 30

# %% ex-how-many, wrong: enough, but not the fewest
fewest_cases = 100

# %% ex-how-many, wrong: without the part of the bias
fewest_cases = int(np.ceil(16 * 1.96**2 / 2)) + 1

# %% ex-volume-ablation, right: from the millilitres
gain = (
    np.abs(network["guess_ml"] - network["truth_ml"])
    - np.abs(uncleaned["guess_ml"] - uncleaned["truth_ml"])
).to_numpy()

# %% ex-volume-ablation, right: case by case
gain = np.array(
    [
        abs(clean) - abs(raw)
        for clean, raw in zip(
            network["volume_difference_ml"],
            uncleaned["volume_difference_ml"],
            strict=True,
        )
    ]
)

# %% ex-volume-ablation, wrong: with the sign
gain = (
    network["volume_difference_ml"] - uncleaned["volume_difference_ml"]
).to_numpy()

# %% ex-volume-ablation, wrong: raw minus cleaned
gain = (
    uncleaned["volume_difference_ml"].abs()
    - network["volume_difference_ml"].abs()
).to_numpy()

# %% ex-volume-ablation, wrong: the cleaned mask's error alone
gain = network["volume_difference_ml"].abs().to_numpy()
