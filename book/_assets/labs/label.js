// Chapter 6: the probability of "after ablation", and what each cell of the pyramid adds to it.
"use strict";
atriaLab("label", async (box, kit) => {
  const NETWORK = "phantom-gamma", RADIUS = 2, BRIGHT = 1.4;  // of a scar: pixels, and times the atrium's grey
  const [slices] = await Promise.all([kit.slices(), kit.networks(NETWORK)]);
  const network = kit.engine.unpack(self.atriaNetworks[NETWORK]);
  let scars = [];  // [{ y, x }]

  const slice = kit.choice({ name: "slice", label: "Slice", options: slices.map((one) => one.says) });
  const gamma = kit.slider({ name: "gamma", label: "Gamma", min: -1, max: 1, step: 0.05, value: 0, of: (v) => 2 ** v, said: kit.two });
  const flip = kit.tick({ name: "flip", label: "Upside down" });
  const grid = kit.choice({ name: "grid", label: "Cells", options: network.grids.map((one) => `${one} x ${one}`) });
  const shownAt = (y) => (flip.value() ? slices[0].height - 1 - y : y);  // row of the slice <-> row on the screen
  const add = () => { scars.push({ y: shownAt(place.y), x: place.x }); update(); };
  const { canvas, place } = kit.worksheet("The slice, to be painted on. Arrow keys move the cursor, Shift with them ten pixels, Space paints a scar.",
    slices[0], { moved: (pressed) => (pressed ? add() : update()), hover: false,
      key: (event) => { if (event.key === " ") { event.preventDefault(); add(); } } });
  const cells = kit.picture(), share = kit.element("output", { class: "lab-score" });
  kit.open(kit.row(slice.row, gamma.row, flip.row, kit.button("Wipe the scars", () => { scars = []; update(); })),
    kit.panes(kit.pane(canvas, "Paint scars: click, or move the cursor with the arrow keys and press Space. After ablation: ", share),
      kit.pane(cells, "What each cell adds: orange for after, blue for before; the brighter, the louder.")),
    kit.row(grid.row), kit.legend("Dotted, orange: the true atrium. All votes and a constant make the logarithm of the odds."));

  const changed = (one, set) => {
    const images = kit.engine.gammaOf(kit.greyOf(one), set.gamma), { channels, height, width, data } = images, area = height * width;
    const middle = data.subarray(Math.floor(channels / 2) * area), inside = one.truth.reduce((sum, v) => sum + v, 0);
    const scar = Math.min(BRIGHT * one.truth.reduce((sum, v, i) => sum + v * middle[i], 0) / inside, 1);
    for (const { y, x } of scars)
      for (let v = Math.max(y - RADIUS, 0); v <= Math.min(y + RADIUS, height - 1); v++)
        for (let u = Math.max(x - RADIUS, 0); u <= Math.min(x + RADIUS, width - 1); u++)
          if ((v - y) ** 2 + (u - x) ** 2 <= RADIUS ** 2)
            for (let c = 0; c < channels; c++) data[c * area + v * width + u] = scar;
    if (!set.flip) return { images, truth: one.truth };
    const turned = (plane) => { for (let y = 0; y < height >> 1; y++) {
      const row = plane.slice(y * width, (y + 1) * width), other = (height - 1 - y) * width;
      plane.copyWithin(y * width, other, other + width);
      plane.set(row, other);
    } return plane; };
    for (let c = 0; c < channels; c++) turned(data.subarray(c * area, (c + 1) * area));
    return { images, truth: turned(one.truth.slice()) };
  };

  const signed = (v) => `${v < 0 ? "−" : "+"}${Math.abs(v).toFixed(2)}`;
  const update = kit.updater(box, [slice, gamma, flip, grid], async (set) => {
    const one = slices[set.slice], { images, truth } = changed(one, set), side = network.grids[set.grid];
    const { post, maps } = await kit.ask({ name: NETWORK, images, maps: true });
    const { votes } = kit.engine.cellVotes(network, maps[network.labelStage]);
    const shown = votes[set.grid], loudest = shown.reduce((most, v, k) => (Math.abs(v) > Math.abs(shown[most]) ? k : most), 0);
    kit.draw(canvas, kit.brightened(images), [{ mask: truth, colour: kit.COLOURS.truth, dotted: true }]);
    const context = canvas.getContext("2d"), at = (v) => kit.ZOOM * v;
    context.strokeStyle = "#fff";
    context.strokeRect(at(place.x - RADIUS), at(place.y - RADIUS), at(2 * RADIUS + 1), at(2 * RADIUS + 1));

    kit.draw(cells, kit.brightened(images));
    const over = cells.getContext("2d"), high = cells.height / side, wide = cells.width / side;
    shown.forEach((vote, k) => {
      over.fillStyle = `rgb(${vote > 0 ? "255 176 60" : "86 180 255"} / ${Math.round(70 * Math.abs(vote / (shown[loudest] || 1)))}%)`;
      over.fillRect((k % side) * wide, Math.floor(k / side) * high, wide, high);
    });
    share.textContent = kit.two(post);
    const sums = votes.map((part, k) => `${network.grids[k]} x ${network.grids[k]}: ${signed(part.reduce((a, b) => a + b, 0))}`);
    cells.setAttribute("aria-label", `The votes of ${side} x ${side} cells over the slice`);
    return `After ablation: ${share.textContent} (${one.says}; scars painted: ${scars.length}). Votes, ${sums.join("; ")}. `
      + `Loudest of ${side} x ${side}: row ${Math.floor(loudest / side) + 1}, column ${loudest % side + 1}, ${signed(shown[loudest])}.`;
  });
  await update();
});
