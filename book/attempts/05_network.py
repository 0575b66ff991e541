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


# %% ex-plain-unet, right: block by block, with modules for pooling and doubling
class PlainUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 8, 3, padding=1)
        self.a_norm = nn.BatchNorm2d(8)
        self.b = nn.Conv2d(8, 8, 3, padding=1)
        self.b_norm = nn.BatchNorm2d(8)
        self.c = nn.Conv2d(8, 16, 3, padding=1)
        self.c_norm = nn.BatchNorm2d(16)
        self.d = nn.Conv2d(16, 16, 3, padding=1)
        self.d_norm = nn.BatchNorm2d(16)
        self.e = nn.Conv2d(24, 8, 3, padding=1)
        self.e_norm = nn.BatchNorm2d(8)
        self.f = nn.Conv2d(8, 8, 3, padding=1)
        self.f_norm = nn.BatchNorm2d(8)
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, images):
        skip = self.a_norm(self.a(images)).relu()
        skip = self.b_norm(self.b(skip)).relu()
        x = nn.MaxPool2d(2)(skip)
        x = self.c_norm(self.c(x)).relu()
        x = self.d_norm(self.d(x)).relu()
        x = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)(x)
        x = torch.cat((skip, x), 1)
        x = self.e_norm(self.e(x)).relu()
        return self.head(self.f_norm(self.f(x)).relu())


# %% ex-plain-unet, right: in one list of layers
class PlainUNet(nn.Module):
    def __init__(
        self, sizes=((1, 8), (8, 8), (8, 16), (16, 16), (24, 8), (8, 8))
    ):
        super().__init__()
        self.steps = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(a, b, 3, padding="same"), nn.BatchNorm2d(b), nn.ReLU()
            )
            for a, b in sizes
        )
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, images):
        one, two, three, four, five, six = self.steps
        skip = two(one(images))
        low = four(three(nn.functional.max_pool2d(skip, 2)))
        up = nn.functional.interpolate(
            low, skip.shape[-2:], mode="bilinear", align_corners=True
        )
        return self.head(six(five(torch.cat([skip, up], dim=1))))


# %% ex-plain-unet, wrong: the skip behind what comes from below
class PlainUNet(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = ((1, 8), (8, 8), (8, 16), (16, 16), (24, 8), (8, 8))
        self.steps = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU()
            )
            for a, b in sizes
        )
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, images):
        one, two, three, four, five, six = self.steps
        skip = two(one(images))
        low = four(three(nn.functional.max_pool2d(skip, 2)))
        up = nn.functional.interpolate(
            low, scale_factor=2, mode="bilinear", align_corners=True
        )
        return self.head(six(five(torch.cat([up, skip], dim=1))))


# %% ex-plain-unet, wrong: without the skip
class PlainUNet(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = ((1, 8), (8, 8), (8, 16), (16, 16), (16, 8), (8, 8))
        self.steps = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU()
            )
            for a, b in sizes
        )
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, images):
        one, two, three, four, five, six = self.steps
        skip = two(one(images))
        low = four(three(nn.functional.max_pool2d(skip, 2)))
        up = nn.functional.interpolate(
            low, scale_factor=2, mode="bilinear", align_corners=True
        )
        return self.head(six(five(up)))


# %% ex-plain-unet, wrong: the other kind of interpolation
class PlainUNet(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = ((1, 8), (8, 8), (8, 16), (16, 16), (24, 8), (8, 8))
        self.steps = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU()
            )
            for a, b in sizes
        )
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, images):
        one, two, three, four, five, six = self.steps
        skip = two(one(images))
        low = four(three(nn.functional.max_pool2d(skip, 2)))
        up = nn.functional.interpolate(
            low, scale_factor=2, mode="bilinear", align_corners=False
        )
        return self.head(six(five(torch.cat([skip, up], dim=1))))


# %% ex-plain-unet, wrong: the mean in place of the maximum
class PlainUNet(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = ((1, 8), (8, 8), (8, 16), (16, 16), (24, 8), (8, 8))
        self.steps = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU()
            )
            for a, b in sizes
        )
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, images):
        one, two, three, four, five, six = self.steps
        skip = two(one(images))
        low = four(three(nn.functional.avg_pool2d(skip, 2)))
        up = nn.functional.interpolate(
            low, scale_factor=2, mode="bilinear", align_corners=True
        )
        return self.head(six(five(torch.cat([skip, up], dim=1))))


# %% ex-plain-unet, wrong: without ReLU
class PlainUNet(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = ((1, 8), (8, 8), (8, 16), (16, 16), (24, 8), (8, 8))
        self.steps = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b))
            for a, b in sizes
        )
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, images):
        one, two, three, four, five, six = self.steps
        skip = two(one(images))
        low = four(three(nn.functional.max_pool2d(skip, 2)))
        up = nn.functional.interpolate(
            low, scale_factor=2, mode="bilinear", align_corners=True
        )
        return self.head(six(five(torch.cat([skip, up], dim=1))))


# %% ex-plain-unet, wrong: without normalisation
class PlainUNet(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = ((1, 8), (8, 8), (8, 16), (16, 16), (24, 8), (8, 8))
        self.steps = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.ReLU())
            for a, b in sizes
        )
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, images):
        one, two, three, four, five, six = self.steps
        skip = two(one(images))
        low = four(three(nn.functional.max_pool2d(skip, 2)))
        up = nn.functional.interpolate(
            low, scale_factor=2, mode="bilinear", align_corners=True
        )
        return self.head(six(five(torch.cat([skip, up], dim=1))))


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
