"""Attempts at the exercises of "The network"; see tools/attempts.py."""


# %% ex-block-parameters, right: convolution by convolution
def block_parameters(a, b):
    total = 0
    for channels in (a, b):
        total += 3 * 3 * channels * b + b  # weights and biases
        total += 2 * b  # scale and shift
    return total


# %% ex-block-parameters, right: in one product
def block_parameters(a, b):
    return b * (9 * (a + b) + 6)


# %% ex-block-parameters, wrong: without biases
def block_parameters(a, b):
    return 9 * a * b + 9 * b * b + 4 * b


# %% ex-block-parameters, wrong: without the normalisations
def block_parameters(a, b):
    return 9 * a * b + 9 * b * b + 2 * b


# %% ex-block-parameters, wrong: both convolutions from a channels
def block_parameters(a, b):
    return 2 * (9 * a * b + b + 2 * b)


# %% ex-block-parameters, wrong: with the running mean and variance
def block_parameters(a, b):
    return 9 * a * b + 9 * b * b + 10 * b


# %% ex-encoder-field, right: in one formula
def encoder_field(poolings):
    return 9 * 2**poolings - 4


# %% ex-encoder-field, right: level by level
def encoder_field(poolings):
    field = 1
    for level in range(poolings + 1):
        step = 2**level
        field += 4 * step + (step if level < poolings else 0)
    return field


# %% ex-encoder-field, wrong: pooling adds nothing
def encoder_field(poolings):
    field, step = 1, 1
    for _ in range(poolings):
        field += 4 * step
        step *= 2
    return field + 4 * step


# %% ex-encoder-field, wrong: the step doubles before pooling is counted
def encoder_field(poolings):
    field, step = 1, 1
    for _ in range(poolings):
        field += 4 * step
        step *= 2
        field += step
    return field + 4 * step


# %% ex-encoder-field, wrong: no block at the bottom
def encoder_field(poolings):
    field, step = 1, 1
    for _ in range(poolings):
        field += 5 * step
        step *= 2
    return field


# %% ex-encoder-field, wrong: one convolution in a block
def encoder_field(poolings):
    field, step = 1, 1
    for _ in range(poolings):
        field += 3 * step
        step *= 2
    return field + 2 * step


# %% ex-depth, right: with spaces in the lists or without
def with_poolings(poolings):
    encoder = ",".join(map(str, full.encoder[: poolings + 1]))
    start = len(full.decoder) - poolings
    decoder = ",".join(map(str, full.decoder[start:]))
    return [f"network.encoder=[{encoder}]", f"network.decoder=[{decoder}]"]


# %% ex-depth, right: a pair, with spaces around the sign
def with_poolings(poolings):
    encoder = list(full.encoder)[: poolings + 1]
    decoder = list(full.decoder)[-poolings:]
    return f"network.encoder = {encoder}", f"network.decoder = {decoder}"


# %% ex-depth, wrong: one width too few
def with_poolings(poolings):
    encoder = list(full.encoder[:poolings])
    decoder = list(full.decoder[-poolings:])
    return [f"network.encoder={encoder}", f"network.decoder={decoder}"]


# %% ex-depth, wrong: the decoder's first widths
def with_poolings(poolings):
    encoder = list(full.encoder[: poolings + 1])
    decoder = list(full.decoder[:poolings])
    return [f"network.encoder={encoder}", f"network.decoder={decoder}"]


# %% ex-depth, wrong: the widths without their names
def with_poolings(poolings):
    return [list(full.encoder[: poolings + 1]), list(full.decoder[-poolings:])]


# %% ex-depth, wrong: the full network
def with_poolings(poolings):
    encoder, decoder = list(full.encoder), list(full.decoder)
    return [f"network.encoder={encoder}", f"network.decoder={decoder}"]
