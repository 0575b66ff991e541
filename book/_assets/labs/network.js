// Chapter 5: cover a patch of the slice and see which answers change, in the mask and in the feature maps of every level.
"use strict";
atriaLab("network", async (box, kit) => {
  const NETWORK = "phantom-gamma";
  const [slices] = await Promise.all([kit.slices(), kit.networks(NETWORK)]);
  const { config } = self.atriaNetworks[NETWORK], depth = config.decoder.length;
  const LEVELS = [...config.encoder.map((width, k) => ({ level: k, says: `On the way down, level ${k}: ${width} maps` })),
    ...config.decoder.map((width, k) => ({ level: depth - 1 - k, says: `On the way up, level ${depth - 1 - k}: ${width} maps` }))];
  const WHEN = ["after the z-score, by its mean", "before the z-score, by black"], SHOWN = ["the maps", "what the cover changes in them"];

  const slice = kit.choice({ name: "slice", label: "Slice", options: slices.map((one) => one.says) });
  const size = kit.slider({ name: "size", label: "Side of the cover", min: 0, max: 60, step: 4, value: 16, said: (v) => `${v} pixels` });
  const when = kit.choice({ name: "when", label: "Covered", options: WHEN });
  const level = kit.choice({ name: "level", label: "Feature maps", options: LEVELS.map((one) => one.says) });
  const shown = kit.choice({ name: "shown", label: "Show", options: SHOWN });
  const { canvas, place } = kit.worksheet("The slice with the cover. Arrow keys move the cover, Shift with them ten pixels.",
    slices[0], { moved: () => update(), hover: false });
  const change = kit.picture(), mosaic = kit.picture();
  [change, mosaic].forEach((one) => one.classList.add("lab-coarse"));
  kit.open(kit.row(slice.row, size.row, when.row), kit.panes(
    kit.pane(canvas, "Drag the cover, or move it with the arrow keys. Blue: the outline; dotted, orange: without the cover."),
    kit.pane(change, "How the probability of atrium changes: blue down, orange up, black not at all.")),
  kit.row(level.row, shown.row), kit.panes(kit.pane(mosaic, "The feature maps of that level, each from its lowest value, black, to its highest.")));

  const covered = (one, { size: side, when: how }) => {
    const before = how === 1, images = before ? kit.greyOf(one) : kit.engine.zScore(kit.greyOf(one));
    const from = (middle, n) => [Math.max(middle - (side >> 1), 0), Math.min(middle - (side >> 1) + side, n)];
    const [top, bottom] = from(place.y, one.height), [left, right] = from(place.x, one.width);
    for (let c = 0; c < one.channels; c++)
      for (let y = top; y < bottom; y++)
        images.data.fill(0, (c * one.height + y) * one.width + left, (c * one.height + y) * one.width + right);
    return { images, scored: !before, patch: [top, left, bottom, right] };
  };

  // Planes beside one another, each over its own range; as a tensor of one channel.
  const beside = ({ channels, height, width, data }) => {
    const across = Math.ceil(Math.sqrt(channels)), down = Math.ceil(channels / across), gap = 1, area = height * width;
    const result = kit.engine.tensor(1, down * (height + gap) - gap, across * (width + gap) - gap);
    for (let c = 0; c < channels; c++) {
      const plane = data.subarray(c * area, (c + 1) * area);
      const low = plane.reduce((a, b) => Math.min(a, b)), high = plane.reduce((a, b) => Math.max(a, b));
      const top = Math.floor(c / across) * (height + gap), left = (c % across) * (width + gap);
      for (let i = 0; i < area; i++)
        result.data[(top + Math.floor(i / width)) * result.width + left + i % width] = high > low ? (plane[i] - low) / (high - low) : 0;
    }
    return result;
  };

  // How many pixels of the slice the side of the square is in which any map of the level changes.
  const reach = ({ channels, height, width, data }, step) => {
    let top = height, bottom = -1, left = width, right = -1;
    for (let i = 0; i < channels * height * width; i++)
      if (Math.abs(data[i]) > 1e-4) {
        const y = Math.floor(i / width) % height, x = i % width;
        [top, bottom, left, right] = [Math.min(top, y), Math.max(bottom, y), Math.min(left, x), Math.max(right, x)];
      }
    return bottom < 0 ? "nothing" : `${step * (bottom - top + 1)} x ${step * (right - left + 1)} pixels of the slice`;
  };

  const change2d = (atrium, without, { height, width }) => {
    const context = change.getContext("2d"), image = new ImageData(width, height);
    change.width = width;
    change.height = height;
    atrium.forEach((p, i) => {
      const by = p - without[i], [r, g, b] = by > 0 ? [255, 176, 60] : [86, 180, 255];
      image.data.set([r, g, b].map((v) => v * Math.min(Math.abs(by), 1) ** 0.5).concat(255), 4 * i);
    });
    context.putImageData(image, 0, 0);
  };

  let whole = {};  // the answer without the cover, kept for each slice
  const update = kit.updater(box, [slice, size, when, level, shown], async (set) => {
    const one = slices[set.slice], { images, scored, patch } = covered(one, set);
    whole[set.slice] ??= await kit.ask({ name: NETWORK, images: kit.greyOf(one), maps: true });
    const without = whole[set.slice], now = await kit.ask({ name: NETWORK, images, scored, maps: true });
    const grey = kit.brightened(kit.greyOf(one)), [top, left, bottom, right] = patch;
    kit.draw(canvas, grey, [{ mask: kit.maskOf(without.atrium), colour: kit.COLOURS.truth, dotted: true },
      { mask: kit.maskOf(now.atrium), colour: kit.COLOURS.network }]);
    const context = canvas.getContext("2d"), corner = [left, top, right - left, bottom - top].map((v) => kit.ZOOM * v);
    context.fillStyle = "rgb(0 0 0 / 60%)";
    context.fillRect(...corner);
    context.strokeStyle = kit.COLOURS.yours;
    context.strokeRect(...corner);
    change2d(now.atrium, without.atrium, one);

    const map = now.maps[set.level], before = without.maps[set.level];
    const difference = { ...map, data: map.data.map((v, i) => Math.abs(v - before.data[i])) };
    kit.draw(mosaic, beside(set.shown ? difference : map));
    const says = LEVELS[set.level].says, moved = now.atrium.reduce((sum, p, i) => sum + (p > 0.5 !== without.atrium[i] > 0.5 ? 1 : 0), 0);
    mosaic.setAttribute("aria-label", `${SHOWN[set.shown]}, ${says}`);
    change.setAttribute("aria-label", `The change of the probability; ${moved} pixels of the mask changed sides`);
    return `${moved} pixels of the mask changed sides. ${says}: the cover changes ${reach(difference, 2 ** LEVELS[set.level].level)}.`;
  });
  await update();
});
