"""The network that runs in a page against the library: each function, the whole network, the lab.

In a real browser, from a folder as a reader without a server has it. The oracle is PyTorch.
"""

import numpy as np
import page_networks
import pytest
import torch
from browsing import FLAT, launch  # noqa: F401 (launch is a fixture)
from lab_pages import ASSETS, SMALL, lab_folder, lab_slice, random_network, write_page
from torch import nn

from atriacourse.augment.gamma import apply_gamma
from atriacourse.augment.mirror import pad_to_multiple
from atriacourse.augment.normalise import z_score
from atriacourse.data.phantom import PhantomConfig, make_phantom
from atriacourse.evaluation.overlap import dice
from atriacourse.inference.predict import network_input
from atriacourse.network.blocks import make_upsampling
from atriacourse.network.pyramid import SpatialPyramidPooling
from atriacourse.runs.folder import open_model

pytestmark = [pytest.mark.book, pytest.mark.slow]


@pytest.fixture(scope="module")
def page(launch, tmp_path_factory):  # noqa: F811
    """A page with the engine and a lab; the networks are small ones with random weights."""
    slices = [lab_slice(word, height=30, width=33, seed=k) for k, word in enumerate(("one", "two"))]
    networks = {name: random_network(seed=seed) for seed, name in enumerate(page_networks.NAMES)}
    folder = lab_folder(tmp_path_factory.mktemp("living"), slices, networks)
    opened = launch(*FLAT).new_page()
    opened.errors = []
    opened.on("pageerror", lambda error: opened.errors.append(str(error)))
    opened.goto(write_page(folder, "contrast"))
    return opened


def test_a_page_is_light_until_its_lab_is_opened(page):
    """Nothing of labs/ or networks/ is asked for before, and what comes with every page is small."""
    asked = page.evaluate("[...document.scripts].map(one => one.src.split('_assets/')[1])")
    assert asked == ["network.js", "labs.js"]
    assert sum((ASSETS / name).stat().st_size for name in asked) < 50_000


def as_tensor(images):
    """(C, H, W) as network.js has it, for the page."""
    channels, height, width = images.shape
    return {"data": images.flatten().tolist(), "channels": channels, "height": height, "width": width}


def in_page(page, expression, **given):
    """What an expression gives in the page, with `engine` and the numbers given; tensors as arrays."""
    return page.evaluate(
        """([expression, given]) => {
          const engine = atriaEngine();
          const floats = (one) => one && one.data ? {...one, data: Float32Array.from(one.data)} : one;
          for (const key in given) given[key] = floats(given[key]);
          const act = new Function("engine", ...Object.keys(given), `return ${expression}`);
          const found = act(engine, ...Object.values(given));
          return Array.from(found.data ?? found);
        }""",
        [expression, given],
    )


def images_of(*shape, seed=1):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_each_function_is_the_librarys(page):
    images = images_of(3, 12, 20)
    close = {"rtol": 1e-5, "atol": 1e-5}

    def same(found, wanted):
        torch.testing.assert_close(torch.tensor(found).float(), wanted.flatten().float(), **close)

    convolution = nn.Conv2d(3, 5, kernel_size=3, padding=1)
    with torch.no_grad():
        wanted = convolution(images[None]).relu()
    weights, bias = convolution.weight.flatten().tolist(), convolution.bias.tolist()
    same(in_page(page, "engine.convolve3x3(x, w, b)", x=as_tensor(images), w=weights, b=bias), wanted)
    same(in_page(page, "engine.maxPool(x)", x=as_tensor(images)), nn.MaxPool2d(2)(images))
    up = make_upsampling("bilinear_corners", 3)
    same(in_page(page, "engine.upsample(x)", x=as_tensor(images)), up(images[None]))
    pooled = SpatialPyramidPooling((8, 4, 1))(images[None])  # 8 and 4 do not divide 12 x 20
    same(in_page(page, "engine.pyramid(x, [8, 4, 1])", x=as_tensor(images)), pooled)
    variance, mean = torch.var_mean(images, dim=(1, 2), correction=0, keepdim=True)
    same(in_page(page, "engine.zScore(x)", x=as_tensor(images)), z_score(images, mean, variance))
    flat = torch.full((1, 4, 4), 0.3)
    same(in_page(page, "engine.zScore(x)", x=as_tensor(flat)), torch.zeros(16))
    for size in ((3, 12, 20), (1, 2, 3), (1, 1, 5)):
        part = images_of(*size)
        same(in_page(page, "engine.mirrorPad(x, 16).padded", x=as_tensor(part)), pad_to_multiple(part, 16)[0])
    darker = apply_gamma(images[None], torch.tensor([0.4]))
    same(in_page(page, "engine.gammaOf(x, 0.4)", x=as_tensor(images)), darker)


