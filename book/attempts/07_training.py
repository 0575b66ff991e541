"""Attempts at the exercises of "Training"; see tools/attempts.py."""


# %% ex-momentum, right: in place
def step(weight, velocity, gradient, rate, momentum):
    velocity *= momentum
    velocity += gradient
    weight -= rate * velocity
    return [weight, velocity]


# %% ex-momentum, right: in one line
def step(w, v, g, rate, momentum):
    return w - rate * (momentum * v + g), momentum * v + g


# %% ex-momentum, wrong: the weight follows the old velocity
def step(weight, velocity, gradient, rate, momentum):
    return weight - rate * velocity, momentum * velocity + gradient


# %% ex-momentum, wrong: an average of the gradients
def step(weight, velocity, gradient, rate, momentum):
    velocity = momentum * velocity + (1 - momentum) * gradient
    return weight - rate * velocity, velocity


# %% ex-momentum, wrong: uphill
def step(weight, velocity, gradient, rate, momentum):
    velocity = momentum * velocity + gradient
    return weight + rate * velocity, velocity


# %% ex-momentum, wrong: the rate is in the velocity
def step(weight, velocity, gradient, rate, momentum):
    velocity = momentum * velocity - rate * gradient
    return weight + velocity, velocity


# %% ex-momentum, wrong: the velocity first
def step(weight, velocity, gradient, rate, momentum):
    velocity = momentum * velocity + gradient
    return velocity, weight - rate * velocity


# %% ex-schedule, right: as numbers
my_rates = (2.5e-4, 2.44e-7)

# %% ex-schedule, right: halved in a loop
halved = [0.001, 0.001]
for place, epochs_counted in enumerate((100, 600)):
    for _ in range(epochs_counted // 50):
        halved[place] /= 2
my_rates = np.array(halved)

# %% ex-schedule, wrong: halved six times more
my_rates = [2.5e-4, 2.5e-4 / 2**6]

# %% ex-schedule, wrong: a sixth
my_rates = [2.5e-4, 2.5e-4 / 6]

# %% ex-schedule, wrong: the other order
my_rates = [2.44e-7, 2.5e-4]

# %% ex-schedule, wrong: halved once
my_rates = [5e-4, 2.44e-7]

# %% ex-schedule, wrong: rounded to nothing
my_rates = [2.5e-4, 0]


# %% ex-curriculum, right: put together
def with_order(order):
    return "training.curriculum.order=" + order


# %% ex-curriculum, right: with spaces
def with_order(order):
    return " = ".join(["training.curriculum.order", order])


# %% ex-curriculum, wrong: always the same
def with_order(order):
    return "training.curriculum.order=largest"


# %% ex-curriculum, wrong: half of the name
def with_order(order):
    return f"curriculum.order={order}"


# %% ex-curriculum, wrong: the word alone
def with_order(order):
    return order
