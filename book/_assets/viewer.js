// The 3D views (atriacourse.pages.widgets.viewer): each opens on a click; niivue is loaded once, when it is wanted.
"use strict";
(() => {
  const vendor = new URL("vendor/niivue.js", document.currentScript.src).href;
  let loading = null;

  const load = () => (loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = vendor;
    script.onload = () => resolve(window.niivue);
    script.onerror = () => { loading = null; reject(new Error("the viewer's script did not load")); };
    document.head.append(script);
  }));

  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const element = (name, attributes = {}, text = "") => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  };
  const rgb = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

  const canvas = (stage, kind, text) => {
    const frame = element("div", { class: `course-canvas course-${kind}` });
    const made = element("canvas", { role: "img", tabindex: "0", "aria-label": text });
    frame.append(made);
    stage.append(frame);
    return made;
  };

  // The scan, and over it the border of each mask.
  const addVolumes = async (nv, data, niivue) => {
    await nv.addVolume(await niivue.NVImage.loadFromBase64({
      base64: data.volume, name: "scan.nii.gz", colormap: "gray", cal_min: 0, cal_max: 255 }));
    for (const mask of data.masks) {
      const [red, green, blue] = rgb(mask.line);
      nv.addColormap(mask.line, { R: [0, red], G: [0, green], B: [0, blue], A: [0, 255], I: [0, 255] });
      await nv.addVolume(await niivue.NVImage.loadFromBase64({
        base64: mask.border, name: "border.nii.gz", colormap: mask.line, cal_min: 0, cal_max: 1, opacity: 1 }));
    }
  };

  // The first surface is solid; one sees it through the others.
  const addSurfaces = async (nv, data, niivue) => {
    for (const [place, mask] of data.masks.entries()) {
      nv.addMesh(await niivue.NVMesh.readMesh(
        bytes(mask.surface), "surface.mz3", nv.gl, place ? 0.6 : 1, new Uint8Array([...rgb(mask.color), 255])));
    }
  };

  const range = (name, unit, limits, value, show) => {
    const label = element("label"), input = element("input", { type: "range", ...limits });
    const say = () => input.setAttribute("aria-valuetext", `${input.value} ${unit}`);
    input.value = value;
    input.addEventListener("input", () => { say(); show(Number(input.value)); });
    say();
    label.append(element("span", {}, name), input);
    return label;
  };

  const controls = (flat, solid, data) => {
    const box = element("div", { class: "course-controls" });
    const move = (axis) => (value) => { flat.scene.crosshairPos[axis] = value / 100; flat.drawScene(); };
    const percent = { min: 0, max: 100, step: 1 };
    box.append(range("Axial: feet to head", "per cent", percent, 50, move(2)), range("Coronal: back to front", "per cent", percent, 50, move(1)),
      range("Sagittal: left to right", "per cent", percent, 50, move(0)));
    const turn = () => solid.setRenderAzimuthElevation(angles.azimuth, angles.elevation);
    const angles = { azimuth: 180, elevation: 10 };
    box.append(range("Turn", "degrees", { min: 0, max: 360, step: 5 }, 180, (value) => { angles.azimuth = value; turn(); }),
      range("Tilt", "degrees", { min: -90, max: 90, step: 5 }, 10, (value) => { angles.elevation = value; turn(); }));
    turn();
    data.masks.forEach((mask, place) => {
      const label = element("label"), input = element("input", { type: "checkbox" });
      input.checked = true;
      input.addEventListener("input", () => {
        flat.setOpacity(place + 1, input.checked ? 1 : 0);
        solid.meshes[place].visible = input.checked;
        solid.drawScene();
      });
      const swatch = element("span", { class: "course-swatch", style: `background:${mask.color}` });
      label.append(input, swatch, element("span", {}, mask.name));
      box.append(label);
    });
    return box;
  };

  // A bar of so many mm on the surfaces; the projection is parallel, so it holds for all of the picture.
  const addScale = (solid) => {
    const bar = element("div", { class: "course-scale" }), draw = solid.drawScene.bind(solid);
    const measure = () => {
      const { width, height, clientWidth } = solid.gl.canvas, { renderAzimuth, renderElevation } = solid.scene;
      const [m] = solid.calculateMvpMatrix(null, [0, 0, width, height], renderAzimuth, renderElevation);
      const pixels = Math.hypot(m[0], m[4], m[8]) * clientWidth / 2;  // of one mm
      const length = [100, 50, 20, 10].find((mm) => mm * pixels < clientWidth / 2) ?? 5;
      bar.textContent = `${length} mm`;
      bar.style.width = `${length * pixels}px`;
    };
    solid.drawScene = (...given) => { const drawn = draw(...given); measure(); return drawn; };
    solid.gl.canvas.after(bar);
    solid.drawScene();
  };

  const open = async (figure, say) => {
    if (!document.createElement("canvas").getContext("webgl2")) {
      throw new Error("this browser draws no 3D (WebGL 2 is off)");
    }
    const data = JSON.parse(figure.dataset.viewer), niivue = await load();
    const stage = element("div", { class: "course-stage" }), still = figure.querySelector(".course-still");
    still.after(stage);
    still.hidden = true;
    const shared = { dragAndDropEnabled: false, scrollRequiresFocus: true, logLevel: "error", loadingText: "" };
    const flat = new niivue.Niivue({ ...shared, sliceType: niivue.SLICE_TYPE.MULTIPLANAR, isSliceMM: true,
      multiplanarShowRender: niivue.SHOW_RENDER.NEVER, isRadiologicalConvention: true, sagittalNoseLeft: true,
      multiplanarLayout: niivue.MULTIPLANAR_TYPE.GRID, crosshairColor: [1, 1, 1, 0.6], crosshairWidth: 0.5,
      crosshairWidthUnit: "mm", fontColor: [1, 1, 1, 1] });
    const solid = new niivue.Niivue({ ...shared, sliceType: niivue.SLICE_TYPE.RENDER, backColor: [1, 1, 1, 1],
      isOrientCube: true, fontColor: [0, 0, 0, 1] });
    await flat.attachToCanvas(canvas(stage, "planes", `${data.alt} Three planes through the scan.`));
    await solid.attachToCanvas(canvas(stage, "solid", `${data.alt} The surfaces in 3D.`));
    await addVolumes(flat, data, niivue);
    await addSurfaces(solid, data, niivue);
    solid.volScaleMultiplier = 0.85;
    stage.append(controls(flat, solid, data));
    addScale(solid);
    say("Drag to turn the surface or to move the planes, or use the sliders.");
    figure.dataset.ready = "yes";
    return () => {
      for (const nv of [flat, solid]) { nv.gl.getExtension("WEBGL_lose_context")?.loseContext(); }
      stage.remove();
      still.hidden = false;
      delete figure.dataset.ready;
      say("");
    };
  };

  for (const figure of document.querySelectorAll(".course-viewer")) {
    const button = figure.querySelector("button"), status = figure.querySelector("[role=status]");
    const first = button.textContent, say = (text) => { status.textContent = text; };
    let close = null;
    button.addEventListener("click", async () => {
      if (close) {
        close();
        close = null;
        button.textContent = first;
        return;
      }
      button.disabled = true;
      say("Loading ...");
      try {
        close = await open(figure, say);
        button.textContent = "Back to the picture";
      } catch (error) {
        figure.querySelector(".course-stage")?.remove();
        figure.querySelector(".course-still").hidden = false;
        say(`No 3D view: ${error.message}. The picture above stays.`);
      }
      button.disabled = false;
    });
    button.parentElement.hidden = false;
  }
})();
