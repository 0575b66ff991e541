"""From 8-bit slices to a normalised training batch of 256x256: ours against five other routes.

All do the paper's list to the same slices and masks: flips, rotation within 10 degrees, shift within 10 %,
zoom 0.7 to 1.3 in y and x, gamma, crop, per-slice z-score; images bilinearly, the others' masks by nearest
neighbour (ours bilinearly, cut at one half). Each has one resampling. Slices of 256x256, where the crop
costs nothing, suit the others best: those that resample the whole slice and crop afterwards fall behind on
the 576x576 of the challenge's scans.

The authors' route is written anew from what their code does: one slice at a time, the whole slice through
one affine matrix with its edges replicated, then gamma, centre crop and z-score. Their resampling gathers
the four neighbours of every pixel with torch indexing; "scipy" is the same route with scipy's compiled
`affine_transform` in that place, which is what one would write today.
"""

import importlib.util
import math
from collections.abc import Callable

import numpy as np
import torch
from measure import Row, rates, ratio, row, show
from scipy import ndimage

from atriacourse.augment.batch import AugmentConfig, augment, draw_augmentation
from atriacourse.data.bank import BankCase, SliceBank

CROP, COUNT = 256, 16
LOW, HIGH = 1 / 2.0, 1 / 0.8  # powers applied, for gamma in 0.8..2.0
Contender = Callable[[], tuple[torch.Tensor, torch.Tensor]]


def make_slices(size: int) -> tuple[np.ndarray, np.ndarray]:
    """COUNT smooth noisy slices and discs for masks: two uint8 arrays (n, size, size), masks 0 or 1."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size] / size - 0.5
    grey = 100 + 80 * np.sin(9 * x) * np.cos(7 * y) + 15 * rng.normal(size=(COUNT, size, size))
    mask = np.broadcast_to(x**2 + y**2 < 0.04, grey.shape)
    return np.clip(grey, 0, 255).astype(np.uint8), mask.astype(np.uint8)


# ---- ours


def ours(grey: np.ndarray, mask: np.ndarray) -> Contender:
    bank = SliceBank([BankCase(name="one", grey=grey, mask=255 * mask, post_ablation=True)])
    config, generator = AugmentConfig(), torch.Generator().manual_seed(0)
    cases, slices = [0] * len(grey), list(range(len(grey)))

    def make_batch():
        drawn = draw_augmentation(config, count=len(grey), generator=generator)
        batch = augment(bank.gather(cases, slices), drawn, (CROP, CROP), config)
        return batch.images, batch.masks

    return make_batch


# ---- the authors' route, written anew


def gather(image: np.ndarray, matrix: np.ndarray, offset: np.ndarray, *, order: int) -> np.ndarray:
    """What scipy's `affine_transform(mode="nearest")` does, with torch indexing."""
    source, last = torch.from_numpy(image), torch.tensor(image.shape) - 1
    target = torch.from_numpy(np.indices(image.shape).reshape(2, -1)).double()
    position = torch.from_numpy(matrix) @ target + torch.from_numpy(offset)[:, None]
    position = torch.minimum(position.clamp(min=0), last[:, None])  # (2, pixels)
    if order == 0:
        y, x = position.round().long()
        return source[y, x].reshape(image.shape).numpy()
    (y, x), (down, right) = position.floor().long(), position.frac().float()
    below, beside = (y + 1).clamp(max=last[0]), (x + 1).clamp(max=last[1])
    upper = source[y, x] * (1 - right) + source[y, beside] * right
    lower = source[below, x] * (1 - right) + source[below, beside] * right
    return (upper * (1 - down) + lower * down).reshape(image.shape).numpy()


def scipy_affine(image: np.ndarray, matrix: np.ndarray, offset: np.ndarray, *, order: int) -> np.ndarray:
    return ndimage.affine_transform(image, matrix, offset, order=order, mode="nearest")


