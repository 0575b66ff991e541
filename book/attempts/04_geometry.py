"""Attempts at the exercises of "Geometry"; see tools/attempts.py."""


# %% ex-mirror, right: reflected until it fits
def my_mirror(position, size):
    while not 0 <= position < size:
        position = -position if position < 0 else 2 * (size - 1) - position
    return position


# %% ex-mirror, right: one period as a list
def my_mirror(position, size):
    there = list(range(size))
    period = there + there[-2:0:-1]
    return period[position % len(period)]


# %% ex-mirror, wrong: the edge pixel comes twice
def my_mirror(position, size):
    place = position % (2 * size)
    return min(place, 2 * size - 1 - place)


# %% ex-mirror, wrong: reflected once
def my_mirror(position, size):
    position = abs(position)
    return position if position < size else 2 * (size - 1) - position


# %% ex-mirror, wrong: the slice starts anew
def my_mirror(position, size):
    return position % size


# %% ex-mirror, wrong: the edge is drawn out
def my_mirror(position, size):
    return min(max(position, 0), size - 1)


# %% ex-where, right: a list
my_pixel = [45, 40]

# %% ex-where, right: computed
my_pixel = np.array([50 + (40 - 50) / 2, 50 - (70 - 50) / 2])

# %% ex-where, wrong: x before y
my_pixel = (40, 45)

# %% ex-where, wrong: the flip forgotten
my_pixel = (45, 60)

# %% ex-where, wrong: zoomed the other way
my_pixel = (30, 10)

# %% ex-where, wrong: flipped upside down
my_pixel = (55, 60)

# %% ex-where, wrong: measured from the corner
my_pixel = (20, 65)

# %% ex-flip-ablation, right: two coins
upright = 1000 * 0.5 * 0.5

# %% ex-flip-ablation, right: a fraction
upright = 1000 / 4

# %% ex-flip-ablation, wrong: one coin
upright = 500

# %% ex-flip-ablation, wrong: what is left
upright = 750

# %% ex-flip-ablation, wrong: the share
upright = 0.25
