// Chapter 4: one slice turned, shifted, zoomed, flipped, cropped and padded; what the network makes of it.
"use strict";
atriaLab("geometry", async (box, kit) => {
  const NETWORK = "phantom-gamma", CROPS = [64, 96, 128, 160, 224], PADDINGS = ["mirror", "zero", "edge"];
  const [slices] = await Promise.all([kit.slices(), kit.networks(NETWORK), kit.load("labs/transforms")]);
  const { resample, source } = atriaTransforms();

  const part = (v) => `${Math.round(100 * v)} %`;
  const slice = kit.choice({ name: "slice", label: "Slice", options: slices.map((one) => one.says) });
  const crop = kit.choice({ name: "crop", label: "Crop", options: CROPS.map((side) => `${side} x ${side} pixels`) });
  const padding = kit.choice({ name: "padding", label: "Beyond the slice", options: PADDINGS });
  const moves = [
    kit.slider({ name: "angle", label: "Turn", min: -180, max: 180, step: 5, value: 0, said: (v) => `${v}°` }),
    kit.slider({ name: "down", label: "Shift down", min: -0.4, max: 0.4, step: 0.05, value: 0, said: part }),
    kit.slider({ name: "across", label: "Shift right", min: -0.4, max: 0.4, step: 0.05, value: 0, said: part }),
    kit.slider({ name: "zoom", label: "Zoom", min: 0.4, max: 2, step: 0.05, value: 1, said: kit.two }),
    kit.tick({ name: "upDown", label: "Flip up and down" }),
    kit.tick({ name: "leftRight", label: "Flip left and right" }),
  ];
  const rest = () => {
    moves.forEach((one) => one.reset());
    crop.input.value = CROPS.indexOf(160);
    padding.input.value = 0;
  };
  const score = kit.element("output", { class: "lab-score" });
  const whole = kit.picture(), seen = kit.picture();
  kit.open(kit.row(slice.row, crop.row, padding.row, ...moves.map((one) => one.row),
    kit.button("As it was", () => { rest(); update(); })),
  kit.panes(kit.pane(seen, "What the network sees, and its outline: Dice ", score),
    kit.pane(whole, "Where that comes from: the crop's frame on the slice; its thick side is the crop's upper edge.")),
  kit.legend("Dotted, orange: the truth, moved along. Line, blue: what the network outlines, computed in this page."));

  // The crop's border, mapped back into the slice.
  const frame = (one, drawn, sides) => {
    const from = source(one, drawn, sides), [high, wide] = sides.map((side) => side - 1), context = whole.getContext("2d");
    const corners = [[0, 0], [0, wide], [high, wide], [high, 0]].map(([row, column]) => from(row, column));
    const line = (points, thick) => {
      context.lineWidth = thick;
      context.beginPath();
      points.forEach(([y, x]) => context.lineTo(kit.ZOOM * (x + 0.5), kit.ZOOM * (y + 0.5)));
      context.stroke();
    };
    context.strokeStyle = kit.COLOURS.yours;
    line([...corners, corners[0]], 3);
    line(corners.slice(0, 2), 9);
  };

  const update = kit.updater(box, [slice, crop, padding, ...moves], async (set) => {
    const one = slices[set.slice], sides = [CROPS[set.crop], CROPS[set.crop]];
    const drawn = { angle: set.angle * Math.PI / 180, zoom: [set.zoom, set.zoom], shift: [set.down, set.across],
      flip: [set.upDown, set.leftRight] };
    const images = resample(kit.greyOf(one), drawn, sides, PADDINGS[set.padding]);
    const moved = resample({ ...one, channels: 1, data: one.truth }, drawn, sides, PADDINGS[set.padding]);
    const truth = kit.maskOf(moved.data), mask = kit.maskOf((await kit.ask({ name: NETWORK, images })).atrium);
    kit.draw(seen, kit.brightened(images), [{ mask: truth, colour: kit.COLOURS.truth, dotted: true }, { mask, colour: kit.COLOURS.network }]);
    kit.draw(whole, kit.brightened(kit.greyOf(one)), [{ mask: one.truth, colour: kit.COLOURS.truth, dotted: true }]);
    frame(one, drawn, sides);
    score.textContent = kit.two(kit.engine.dice(mask, truth));
    seen.setAttribute("aria-label", `The moved slice, outlined by the network: Dice ${score.textContent}`);
    whole.setAttribute("aria-label", "The slice as it is, with the frame of what the network sees");
    const pixels = truth.reduce((sum, v) => sum + v, 0);
    return pixels ? `Dice ${score.textContent} on a crop that holds ${pixels} pixels of atrium.`
      : "No atrium is in the crop: there is no Dice.";
  });
  rest();
  await update();
});
