// Front page: the reader outlines the atrium by hand; then Dice and Hausdorff distance, and the network's beside them.
"use strict";

// The pixels of a closed outline through [{ y, x }], in pixels: those whose centre it goes round, and those it runs over.
function atriaFill(points, { height, width }) {
  const mask = new Uint8Array(height * width);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let inside = false;  // a ray to the left crosses an odd number of sides
      points.forEach((a, k) => {
        const b = points[(k + 1) % points.length];
        if (a.y > y !== b.y > y && x > a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x)) inside = !inside;
      });
      mask[y * width + x] = inside ? 1 : 0;
    }
  points.forEach((a, k) => {
    const b = points[(k + 1) % points.length], steps = Math.max(Math.abs(b.y - a.y), Math.abs(b.x - a.x), 1);
    for (let i = 0; i <= steps; i++)
      mask[Math.round(a.y + i / steps * (b.y - a.y)) * width + Math.round(a.x + i / steps * (b.x - a.x))] = 1;
  });
  return mask;
}

atriaLab("outline", async (box, kit, guess) => {
  const NETWORK = "phantom-gamma", STROKE = 12;  // a stroke of so many points is closed when it ends
  const [slices] = await Promise.all([kit.slices(), kit.networks(NETWORK), kit.load("labs/masks")]);
  const { score } = atriaMasks(), { ZOOM, COLOURS } = kit;
  const humans = document.querySelector(".lab-humans a.claim")?.textContent;  // from the ledger of claims
  let slice = slices[0], points = [], yours = null, network = null, stroke = 0;

  const choice = kit.choice({ name: "slice", label: "Slice", options: slices.map((one) => one.says) });
  const status = () => box.querySelector(".lab-status");
  const { canvas, place } = kit.worksheet("The slice to draw on. Arrow keys move the cursor, Shift with them ten pixels, "
    + "Space sets a point, Backspace takes it back, Enter closes the outline.", slice, {
    moved: (pressed) => {
      if (pressed && !yours) { add(); stroke++; }
      show();
      status().textContent = where();
    },
    key: (event) => {
      const act = { " ": add, Enter: close, Backspace: undo }[event.key];
      if (act) { event.preventDefault(); act(); }
    },
  });
  canvas.addEventListener("pointerup", () => { if (stroke >= STROKE) close(); stroke = 0; });

  const counted = () => `${points.length} ${points.length === 1 ? "point" : "points"}`;
  const where = () => {
    const grey = slice.grey[(Math.floor(slice.channels / 2) * slice.height + place.y) * slice.width + place.x];
    return `Cursor ${place.x} across, ${place.y} down, grey level ${grey}; ${counted()}.`;
  };
  const add = () => {
    if (yours) return;
    const last = points.at(-1);
    if (!last || last.y !== place.y || last.x !== place.x) points.push({ ...place });
    show();
    status().textContent = where();
  };
  const undo = () => {
    if (yours) yours = null; else points.pop();
    results.replaceChildren();
    show();
    status().textContent = `Taken back; ${counted()}.`;
  };
  const clear = () => {
    points = [];
    yours = null;
    results.replaceChildren();
    show();
    status().textContent = "Nothing drawn.";
  };
  const close = () => {
    if (yours) return;
    if (points.length < 3) { status().textContent = `An outline needs three points or more; it has ${points.length}.`; return; }
    yours = atriaFill(points, slice);
    show();
    tell();
  };

  const asMask = (data) => ({ data, shape: [1, slice.height, slice.width] });
  const scored = (data) => {
    const { dice, hd_mm } = score(asMask(slice.truth), asMask(data), slice.spacing_mm);
    return [kit.two(dice), Number.isFinite(hd_mm) ? hd_mm.toFixed(1) : "none"];
  };
  const results = kit.element("div", { class: "lab-results" });
  const tell = () => {
    const rows = [["You", ...scored(yours)]];
    if (network) rows.push(["The network", ...scored(network)]);
    if (network && humans) rows.push(["Two people, one scan", humans, ""]);
    const cells = (name, values) => values.map((value, k) => kit.element(k ? "td" : "th",
      k ? {} : { scope: name }, value));
    results.replaceChildren(kit.element("table", { class: "lab-table" },
      kit.element("thead", {}, kit.element("tr", {}, ...["Whose outline", "Dice", "Farthest apart, mm"].map((word) =>
        kit.element("th", { scope: "col" }, word)))),
      kit.element("tbody", {}, ...rows.map((row) => kit.element("tr", {}, ...cells("row", row))))),
    ...(network ? [] : [kit.button("Now the network", ask)]));
    const words = rows.map(([name, dice, hd]) => `${name}: Dice ${dice}${hd ? `, at the worst ${hd} mm apart` : ""}`);
    status().textContent = `${words.join(". ")}.${guess ? ` You had said ${guess}.` : ""}`;
  };
  const ask = async () => {
    status().textContent = "The network looks …";
    network = kit.maskOf((await kit.ask({ name: NETWORK, images: kit.greyOf(slice) })).atrium);
    show();
    tell();
  };

  const show = () => {
    const outlines = yours ? [{ mask: slice.truth, colour: COLOURS.truth, dotted: true }, { mask: yours, colour: COLOURS.yours }] : [];
    if (yours && network) outlines.push({ mask: network, colour: COLOURS.network });
    kit.draw(canvas, kit.brightened(kit.greyOf(slice)), outlines);
    const context = canvas.getContext("2d"), middle = (v) => ZOOM * (v + 0.5);
    if (!yours) {
      context.strokeStyle = COLOURS.yours;
      context.lineWidth = 3;
      context.beginPath();
      points.forEach(({ y, x }) => context.lineTo(middle(x), middle(y)));
      context.stroke();
      context.fillStyle = COLOURS.yours;
      points.forEach(({ y, x }) => context.fillRect(middle(x) - 3, middle(y) - 3, 6, 6));
    }
    context.strokeStyle = "#fff";
    context.lineWidth = 1;
    context.beginPath();
    for (const [dy, dx] of [[0, 1], [1, 0]]) {
      context.moveTo(middle(place.x) - 12 * dx, middle(place.y) - 12 * dy);
      context.lineTo(middle(place.x) + 12 * dx, middle(place.y) + 12 * dy);
    }
    context.stroke();
  };

  choice.input.addEventListener("input", () => {
    slice = slices[choice.value()];
    network = null;
    clear();
  });
  kit.open(kit.element("p", {}, "Go round the atrium with mouse or finger, or set points one by one: click, or move with the arrow "
    + "keys and press Space. Enter closes the outline."),
  kit.row(choice.row, kit.button("Close the outline", close), kit.button("Undo", undo), kit.button("Clear", clear)),
  kit.panes(kit.pane(canvas, "Pink: yours. After you close it, dotted orange: the truth; blue: the network.")), results);
  show();
  status().textContent = "Nothing drawn.";
});
