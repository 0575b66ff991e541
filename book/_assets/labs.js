// Labs: a trained network runs in the page, on what the reader changes. See network.js; nothing leaves the page.
//
// A lab is `<div class="lab" data-lab="NAME" data-question="What do you expect?">` with a picture and a sentence for
// whoever has no script; the prediction is a number, or one of `data-choices="this|that"`. When the reader starts it,
// labs/NAME.js is loaded, which says `atriaLab("NAME", async (box, kit, guess) => ...)` and fills the box. What
// labs share is the kit below. Networks and slices (networks/*.js, tools/page_networks.py) come when a lab asks.
"use strict";
const atriaLabs = {};
const atriaLab = (name, start) => { atriaLabs[name] = start; };
(() => {
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const engine = atriaEngine();
  const element = (name, attributes = {}, ...inside) => {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    made.append(...inside);
    return made;
  };

  // A script beside the pages, once: load("labs/contrast"). A script tag, because file:// allows nothing else.
  const loading = {};
  const load = (path) => (loading[path] ??= new Promise((done, failed) => {
    const script = element("script", { src: `${here}${path}.js` });
    script.onload = done;
    script.onerror = () => { delete loading[path]; failed(new Error(`${path}.js is missing beside the pages`)); };
    document.head.append(script);
  }));

  // One worker for all networks of the page, made from text, as file:// wants. `ask({ name, images })` promises
  // what predictSlice gives (network.js); the feature maps only with `maps: true`, as they are large; `scored: true` for
  // images that are z-scored already.
  let asking = null;
  const ask = (message) => (asking ??= makeWorker())(message);
  const makeWorker = () => {
    const body = `const engine = (${atriaEngine})(), networks = {};
      onmessage = ({ data: { id, name, packed, images, scored, maps } }) => {
        if (packed) networks[name] = engine.unpack(packed);
        const found = images ? engine.predictSlice(networks[name], images, scored) : {};
        postMessage({ id, ...found, cut: null, maps: maps ? found.maps : null });
      };`;
    const worker = new Worker(URL.createObjectURL(new Blob([body], { type: "text/javascript" })));
    const waiting = new Map();
    worker.onmessage = ({ data }) => { waiting.get(data.id)(data); waiting.delete(data.id); };
    let last = 0;
    return (message) => new Promise((done) => { waiting.set(++last, done); worker.postMessage({ id: last, ...message }); });
  };

  const networks = (...names) => Promise.all(names.map(async (name) => {
    await load(`networks/${name}`);
    await ask({ name, packed: self.atriaNetworks[name] });
  }));

  // [{ says, channels, height, width, spacing_mm (z, y, x), grey 0..255, truth 0 or 1 }]
  const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const slices = async () => {
    await load("networks/slices");
    return self.atriaSlices.map((one) => ({ ...one, grey: bytesOf(one.grey), truth: bytesOf(one.truth) }));
  };
  const greyOf = (slice) => ({ ...slice, data: Float32Array.from(slice.grey, (v) => v / 255) });  // a tensor, 0..1
  const brightened = (images) => {  // to be looked at: one pixel in 200 is white
    const white = Math.max(images.data.slice().sort()[Math.floor(0.995 * images.data.length)], 1e-6);
    return { ...images, data: images.data.map((v) => Math.min(v / white, 1)) };
  };
  const maskOf = (atrium) => Uint8Array.from(atrium, (p) => (p > 0.5 ? 1 : 0));
  const two = (value) => (Number.isFinite(value) ? value.toFixed(2) : "none");

  // A canvas shows a slice's middle channel, and outlines: [{ mask, colour, dotted }]. One pixel is ZOOM wide.
  const ZOOM = 3, COLOURS = { truth: "#E69F00", network: "#56B4E9", yours: "#CC79A7" };
  const draw = (canvas, images, outlines = []) => {
    const { height, width } = images, context = canvas.getContext("2d"), area = height * width;
    const middle = Math.floor((images.channels ?? 1) / 2) * area, small = new ImageData(width, height);
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
    for (const { mask, colour, dotted } of outlines) {
      const at = (y, x) => (y >= 0 && x >= 0 && y < height && x < width && mask[y * width + x] ? 1 : 0);
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.beginPath();
      for (let y = 0; y <= height; y++)
        for (let x = 0; x <= width; x++) {
          if (dotted && (x + y) % 2) continue;
          if (at(y, x) !== at(y - 1, x)) { context.moveTo(ZOOM * x, ZOOM * y); context.lineTo(ZOOM * (x + 1), ZOOM * y); }
          if (at(y, x) !== at(y, x - 1)) { context.moveTo(ZOOM * x, ZOOM * y); context.lineTo(ZOOM * x, ZOOM * (y + 1)); }
        }
      context.stroke();
    }
  };

  // Controls have `row` (what to show), `value()`, `show()` (say the value), `reset()`.
  const slider = ({ name, label, min, max, step = 1, value, said = String, of = Number }) => {
    const input = element("input", { type: "range", min, max, step, value, name }), shown = element("output");
    return { name, input, row: element("label", {}, `${label} `, input, " ", shown), value: () => of(Number(input.value)),
      show: () => { shown.textContent = said(of(Number(input.value))); input.setAttribute("aria-valuetext", shown.textContent); },
      reset: () => { input.value = value; } };
  };
  const choice = ({ name, label, options }) => {  // options: what is said of each; the value is its place
    const input = element("select", { name }, ...options.map((says, k) => element("option", { value: k }, says)));
    return { name, input, row: element("label", {}, `${label} `, input), value: () => Number(input.value),
      show: () => {}, reset: () => { input.selectedIndex = 0; } };
  };
  const tick = ({ name, label, value = false }) => {
    const input = element("input", { type: "checkbox", name });
    input.checked = value;
    return { name, input, row: element("label", {}, input, ` ${label}`), value: () => input.checked,
      show: () => {}, reset: () => { input.checked = value; } };
  };
  const button = (label, act) => {
    const made = element("button", { type: "button" }, label);
    made.addEventListener("click", act);
    return made;
  };
  const values = (controls) => Object.fromEntries(controls.map((one) => [one.name, one.value()]));
  const row = (...inside) => element("div", { class: "lab-controls" }, ...inside);
  const panes = (...inside) => element("div", { class: "lab-panes" }, ...inside);
  const pane = (canvas, ...caption) => element("figure", {}, canvas, element("figcaption", {}, ...caption));
  const picture = () => element("canvas", { role: "img" });
  const legend = (text) => element("p", { class: "lab-legend" }, text);

  // `compute` one at a time: what a moving slider asks meanwhile becomes one more. Its answer goes to the status line.
  const updater = (box, controls, compute) => {
    const status = box.querySelector(".lab-status");
    let busy = false, again = false;
    const update = async () => {
      controls.forEach((one) => one.show());
      again = true;
      if (busy) return;
      box.dataset.busy = "1";
      for (busy = true; again;) {
        again = false;
        status.textContent = await compute(values(controls)) ?? "";
      }
      busy = false;
      delete box.dataset.busy;
      box.dataset.shown = Number(box.dataset.shown ?? 0) + 1;
    };
    controls.forEach((one) => one.input.addEventListener("input", update));
    return update;
  };

  // A canvas that is worked on by mouse, finger, pen or keyboard: arrows move `place` (in pixels of the slice; with
  // Shift ten at once), and so does the pointer, where `hover` is false only while it is pressed. `moved(pressed)` after
  // each move, `key(event)` for other keys.
  const worksheet = (label, size, { moved, key = () => {}, hover = true }) => {
    const canvas = element("canvas", { role: "application", tabindex: "0", "aria-label": label, class: "lab-worksheet" });
    const place = { y: size.height >> 1, x: size.width >> 1 }, inside = (v, n) => Math.min(Math.max(v, 0), n - 1);
    const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const to = (y, x, pressed) => {
      place.y = inside(y, size.height);
      place.x = inside(x, size.width);
      moved(pressed);
    };
    canvas.addEventListener("keydown", (event) => {
      const step = STEPS[event.key]?.map((v) => v * (event.shiftKey ? 10 : 1));
      if (step) { event.preventDefault(); to(place.y + step[0], place.x + step[1], false); } else key(event);
    });
    for (const kind of ["pointerdown", "pointermove"]) canvas.addEventListener(kind, (event) => {
      const pressed = (event.buttons & 1) === 1, box = canvas.getBoundingClientRect();
      if (!pressed && !hover) return;
      if (kind === "pointerdown" && pressed) canvas.setPointerCapture(event.pointerId);
      to(Math.floor((event.clientY - box.top) / box.height * size.height),
        Math.floor((event.clientX - box.left) / box.width * size.width), pressed);
    });
    return { canvas, place };
  };

  const kit = { engine, element, load, ask, networks, slices, greyOf, brightened, maskOf, two, ZOOM, COLOURS, draw, slider, choice,
    tick, button, values, row, panes, pane, picture, legend, updater, worksheet };

  // Whoever starts a lab says first what it will show, or skips that.
  const predictionOf = ({ question, choices, lab }) => {
    const words = `Your prediction: ${question}`;
    if (!choices) {
      const input = element("input", { type: "number", step: "any", inputmode: "decimal", autocomplete: "off" });
      return { asked: element("label", {}, `${words} `, input), said: () => input.value };
    }
    const inputs = choices.split("|").map((value) => element("input", { type: "radio", name: `guess-${lab}`, value }));
    return { asked: element("fieldset", {}, element("legend", {}, words),
      ...inputs.map((one) => element("label", {}, one, ` ${one.value}`))),
    said: () => inputs.find((one) => one.checked)?.value ?? "" };
  };
  const start = () => document.querySelectorAll(".lab[data-lab]").forEach((box) => {
    const { lab, question } = box.dataset, { asked, said } = predictionOf(box.dataset);
    const go = element("button", { type: "submit" }, "Start the lab");
    const form = element("form", { novalidate: "" }, asked, " ", go);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      go.disabled = true;
      const guess = said(), say = element("p", { role: "status", class: "lab-status" }, "Loading …");
      form.append(say);
      try {
        await load(`labs/${lab}`);
        await atriaLabs[lab](box, { ...kit, open: (...inside) => box.replaceChildren(...inside, say) }, guess);
      } catch (error) {
        say.textContent = `The lab cannot start: ${error.message}.`;
        go.disabled = false;
        return;
      }
      if (guess) box.prepend(element("p", { class: "lab-guess" }, `${question}${/[?.]$/.test(question) ? "" : " …"} You said: ${guess}. Look for it.`));
      box.querySelector("select, input, canvas[tabindex], button")?.focus();
    });
    box.append(form);
    box.dataset.ready = "1";
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
