"""Attempts at the exercises of "Training"; see tools/attempts.py."""


# %% ex-loop, right: by hand, with momentum and weight decay written out
def train(network, images, masks, steps):
    speeds = [torch.zeros_like(weight) for weight in network.parameters()]
    losses = []
    for _ in range(steps):
        chances = network(images).mask_logits.log_softmax(dim=1)
        loss = -chances.gather(1, masks[:, None]).mean()
        losses.append(loss.item())
        network.zero_grad()
        loss.backward()
        with torch.no_grad():
            for weight, speed in zip(network.parameters(), speeds, strict=True):
                if weight.grad is not None:
                    speed.mul_(0.99).add_(weight.grad + 0.0005 * weight)
                    weight -= 0.01 * speed
    return losses


# %% ex-loop, right: as an array, the gradients cleared at the end
def train(network, images, masks, steps):
    sgd = torch.optim.SGD(
        list(network.parameters()), 0.01, 0.99, weight_decay=0.0005
    )
    criterion = torch.nn.CrossEntropyLoss()
    losses = np.zeros(steps)
    for number in range(steps):
        loss = criterion(network(images)[0], masks)
        losses[number] = loss.item()
        loss.backward()
        sgd.step()
        sgd.zero_grad()
    return losses


# %% ex-loop, wrong: gradients are never cleared
def train(network, images, masks, steps):
    sgd = torch.optim.SGD(
        network.parameters(), lr=0.01, momentum=0.99, weight_decay=5e-4
    )
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(
            network(images).mask_logits, masks
        )
        loss.backward()
        sgd.step()
        losses.append(float(loss.detach()))
    return losses


# %% ex-loop, wrong: no momentum
def train(network, images, masks, steps):
    sgd = torch.optim.SGD(network.parameters(), lr=0.01, weight_decay=5e-4)
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(
            network(images).mask_logits, masks
        )
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        losses.append(float(loss.detach()))
    return losses


# %% ex-loop, wrong: momentum 0.9
def train(network, images, masks, steps):
    sgd = torch.optim.SGD(
        network.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4
    )
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(
            network(images).mask_logits, masks
        )
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        losses.append(float(loss.detach()))
    return losses


# %% ex-loop, wrong: cleared between backward and step
def train(network, images, masks, steps):
    sgd = torch.optim.SGD(
        network.parameters(), lr=0.01, momentum=0.99, weight_decay=5e-4
    )
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(
            network(images).mask_logits, masks
        )
        loss.backward()
        sgd.zero_grad()
        sgd.step()
        losses.append(float(loss.detach()))
    return losses


# %% ex-loop, wrong: the loss after the step
def train(network, images, masks, steps):
    sgd = torch.optim.SGD(
        network.parameters(), lr=0.01, momentum=0.99, weight_decay=5e-4
    )
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(
            network(images).mask_logits, masks
        )
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        loss = torch.nn.functional.cross_entropy(
            network(images).mask_logits, masks
        )
        losses.append(float(loss.detach()))
    return losses


# %% ex-loop, wrong: no step
def train(network, images, masks, steps):
    sgd = torch.optim.SGD(
        network.parameters(), lr=0.01, momentum=0.99, weight_decay=5e-4
    )
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(
            network(images).mask_logits, masks
        )
        sgd.zero_grad()
        loss.backward()
        losses.append(float(loss.detach()))
    return losses


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
