// Chapter 10: five networks of one site, each trained on a bootstrap, their mean, and a network of the other site.
"use strict";
atriaLab("bagging", async (box, kit) => {
  const MEMBERS = [0, 1, 2, 3, 4].map((k) => `bag-${k}`), OTHER = "bag-other", WINDOW = 88;
  await Promise.all([kit.load("labs/volume"), kit.load("networks/bag-slices"), kit.networks(...MEMBERS, OTHER)]);
  const { slices, heldOut } = self.atriaBag, { inflated } = atriaVolumes(kit);
  for (const slice of slices) {
    slice.channels = 1;
    for (const key of ["grey", "truth"]) slice[key] = await inflated(slice[key]);
    const inside = [...slice.truth.keys()].filter((at) => slice.truth[at]), middle = inside[inside.length >> 1];
    const start = (at, size) => Math.min(Math.max(at - WINDOW / 2, 0), size - WINDOW);
    slice.top = start(Math.floor(middle / slice.width), slice.height);
    slice.left = start(middle % slice.width, slice.width);
  }

  const slice = kit.choice({ name: "slice", label: "Slice", options: slices.map(({ says }, k) => `${k + 1}: ${says}`) });
  const gamma = kit.slider({ name: "gamma", label: "γ of the scan", min: -1.6, max: 1.6, step: 0.1, value: 0, of: (v) => 2 ** v, said: kit.two });
  const ticks = MEMBERS.map((name, k) => kit.tick({ name, label: `member ${k + 1}`, value: k === 0 }));
  const all = kit.button("All five", () => { ticks.forEach((one) => { one.input.checked = true; }); update(); });

  const head = (scope, ...inside) => kit.element("th", { scope }, ...inside);
  const line = (name, title) => {
    const cells = ["here", "A", "B"].map((column) => kit.element("td", { "data-cell": `${name} ${column}` }));
    return { name, cells, row: kit.element("tr", {}, head("row", title), ...cells) };
  };
  const lines = [...MEMBERS.map((name, k) => line(name, `member ${k + 1}`)), line("members", "their mean Dice"),
    line("mean", "Dice of their mean"), line(OTHER, "network of site B")];
  const table = kit.element("table", { class: "lab-table" },
    kit.element("thead", {}, kit.element("tr", {}, kit.element("td"),
      ...["this slice", "site A, held out", "site B, held out"].map((text) => head("col", text)))),
    kit.element("tbody", {}, ...lines.map((one) => one.row)));
  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
  for (const { name, cells } of lines)  // of all five, recorded when they were trained
    ["A", "B"].forEach((site, k) => {
      cells[k + 1].textContent = kit.two(name === "members" ? mean(MEMBERS.map((one) => heldOut[site][one])) : heldOut[site][name]);
    });
  const [together, abroad] = [kit.picture(), kit.picture()], sum = kit.element("p", { class: "lab-sum" });
  kit.open(kit.row(slice.row, gamma.row), kit.row(...ticks.map((one) => one.row), all),
    kit.panes(kit.pane(together, "Site A: each member purple, their mean blue"), kit.pane(abroad, "The network of site B")),
    sum, table, kit.legend("Dotted, orange: the truth. The columns of held-out phantoms are of all five members, over volumes, at γ = 1."));

  const shown = (canvas, { data, brightest, top, left, width }, outlines, says) => {
    const cut = (plane) => Float32Array.from({ length: WINDOW ** 2 }, (_, at) =>
      plane[(top + Math.floor(at / WINDOW)) * width + left + at % WINDOW]);
    kit.draw(canvas, { height: WINDOW, width: WINDOW, data: cut(data).map((v) => Math.min(v / brightest, 1)) },
      outlines.map(({ mask, ...rest }) => ({ mask: cut(mask), ...rest })));
    canvas.setAttribute("aria-label", says);
  };
  let asked = {};  // kept while only the ticks change
  const predicted = async ({ slice, gamma }) => {
    const question = `${[slice, gamma]}`, images = kit.engine.gammaOf(kit.greyOf(slices[slice]), gamma);
    if (asked.question !== question) {
      const answers = await Promise.all([...MEMBERS, OTHER].map((name) => kit.ask({ name, images })));
      asked = { question, images, atria: answers.map(({ atrium }) => atrium) };
    }
    return asked;
  };
  const update = kit.updater(box, [slice, gamma, ...ticks], async (set) => {
    const one = slices[set.slice], { truth } = one, { images, atria } = await predicted(set);
    const chosen = atria.slice(0, 5).filter((_, k) => ticks[k].value());
    const average = Float32Array.from(truth, (_, at) => mean(chosen.map((p) => p[at])));
    const dice = (p) => kit.engine.dice(kit.maskOf(p), truth), scores = atria.map(dice);
    const picked = scores.slice(0, 5).filter((_, k) => ticks[k].value());
    const here = Object.fromEntries([...MEMBERS, OTHER].map((name, k) => [name, scores[k]]));
    here.members = mean(picked);
    here.mean = chosen.length ? dice(average) : NaN;
    for (const { name, cells } of lines) cells[0].textContent = kit.two(here[name]);
    // The identity of the chapter, over the pixels of the slice: what the members differ in, their mean is rid of.
    const square = (p, q) => p.reduce((total, v, at) => total + (v - q[at]) ** 2, 0) / p.length * 1000;
    const [left, each, apart] = [square(average, truth), mean(chosen.map((p) => square(p, truth))), mean(chosen.map((p) => square(p, average)))];
    sum.textContent = chosen.length ? `Squared error, in thousandths: ${kit.two(left)} (mean) = ${kit.two(each)} (members) − ${kit.two(apart)} (disagreement)`
      : "Tick a member.";
    const view = { ...one, data: images.data, brightest: [...images.data].sort((a, b) => a - b)[Math.floor(0.995 * images.data.length)] };
    const real = { mask: truth, colour: kit.COLOURS.truth, dotted: true };
    shown(together, view, [...chosen.map((p) => ({ mask: kit.maskOf(p), colour: kit.COLOURS.yours })),
      ...(chosen.length ? [{ mask: kit.maskOf(average), colour: kit.COLOURS.network }] : []), real],
    `The slice with the truth, ${chosen.length} members of site A and their mean: Dice ${kit.two(here.mean)}`);
    shown(abroad, view, [{ mask: kit.maskOf(atria[5]), colour: kit.COLOURS.network }, real],
      `The slice with the truth and the network of site B: Dice ${kit.two(here[OTHER])}`);
    return `${chosen.length} of five: their mean Dice ${kit.two(here.members)}, Dice of their mean ${kit.two(here.mean)}; network of site B ${kit.two(here[OTHER])}`;
  });
  await update();
});