def test_dice_is_the_librarys(page):
    rng = np.random.default_rng(3)
    for a, b in [(rng.random(50) > 0.4, rng.random(50) > 0.6), (np.zeros(9, bool), np.zeros(9, bool))]:
        found = in_page(page, "[engine.dice(a, b)]", a=a.astype(int).tolist(), b=b.astype(int).tolist())
        assert found[0] == pytest.approx(dice(a.reshape(1, 1, -1), b.reshape(1, 1, -1)), nan_ok=True)


def quantised(network):
    """The same network with the weights that rounding leaves, in PyTorch: what the page must compute."""
    copy = random_network(network.config)
    copy.load_state_dict(network.state_dict())
    for block in [*copy.encoder, *(up.block for up in copy.decoder)]:
        for convolution, norm in ((block[0], block[1]), (block[3], block[4])):
            weights, bias = (part.detach() for part in page_networks.folded(convolution, norm))
            convolution.weight.data, convolution.bias.data = rounded(weights), bias
            norm.running_mean.zero_()
            norm.running_var.fill_(1 - norm.eps)
            norm.weight.data.fill_(1)
            norm.bias.data.zero_()
    for head in (copy.mask_head, copy.label_head[1], copy.label_head[3]):
        head.weight.data = rounded(head.weight.data)
    return copy


def rounded(weights):
    levels = np.iinfo(page_networks.number_type(weights.numel())).max
    scale = weights.flatten(1).abs().amax(dim=1).view(-1, *[1] * (weights.ndim - 1)) / levels
    return torch.round(weights / scale) * scale


def compared(page, network, text, slices):
    """Largest difference of the probabilities of atrium and label, page against PyTorch, over slices."""
    page.evaluate(text)
    worst, flips = 0.0, 0
    for grey in slices:
        images, padding = network_input(grey, [1], offsets=(-1, 0, 1), multiple=network.config.multiple)
        with torch.no_grad():
            output = network(images)
        atrium = padding.undo(torch.softmax(output.mask_logits, 1)[:, 1]).flatten().numpy()
        post = float(torch.softmax(output.label_logits, 1)[0, 1])
        shown = as_tensor(grey[:3].float() / 255)
        found = np.array(in_page(page, ANSWER, x=shown))
        worst = max(worst, np.abs(found[:-1] - atrium).max(), abs(found[-1] - post))
        unlike = (found[:-1] > 0.5) != (atrium > 0.5)
        flips += int((unlike & (np.abs(atrium - 0.5) > 0.01)).sum())
    return worst, flips


ANSWER = """(() => {
  const { atrium, post } = engine.predictSlice(engine.unpack(self.atriaNetworks.t), x);
  return [...atrium, post];
})()"""


def greys(count, shape=(3, 44, 50)):
    generator = torch.Generator().manual_seed(5)
    return [torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8) for _ in range(count)]


def test_the_page_computes_what_pytorch_computes(page):
    """The very weights that the page has, in PyTorch: nothing but the order of sums differs."""
    network = random_network(SMALL)
    text = page_networks.page_network("t", network)
    worst, flips = compared(page, quantised(network), text, greys(20))
    assert worst < 1e-4 and flips == 0