def centre_crop(slice_: np.ndarray) -> np.ndarray:
    top, left = ((size - CROP) // 2 for size in slice_.shape)
    return slice_[top : top + CROP, left : left + CROP]


def authors_slice(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator, affine: Callable):
    angle = math.radians(rng.uniform(-10, 10))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix = turn @ np.diag(1 / rng.uniform(0.7, 1.3, 2))
    centre = (np.array(image.shape) - 1) / 2
    offset = centre - matrix @ (centre + rng.uniform(-0.1, 0.1, 2) * image.shape)
    image = affine(image.astype(np.float32), matrix, offset, order=1)
    mask = affine(mask, matrix, offset, order=0)
    for axis in (0, 1):
        if rng.random() < 0.5:
            image, mask = np.flip(image, axis), np.flip(mask, axis)
    if rng.random() < 0.5:
        image = image ** (1 / rng.uniform(0.8, 2.0))
    image, mask = centre_crop(image), centre_crop(mask)
    return (image - image.mean()) / image.std(), mask.astype(np.int64)


def authors(grey: np.ndarray, mask: np.ndarray, affine: Callable = gather) -> Contender:
    rng = np.random.default_rng(0)

    def make_batch():
        pairs = [authors_slice(*pair, rng, affine) for pair in zip(grey, mask, strict=True)]
        images, masks = (np.stack(part) for part in zip(*pairs, strict=True))
        return torch.from_numpy(images)[:, None], torch.from_numpy(masks)

    return make_batch


# ---- the libraries


def torchio_route(grey: np.ndarray, mask: np.ndarray) -> Contender:
    import torchio

    size = grey.shape[-1]
    transform = torchio.Compose(
        [
            torchio.RandomFlip(axes=(0, 1), flip_probability=0.5),
            torchio.RandomAffine(  # third axis: the slice's own, one voxel thick
                scales=(0.7, 1.3, 0.7, 1.3, 1, 1),
                degrees=(0, 0, 0, 0, -10, 10),
                translation=(-0.1 * size, 0.1 * size, -0.1 * size, 0.1 * size, 0, 0),
            ),
            torchio.RandomGamma(log_gamma=(math.log(LOW), math.log(HIGH)), p=0.5),
            torchio.CropOrPad((CROP, CROP, 1)),
            torchio.ZNormalization(),
        ]
    )

    def one(image, label):
        return transform(
            torchio.Subject(
                image=torchio.ScalarImage(tensor=torch.from_numpy(image).float()[None, :, :, None] / 255),
                mask=torchio.LabelMap(tensor=torch.from_numpy(label)[None, :, :, None]),
            )
        )

    def make_batch():
        done = [one(*pair) for pair in zip(grey, mask, strict=True)]
        images = torch.stack([subject.image.data[..., 0] for subject in done])
        return images, torch.stack([subject.mask.data[0, ..., 0] for subject in done]).long()

    return make_batch


def monai_route(grey: np.ndarray, mask: np.ndarray) -> Contender:
    from monai import transforms

    shift = 0.1 * grey.shape[-1]
    keys = ("image", "mask")
    transform = transforms.Compose(
        [
            transforms.RandFlipd(keys, prob=0.5, spatial_axis=0),
            transforms.RandFlipd(keys, prob=0.5, spatial_axis=1),
            transforms.RandAffined(
                keys,
                spatial_size=(CROP, CROP),  # the crop is part of its resampling
                prob=1.0,
                rotate_range=math.radians(10),
                translate_range=shift,
                scale_range=0.3,
                mode=("bilinear", "nearest"),
                padding_mode="reflection",
            ),
            transforms.RandAdjustContrastd(("image",), prob=0.5, gamma=(LOW, HIGH)),
            transforms.NormalizeIntensityd(("image",)),
        ]
    )

    def make_batch():
        done = [
            transform({"image": torch.from_numpy(image).float()[None], "mask": torch.from_numpy(label)[None]})
            for image, label in zip(grey, mask, strict=True)
        ]
        images = torch.stack([one["image"].as_tensor() for one in done])
        return images, torch.stack([one["mask"].as_tensor()[0] for one in done]).long()

    return make_batch


def kornia_route(grey: np.ndarray, mask: np.ndarray) -> Contender:
    from kornia import augmentation

    transform = augmentation.AugmentationSequential(
        augmentation.RandomVerticalFlip(p=0.5),
        augmentation.RandomHorizontalFlip(p=0.5),
        augmentation.RandomAffine(
            degrees=10.0, translate=(0.1, 0.1), scale=(0.7, 1.3, 0.7, 1.3), p=1.0, padding_mode="reflection"
        ),
        augmentation.CenterCrop(CROP),
        augmentation.RandomGamma(gamma=(LOW, HIGH), p=0.5),
        data_keys=["input", "mask"],
    )

    def make_batch():
        images = torch.from_numpy(grey)[:, None].float() / 255
        images, masks = transform(images, torch.from_numpy(mask)[:, None].float())
        variance, mean = torch.var_mean(images, dim=(-2, -1), keepdim=True)
        return (images - mean) / variance.sqrt(), masks[:, 0].long()

    return make_batch


LIBRARIES = {"torchio": torchio_route, "monai": monai_route, "kornia": kornia_route}


def check(name: str, make_batch: Contender) -> None:
    """A contender that returns something else than a normalised batch would not be doing the work."""
    images, masks = make_batch()
    right = images.shape == (COUNT, 1, CROP, CROP) and masks.shape == (COUNT, CROP, CROP)
    spread = images.std(dim=(-2, -1))
    if not right or (spread - 1).abs().max() > 0.35 or masks.max() != 1 or masks.dtype != torch.int64:
        raise RuntimeError(f"{name}: {tuple(images.shape)}, {tuple(masks.shape)}, spread {spread.tolist()}")


def agree(image: np.ndarray) -> None:
    """The two resamplings of the authors' route are the same one."""
    image = image.astype(np.float32)
    matrix, offset = np.array([[1.0937, 0.1013], [-0.0971, 0.9319]]), np.array([3.371, -4.217])
    for order in (0, 1):
        ours_, scipys = (affine(image, matrix, offset, order=order) for affine in (gather, scipy_affine))
        if np.mean(np.abs(ours_ - scipys) > 0.01) > 0.001:
            raise RuntimeError(f"order {order}: the authors' resampling and scipy's differ")


def compare(size: int) -> list[Row]:
    """The rates at one slice size, and how many times faster ours is."""
    grey, mask = make_slices(size)
    contenders = {
        "ours": ours(grey, mask),
        "authors' route": authors(grey, mask),
        "scipy": authors(grey, mask, scipy_affine),
    }
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    contenders |= {name: make(grey, mask) for name, make in LIBRARIES.items() if name not in missing}
    for name, contender in contenders.items():
        check(name, contender)
    agree(grey[0])
    measured = rates(contenders, items=COUNT)
    title = f"augment {size} to {CROP}"
    rows = [row(f"{title}: {name}", float(np.median(of)), "slices/s") for name, of in measured.items()]
    rows += [
        row(f"{title}: ours / {name}", ratio(measured["ours"], of), "times", at_least=1)
        for name, of in measured.items()
        if name != "ours"
    ]
    rows += [
        row(f"{title}: {name}", None, "", note="not installed: see the `bench` extra") for name in missing
    ]
    return rows


def run() -> list[Row]:
    return compare(256) + compare(576)


if __name__ == "__main__":
    print(show(run()))
