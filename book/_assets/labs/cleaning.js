// Chapter 8: threshold, closing and largest piece on what a network found in a small volume; see masks.js.
"use strict";
atriaLab("cleaning", async (box, kit) => {
  await Promise.all([kit.load("labs/masks"), kit.load("labs/volume")]);
  const masks = atriaMasks(), volumes = atriaVolumes(kit);
  const scans = await Promise.all(["one", "two"].map(volumes.open));

  const scan = kit.choice({ name: "scan", label: "Scan", options: ["one", "two"] });
  const threshold = kit.slider({ name: "threshold", label: "Threshold", min: 0.1, max: 0.9, step: 0.05, value: 0.5, said: kit.two });
  const radius = kit.slider({ name: "radius", label: "Closing radius", min: 0, max: 4, value: 0, said: (v) => `${v} ${v === 1 ? "voxel" : "voxels"}` });
  const largest = kit.tick({ name: "largest", label: "Largest piece only" });
  const plane = kit.choice({ name: "plane", label: "Plane", options: volumes.PLANES });
  const slice = kit.slider({ name: "slice", label: "Slice", min: 0, max: 1, step: 0.01, value: 0.5, said: () => `${place()}` });
  const turn = kit.slider({ name: "turn", label: "Turn", min: -180, max: 180, step: 10, value: 20, said: (v) => `${v}°` });
  const place = () => Math.round(slice.value() * (scans[scan.value()].shape[plane.value()] - 1));
  const controls = [scan, threshold, radius, largest, plane, slice, turn];

  const ROWS = [["pieces", "Pieces", (v) => String(v)], ["dice", "Dice", (v) => v.toFixed(3)],
    ["hd_mm", "HD (mm)", (v) => v.toFixed(1)], ["volume_difference_ml", "Volume error (mL)", (v) => v.toFixed(1)]];
  const cells = ROWS.map(([key]) => ["raw", "clean"].map((column) =>
    kit.element("td", { "data-cell": `${key} ${column}` })));
  const head = (scope, text) => kit.element("th", { scope }, text);
  const table = kit.element("table", { class: "lab-table" },
    kit.element("thead", {}, kit.element("tr", {}, kit.element("td"), head("col", "threshold alone"), head("col", "cleaned"))),
    kit.element("tbody", {}, ...ROWS.map(([, label], k) => kit.element("tr", {}, head("row", label), ...cells[k]))));
  const flat = kit.picture(), round = kit.picture();
  const reset = kit.button("The paper's cleaning", () => {
    threshold.reset();
    radius.input.value = 2;
    largest.input.checked = true;
    update();
  });
  kit.open(kit.row(scan.row, threshold.row, radius.row, largest.row, reset), table,
    kit.panes(kit.pane(flat, kit.row(plane.row, slice.row)), kit.pane(round, kit.row(turn.row))),
    kit.legend("On the slice, dotted and orange: the truth; blue line: the mask. In 3D, blue: right; red: more than a voxel beside the truth; yellow: missed by more than a voxel."));

  let cleaned = {};  // kept while only the view changes
  const cleanedAs = ({ scan, threshold, radius, largest }) => {
    const { atrium, truth, shape, spacing_mm } = scans[scan], asked = `${[scan, threshold, radius, largest]}`;
    if (cleaned.asked === asked) return cleaned.mask;
    const raw = { shape, data: atrium.map((v) => (v > 255 * threshold ? 1 : 0)) };
    const closed = masks.close(raw, radius), mask = largest ? masks.largestPiece(closed).mask : closed;
    [raw, mask].forEach((one, column) => {
      const found = { ...masks.score(truth, one, spacing_mm), pieces: masks.largestPiece(one).pieces };
      ROWS.forEach(([key, , said], k) => { cells[k][column].textContent = said(found[key]); });
    });
    cleaned = { asked, mask };
    return mask;
  };
  const update = kit.updater(box, controls, async (set) => {
    const { truth, shape } = scans[set.scan], clean = cleanedAs(set);
    const at = place(), image = volumes.grey(scans[set.scan], set.plane, at);
    const cut = (mask) => volumes.plane(mask.data, shape, set.plane, at).data;
    kit.draw(flat, image, [{ mask: cut(truth), colour: kit.COLOURS.truth, dotted: true }, { mask: cut(clean), colour: kit.COLOURS.network }]);
    volumes.solid(round, masks, truth, clean, set.turn);
    const [pieces, dice, hd] = cells.map(([, clean]) => clean.textContent);
    flat.setAttribute("aria-label", `${volumes.PLANES[set.plane]} slice ${at} with the truth and the cleaned mask`);
    round.setAttribute("aria-label", `Truth and cleaned mask in 3D, turned by ${set.turn} degrees`);
    return `Cleaned: ${pieces === "1" ? "1 piece" : `${pieces} pieces`}, Dice ${dice}, HD ${hd} mm`;
  });
  await update();
});