def test_the_votes_of_the_cells_are_what_the_label_head_adds_up(page):
    """The head is linear: a cell's vote is its answer to that cell alone, less its answer to nothing."""
    network = random_network(SMALL)
    page.evaluate(page_networks.page_network("t", network))
    head, features = quantised(network).label_head, images_of(24, 7, 9)
    with torch.no_grad():
        pooled = head[0](features[None])
        nothing = head[1:](torch.zeros_like(pooled))[0]
        wanted = []
        for cell in range(10):  # 3 x 3, then 1 x 1; each grid has its 24 channels one after another
            alone, start, count = torch.zeros_like(pooled), *((0, 9) if cell < 9 else (24 * 9, 1))
            at = [start + count * channel + cell % 9 for channel in range(24)]
            alone[:, at] = pooled[:, at]
            difference = head[1:](alone)[0] - nothing
            wanted.append(float(difference[1] - difference[0]))
        odds = head[1:](pooled)[0]
    found = in_page(page, VOTES, x=as_tensor(features))
    assert found[:-1] == pytest.approx(wanted, abs=1e-4)
    assert sum(found) == pytest.approx(float(odds[1] - odds[0]), abs=1e-4)


VOTES = """(() => {
  const { votes, constant } = engine.cellVotes(engine.unpack(self.atriaNetworks.t), x);
  return [...votes[0], ...votes[1], constant];
})()"""


def test_rounding_changes_a_probability_by_less_than_a_hundredth(page):
    network = random_network(SMALL)
    worst, flips = compared(page, network, page_networks.page_network("t", network), greys(20))
    assert 0 < worst < 0.01 and flips == 0


@pytest.mark.parametrize("name", page_networks.NAMES)
def test_the_pages_have_the_networks_of_the_course(page, name):
    """Those committed are made from atriacourse/models, and rounding changes no outline that matters."""
    network = open_model(name).load(0, torch.device("cpu")).eval()
    text = page_networks.page_network(name, network)
    assert (ASSETS / "networks" / f"{name}.js").read_text(encoding="utf-8") == text
    assert len(text) < 500_000
    worst, flips = compared(page, network, text.replace(f'"{name}"', '"t"', 1), phantom_slices())
    assert 0 < worst < 0.01 and flips == 0


def phantom_slices():
    """A few slices of a phantom with their neighbours, at the networks' resolution."""
    grey = torch.from_numpy(make_phantom(PhantomConfig(matrix=288, slices=30), seed=11).image)
    return [grey[[z - 2, z, z + 2], 72:216, 72:216] for z in (8, 15, 22)]


def test_the_lab_answers_a_hand(page):
    page.fill(".lab input", "0.5")
    page.click(".lab button")
    page.wait_for_selector(".lab[data-shown='1']")
    assert "You said: 0.5" in page.inner_text(".lab-guess")
    assert page.locator(".lab canvas").count() == 2

    def picture():
        return page.evaluate("[...document.querySelectorAll('.lab canvas')].map(one => one.toDataURL())")

    def shown():
        return int(page.get_attribute(".lab", "data-shown"))

    at_first, before = picture(), shown()
    for name in ("gamma", "brightness", "bias", "noise"):
        page.focus(f".lab input[name={name}]")
        page.keyboard.press("ArrowRight")
        page.wait_for_function(f"Number(document.querySelector('.lab').dataset.shown) > {before}")
        now = picture()
        assert now[0] != at_first[0] and now[1] != at_first[1], name
        page.get_by_role("button", name="As it was").click()
        page.wait_for_function(f"Number(document.querySelector('.lab').dataset.shown) > {before + 1}")
        assert picture() == at_first, name
        before = shown()
    page.select_option(".lab select", "1")
    page.wait_for_function(f"Number(document.querySelector('.lab').dataset.shown) > {before}")
    assert picture() != at_first
    said = page.inner_text(".lab [role=status]")
    assert said.count("Dice") == 2
    assert page.errors == []
