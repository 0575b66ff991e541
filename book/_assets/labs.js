// Labs: a trained network runs in the page, on what the reader changes. See network.js; nothing leaves the page.
//
// A lab is `<div class="lab" data-lab="contrast">`, with a picture and a sentence for whoever has no script. The
// networks and slices (networks/*.js, tools/page_networks.py) are loaded when the reader first asks for the lab.
"use strict";
(() => {
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const element = (name, attributes = {}, ...inside) => {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    made.append(...inside);
    return made;
  };
  const load = (name) => new Promise((done, failed) => {
    const script = element("script", { src: `${here}networks/${name}.js` });
    script.onload = done;
    script.onerror = () => failed(new Error(`${name}.js is missing beside the pages`));
    document.head.append(script);
  });

  // One worker for all networks of the page; `ask` gives a promise of its answer. Made from text, as file:// wants.
  const makeWorker = () => {
    const body = `const engine = (${atriaEngine})(), networks = {};
      onmessage = ({ data: { id, name, packed, images } }) => {
        if (packed) networks[name] = engine.unpack(packed);
        if (!images) return postMessage({ id });
        const { atrium, post } = engine.predictSlice(networks[name], images);
        postMessage({ id, atrium, post });
      };`;
    const worker = new Worker(URL.createObjectURL(new Blob([body], { type: "text/javascript" })));
    const waiting = new Map();
    worker.onmessage = ({ data }) => { waiting.get(data.id)(data); waiting.delete(data.id); };
    let last = 0;
    return (message) => new Promise((done) => { waiting.set(++last, done); worker.postMessage({ id: last, ...message }); });
  };

  const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

  // Grey levels 0..1 as the sliders have them: as augment/gamma.py and augment/intensity.py, in their order.
  const changed = (slice, { gamma, brightness, bias, noise }) => {
    const engine = atriaEngine(), { channels, height, width } = slice;
    const images = engine.gammaOf({ ...slice, data: Float32Array.from(slice.grey, (v) => v / 255) }, gamma);
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

  // The slice's middle channel, the truth dashed, what the network says as a line.
  const ZOOM = 3;
  const draw = (canvas, images, truth, found) => {
    const { height, width } = images, context = canvas.getContext("2d"), area = height * width;
    const middle = Math.floor(images.channels / 2) * area, small = new ImageData(width, height);
    for (let i = 0; i < area; i++) {
      const grey = 255 * images.data[middle + i];
      small.data.set([grey, grey, grey, 255], 4 * i);
    }
    const buffer = element("canvas", { width, height });
    buffer.getContext("2d").putImageData(small, 0, 0);
    canvas.width = ZOOM * width;
    canvas.height = ZOOM * height;
    context.imageSmoothingEnabled = false;
    context.drawImage(buffer, 0, 0, canvas.width, canvas.height);
    const outline = (mask, colour, dashed) => {
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.beginPath();
      for (let y = 0; y <= height; y++)
        for (let x = 0; x <= width; x++) {
          if (dashed && (x + y) % 2) continue;
          const at = (b, a) => (b >= 0 && a >= 0 && b < height && a < width ? mask[b * width + a] : 0);
          if (at(y, x) !== at(y - 1, x)) { context.moveTo(ZOOM * x, ZOOM * y); context.lineTo(ZOOM * (x + 1), ZOOM * y); }
          if (at(y, x) !== at(y, x - 1)) { context.moveTo(ZOOM * x, ZOOM * y); context.lineTo(ZOOM * x, ZOOM * (y + 1)); }
        }
      context.stroke();
    };
    outline(truth, "#E69F00", true);
    outline(found, "#56B4E9", false);
  };

  const NETWORKS = [["phantom-gamma", "trained with gamma augmentation"], ["phantom-plain", "trained without"]];
  const SLIDERS = [  // name, label, lowest, highest, step, at rest, how it is said
    ["gamma", "Gamma", -1.6, 1.6, 0.05, 0, (v) => (2 ** v).toFixed(2)],
    ["brightness", "Brightness", 0.4, 1.6, 0.05, 1, (v) => v.toFixed(2)],
    ["bias", "Bias field", -1, 1, 0.05, 0, (v) => v.toFixed(2)],
    ["noise", "Noise", 0, 0.2, 0.01, 0, (v) => v.toFixed(2)],
  ];

  async function contrast(box) {
    const say = element("p", { role: "status", class: "lab-status" }, "Loading two networks…");
    box.replaceChildren(say);
    try {
      await Promise.all([...NETWORKS.map(([name]) => load(name)), load("slices")]);
    } catch (error) {
      say.textContent = `The lab cannot start: ${error.message}.`;
      return;
    }
    const ask = makeWorker();
    await Promise.all(NETWORKS.map(([name]) => ask({ name, packed: self.atriaNetworks[name] })));
    const slices = self.atriaSlices.map((one) => ({ ...one, grey: bytesOf(one.grey), truth: bytesOf(one.truth) }));

    const choice = element("select", {}, ...slices.map((one, k) => element("option", { value: k }, one.says)));
    const controls = SLIDERS.map(([name, label, min, max, step, value, said]) => {
      const input = element("input", { type: "range", min, max, step, value, name });
      const shown = element("output");
      return { name, input, value: () => (name === "gamma" ? 2 ** input.value : Number(input.value)),
        show: () => { shown.textContent = said(Number(input.value)); input.setAttribute("aria-valuetext", shown.textContent); },
        reset: () => { input.value = value; }, row: element("label", {}, `${label} `, input, " ", shown) };
    });
    const reset = element("button", { type: "button" }, "As it was");
    const panes = NETWORKS.map(([name, says]) => {
      const canvas = element("canvas", { role: "img" }), score = element("output", { class: "lab-score" });
      return { name, says, canvas, score, box: element("figure", {}, canvas,
        element("figcaption", {}, `${says}: Dice `, score)) };
    });
    box.replaceChildren(
      element("div", { class: "lab-controls" }, element("label", {}, "Slice ", choice),
        ...controls.map((one) => one.row), reset),
      element("div", { class: "lab-panes" }, ...panes.map((one) => one.box)),
      element("p", { class: "lab-legend" }, "Dotted, orange: the truth. Line, blue: what the network outlines, computed in this page."), say);

    let busy = false, again = false;
    const update = async () => {  // one at a time; what a moving slider asks meanwhile becomes one more
      controls.forEach((one) => one.show());
      if (busy) { again = true; return; }
      for (busy = true, again = true; again;) {
        again = false;
        await compute(slices[choice.value]);
      }
      busy = false;
      say.textContent = panes.map(({ says, score }) => `${says}: Dice ${score.textContent}`).join("; ");
      box.dataset.shown = Number(box.dataset.shown ?? 0) + 1;
    };
    const compute = async (slice) => {
      const images = changed(slice, Object.fromEntries(controls.map((one) => [one.name, one.value()])));
      const answers = await Promise.all(panes.map(({ name }) => ask({ name, images })));
      panes.forEach(({ canvas, score, says }, k) => {
        const found = answers[k].atrium.map((p) => (p > 0.5 ? 1 : 0)), dice = atriaEngine().dice(found, slice.truth);
        draw(canvas, images, slice.truth, found);
        score.textContent = Number.isNaN(dice) ? "none" : dice.toFixed(2);
        canvas.setAttribute("aria-label", `The slice, outlined by the network ${says}: Dice ${score.textContent}`);
      });
    };
    choice.addEventListener("change", update);
    controls.forEach((one) => one.input.addEventListener("input", update));
    reset.addEventListener("click", () => { controls.forEach((one) => one.reset()); update(); });
    await update();
    choice.focus();
  }

  // Whoever starts a lab says first what it will show, or skips that.
  const LABS = { contrast };
  const start = () => document.querySelectorAll(".lab[data-lab]").forEach((box) => {
    const guess = element("input", { type: "number", step: "any", inputmode: "decimal", autocomplete: "off" });
    const form = element("form", { novalidate: "" },
      element("label", {}, `Your prediction: ${box.dataset.question} `, guess), " ",
      element("button", { type: "submit" }, "Start the lab"));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const said = guess.value;
      await LABS[box.dataset.lab](box);
      if (said) box.prepend(element("p", { class: "lab-guess" }, `${box.dataset.question} You said ${said}. Look for it.`));
    });
    box.append(form);
    box.dataset.ready = "1";
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
