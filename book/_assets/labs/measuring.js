// Chapter 9: paint and erase on a mask of a small volume, and every metric says what it makes of it; see masks.js.
"use strict";
atriaLab("measuring", async (box, kit) => {
  await Promise.all(["labs/masks", "labs/volume", "networks/human"].map(kit.load));
  const masks = atriaMasks(), volumes = atriaVolumes(kit), volume = await volumes.open("one");
  const { shape, spacing_mm, truth, atrium } = volume, [depth, height, width] = shape, human = self.atriaHuman;
  const STARTS = [["the truth", () => truth.data.slice()], ["what a network found", () => atrium.map((v) => (v > 127 ? 1 : 0))],
    ["nothing", () => new Uint8Array(truth.data.length)]];
  let mask = { shape, data: STARTS[0][1]() };

  const slice = kit.slider({ name: "slice", label: "Slice", min: 0, max: depth - 1, value: depth >> 1 });
  const tool = kit.choice({ name: "tool", label: "Tool", options: ["paint", "erase"] });
  const RADII = [0, 2, 5];  // voxels
  const brush = kit.choice({ name: "brush", label: "Brush", options: RADII.map((r) => (r ? `ball of radius ${r} voxels` : "one voxel")) });
  brush.input.selectedIndex = 1;
  const starts = STARTS.map(([says, data]) => kit.button(`Begin with ${says}`, () => { mask = { shape, data: data() }; update(); }));

  // A row for each metric: what it is now, what lies between two people, and whether the mask is within that.
  const ROWS = [["dice", "Dice", 3], ["jaccard", "Jaccard", 3], ["hd_mm", "HD (mm)", 1], ["hd95_mm", "HD95 (mm)", 2],
    ["assd_mm", "ASSD (mm)", 2], ["volume_difference_ml", "Volume error (mL)", 1]];
  const head = (scope, text) => kit.element("th", { scope }, text);
  const cells = ROWS.map(([key]) => [kit.element("td", { "data-cell": key }), kit.element("td", { "data-verdict": key })]);
  const people = (key, digits) => human[key === "volume_difference_ml" ? "difference_ml" : key].toFixed(digits);
  const table = kit.element("table", { class: "lab-table" },
    kit.element("thead", {}, kit.element("tr", {}, kit.element("td"), head("col", "this mask"), head("col", "two people"), head("col", "as near as they?"))),
    kit.element("tbody", {}, ...ROWS.map(([key, label, digits], k) => kit.element("tr", {}, head("row", label),
      cells[k][0], kit.element("td", {}, people(key, digits)), cells[k][1]))));

  const dab = (value) => {
    for (const [dz, dy, dx] of masks.ball(RADII[brush.value()])) {
      const z = slice.value() + dz, y = sheet.place.y + dy, x = sheet.place.x + dx;
      if (z >= 0 && z < depth && y >= 0 && y < height && x >= 0 && x < width) mask.data[(z * height + y) * width + x] = value;
    }
  };
  const paint = () => { dab(tool.value() === 0 ? 1 : 0); update(); };
  const KEYS = { " ": paint, Enter: paint,
    PageUp: () => { slice.input.stepUp(); update(); }, PageDown: () => { slice.input.stepDown(); update(); } };
  const sheet = kit.worksheet(
    "Slice to paint on: arrows move the brush, Space paints or erases, Page Up and Page Down change the slice",
    { height, width }, {
      moved: (pressed) => { if (pressed) paint(); else show(); },
      key: (event) => { if (KEYS[event.key]) { event.preventDefault(); KEYS[event.key](); } },
    });
  const show = () => {
    const cut = (one) => volumes.plane(one.data, shape, 0, slice.value()).data;
    kit.draw(sheet.canvas, volumes.grey(volume, 0, slice.value()),
      [{ mask: cut(mask), colour: kit.COLOURS.yours }, { mask: cut(truth), colour: kit.COLOURS.truth, dotted: true }]);
    const context = sheet.canvas.getContext("2d"), reach = (RADII[brush.value()] + 0.5) * kit.ZOOM;
    context.strokeStyle = "#fff";
    context.beginPath();
    context.arc((sheet.place.x + 0.5) * kit.ZOOM, (sheet.place.y + 0.5) * kit.ZOOM, reach, 0, 2 * Math.PI);
    context.stroke();
  };
  const round = kit.picture(), turn = kit.slider({ name: "turn", label: "Turn", min: -180, max: 180, step: 10, value: 20, said: (v) => `${v}°` });
  kit.open(kit.row(slice.row, tool.row, brush.row), kit.row(...starts),
    kit.panes(kit.pane(sheet.canvas, "Orange, dotted: the truth. Purple: the mask."), kit.pane(round, kit.row(turn.row))), table,
    kit.legend(`Keyboard: arrows move the brush, Space paints or erases, Page Up and Page Down change the slice. Voxels of ${spacing_mm[0]} mm.`));

  const update = kit.updater(box, [slice, tool, brush, turn], async (set) => {
    show();
    await new Promise((done) => setTimeout(done));  // what a moving brush adds meanwhile is measured once
    const found = masks.score(truth, mask, spacing_mm);
    volumes.solid(round, masks, truth, mask, set.turn);
    round.setAttribute("aria-label", `Truth and mask in 3D, turned by ${set.turn} degrees`);
    ROWS.forEach(([key, , digits], k) => {
      const value = found[key], worse = key === "dice" || key === "jaccard" ? value < human[key] : Math.abs(value) > people(key, 9);
      cells[k][0].textContent = Number.isNaN(value) ? "none" : value === Infinity ? "infinite" : value.toFixed(digits);
      cells[k][1].textContent = Number.isNaN(value) ? "" : worse ? "no" : "yes";
    });
    return ROWS.map(([, label], k) => `${label} ${cells[k][0].textContent}`).join(", ");
  });
  await update();
});
