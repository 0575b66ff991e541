// Chapter 3: one slice under other contrasts, outlined by the network that met such in training and the one that did not.
"use strict";
atriaLab("contrast", async (box, kit) => {
  const NETWORKS = [["phantom-gamma", "trained with gamma augmentation"], ["phantom-plain", "trained without"]];
  const [slices] = await Promise.all([kit.slices(), kit.networks(...NETWORKS.map(([name]) => name))]);

  // Grey levels 0..1 as the sliders have them: as augment/gamma.py and augment/intensity.py, in their order.
  const changed = (slice, { gamma, brightness, bias, noise }) => {
    const images = kit.engine.gammaOf(kit.greyOf(slice), gamma), { channels, height, width } = images;
    let state = 7;  // the same noise for the same setting
    const random = () => (state = (state * 1664525 + 1013904223) >>> 0) / 2 ** 32;
    let at = 0;
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++, at++) {
          const field = Math.exp(bias * (2 * x / (width - 1) - 1));
          const normal = noise && Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
          images.data[at] = Math.min(Math.max((images.data[at] * field + noise * normal) * brightness, 0), 1);
        }
    return images;
  };

  const said = kit.two;
  const sliders = [
    kit.slider({ name: "gamma", label: "Gamma", min: -1.6, max: 1.6, step: 0.05, value: 0, of: (v) => 2 ** v, said }),
    kit.slider({ name: "brightness", label: "Brightness", min: 0.4, max: 1.6, step: 0.05, value: 1, said }),
    kit.slider({ name: "bias", label: "Bias field", min: -1, max: 1, step: 0.05, value: 0, said }),
    kit.slider({ name: "noise", label: "Noise", min: 0, max: 0.2, step: 0.01, value: 0, said }),
  ];
  const slice = kit.choice({ name: "slice", label: "Slice", options: slices.map((one) => one.says) });
  const panes = NETWORKS.map(([name, says]) => {
    const canvas = kit.picture(), score = kit.element("output", { class: "lab-score" });
    return { name, says, canvas, score, box: kit.pane(canvas, `${says}: Dice `, score) };
  });
  const reset = kit.button("As it was", () => { sliders.forEach((one) => one.reset()); update(); });
  kit.open(kit.row(slice.row, ...sliders.map((one) => one.row), reset), kit.panes(...panes.map((one) => one.box)),
    kit.legend("Dotted, orange: the truth. Line, blue: what the network outlines, computed in this page."));

  const update = kit.updater(box, [slice, ...sliders], async (set) => {
    const { truth } = slices[set.slice], images = changed(slices[set.slice], set);
    const answers = await Promise.all(panes.map(({ name }) => kit.ask({ name, images })));
    panes.forEach(({ canvas, score, says }, k) => {
      const mask = kit.maskOf(answers[k].atrium);
      kit.draw(canvas, images, [{ mask: truth, colour: kit.COLOURS.truth, dotted: true }, { mask, colour: kit.COLOURS.network }]);
      score.textContent = kit.two(kit.engine.dice(mask, truth));
      canvas.setAttribute("aria-label", `The slice, outlined by the network ${says}: Dice ${score.textContent}`);
    });
    return panes.map(({ says, score }) => `${says}: Dice ${score.textContent}`).join("; ");
  });
  await update();
});
