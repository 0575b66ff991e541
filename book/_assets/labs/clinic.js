// Chapter 13: the page's own pipeline with a fault in it, first hidden, then with switches. Every fault runs silently.
"use strict";
atriaLab("clinic", async (box, kit) => {
  const NETWORK = "bag-4", PADDED = 192;
  await Promise.all([kit.load("labs/volume"), kit.load("networks/bag-slices"), kit.networks(NETWORK)]);
  const { inflated } = atriaVolumes(kit), size = self.atriaBag.slices[0].height;
  const slices = await Promise.all(self.atriaBag.slices.slice(0, 2).map(async (one) =>
    ({ grey: await inflated(one.grey), truth: await inflated(one.truth) })));
  slices.push({ grey: slices[0].truth.map((v) => 255 * v), truth: slices[0].truth });  // bright exactly where the mask is

  // name, what it is called, what it shows
  const FAULTS = [
    ["padding", "padding counted in the z-score", "the zeros about the slice pull mean and SD, so what the network sees of the slice has not mean 0 and SD 1"],
    ["flipped", "picture flipped, mask not", "the truth lies beside the atrium of the picture, and a picture that is its own mask disagrees with it"],
    ["twice", "a second sigmoid after the probabilities", "no probability is below 0.26 or above 0.74, but one half stays one half, and so do mask and Dice"],
    ["linear", "mask resampled linearly, everything above 0 kept", "the truth has grown by a rim, so its area is too large, and a picture that is its own mask disagrees with it there"],
  ];
  const NONE = ["none", "no fault", "mean 0 and SD 1, probabilities from near 0 to near 1, and a picture that is its own mask agrees in every pixel"];

  const pixels = (data, side = size) => ({ data, channels: 1, height: side, width: side });
  const flip = (plane) => plane.map((_, at) => plane[at - at % size + size - 1 - at % size]);
  const padded = (plane) => {  // zeros on all sides
    const result = new Float32Array(PADDED ** 2), edge = (PADDED - size) / 2;
    for (let y = 0; y < size; y++) result.set(plane.subarray(y * size, (y + 1) * size), (y + edge) * PADDED + edge);
    return result;
  };
  const unpadded = (plane) => {
    const edge = (PADDED - size) / 2;
    return Float32Array.from({ length: size ** 2 }, (_, at) => plane[(Math.floor(at / size) + edge) * PADDED + edge + at % size]);
  };
  // To half the resolution and back, with weights by distance; half of a pixel of the coarse grid lies at either side.
  const linearly = (mask) => {
    const half = size / 2, inside = (v) => Math.min(Math.max(v, 0), half - 1);
    const coarse = (y, x) => {
      const at = 2 * inside(y) * size + 2 * inside(x);
      return (mask[at] + mask[at + 1] + mask[at + size] + mask[at + size + 1]) / 4;
    };
    return mask.map((_, at) => {
      const y = Math.floor(at / size) / 2 - 0.25, x = at % size / 2 - 0.25, [top, left] = [Math.floor(y), Math.floor(x)];
      const [fy, fx] = [y - top, x - left];
      const value = (1 - fy) * ((1 - fx) * coarse(top, left) + fx * coarse(top, left + 1))
        + fy * ((1 - fx) * coarse(top + 1, left) + fx * coarse(top + 1, left + 1));
      return value > 0 ? 1 : 0;
    });
  };

  // From a slice to a score: read, z-score, network, probability, mask.
  const pipeline = async (slice, on) => {
    let { grey, truth } = slice;
    if (on.flipped) grey = flip(grey);
    if (on.linear) truth = linearly(truth);
    const levels = Float32Array.from(grey, (v) => v / 255), images = on.padding ? pixels(padded(levels), PADDED) : pixels(levels);
    let seen = kit.engine.zScore(images).data, { atrium } = await kit.ask({ name: NETWORK, images });
    if (on.padding) [seen, atrium] = [unpadded(seen), unpadded(atrium)];
    if (on.twice) atrium = atrium.map((p) => 1 / (1 + Math.exp(1 - 2 * p)));
    return { grey, truth, seen, atrium };
  };

  const input = kit.choice({ name: "input", label: "Input", options: ["slice one", "slice two", "a picture that is its own mask"] });
  const ticks = FAULTS.map(([name, label]) => kit.tick({ name, label }));
  const answer = kit.choice({ name: "answer", label: "Which fault is in it?", options: [NONE, ...FAULTS].map(([, label]) => label) });
  const order = [NONE, ...FAULTS];  // shuffled
  for (let k = order.length - 1; k > 0; k--) {
    const other = Math.floor(Math.random() * (k + 1));
    [order[k], order[other]] = [order[other], order[k]];
  }
  let patient = 0;  // of order; beyond it the switches are shown
  const told = kit.element("p", { class: "lab-verdict", role: "status" });
  const say = kit.button("Say so", () => {
    const [name, , shows] = order[patient], [said, , expected] = [NONE, ...FAULTS][answer.value()];
    told.textContent = said === name ? `Right: ${shows}.` : `Not so. It would mean: ${expected}.`;
    next.disabled = said !== name;
  });
  const next = kit.button("Next pipeline", () => {
    patient += 1;
    told.textContent = "";
    next.disabled = true;
    if (patient === order.length) reveal(); else update();
  });
  next.disabled = true;
  const reveal = () => {
    patient = order.length;
    hunt.hidden = true;
    switches.hidden = false;
    update();
  };
  const title = kit.element("strong"), hunt = kit.element("div", {}, kit.row(title, answer.row, say, next, kit.button("Show the switches", reveal)), told);
  const switches = kit.row(...ticks.map((one) => one.row));
  switches.hidden = true;

  const ROWS = [["mean", "mean of what the network sees"], ["sd", "its SD"], ["least", "smallest probability"],
    ["most", "largest probability"], ["area", "area of the truth (pixels)"], ["wrong", "pixels in which a bright picture and the truth disagree"], ["dice", "Dice"]];
  const cells = Object.fromEntries(ROWS.map(([key]) => [key, kit.element("td", { "data-cell": key })]));
  const table = kit.element("table", { class: "lab-table" }, kit.element("tbody", {},
    ...ROWS.map(([key, label]) => kit.element("tr", {}, kit.element("th", { scope: "row" }, label), cells[key]))));
  const [shown, probable] = [kit.picture(), kit.picture()];
  kit.open(kit.row(input.row), hunt, switches,
    kit.panes(kit.pane(shown, "What the pipeline has: picture, truth, outline"), kit.pane(probable, "Probability: black 0, white 1")),
    table, kit.legend("Dotted, orange: the truth as the pipeline has it. Blue: the network's outline."));

  const update = kit.updater(box, [input, ...ticks], async (set) => {
    const hidden = patient < order.length ? order[patient][0] : null;
    title.textContent = `Pipeline ${patient + 1} of ${order.length}`;
    const on = hidden ? { [hidden]: true } : set;
    const { grey, truth, seen, atrium } = await pipeline(slices[set.input], on);
    const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length, middle = mean(seen), mask = kit.maskOf(atrium);
    const texts = {
      mean: (Math.abs(middle) < 0.005 ? 0 : middle).toFixed(2),
      sd: Math.sqrt(mean(seen.map((v) => (v - middle) ** 2))).toFixed(2),
      least: Math.min(...atrium).toFixed(2), most: Math.max(...atrium).toFixed(2),
      area: String(truth.reduce((sum, v) => sum + v, 0)),
      wrong: set.input === 2 ? String(truth.reduce((sum, v, at) => sum + (v !== (grey[at] > 127 ? 1 : 0)), 0)) : "–",
      dice: kit.two(kit.engine.dice(mask, truth)),
    };
    for (const [key] of ROWS) cells[key].textContent = texts[key];
    const brightest = [...grey].sort((a, b) => a - b)[Math.floor(0.995 * grey.length)];
    kit.draw(shown, pixels(Float32Array.from(grey, (v) => Math.min(v / brightest, 1))),
      [{ mask, colour: kit.COLOURS.network }, { mask: truth, colour: kit.COLOURS.truth, dotted: true }]);
    kit.draw(probable, pixels(atrium));
    shown.setAttribute("aria-label", `The pipeline's picture with truth and outline: Dice ${texts.dice}`);
    probable.setAttribute("aria-label", `Probability of each pixel, from ${texts.least} to ${texts.most}`);
    return `Mean ${texts.mean}, SD ${texts.sd}, probability ${texts.least} to ${texts.most}, area ${texts.area}, Dice ${texts.dice}`;
  });
  await update();
});
