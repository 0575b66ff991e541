// What the labs on cleaning and measuring share: a small volume, its slices, and a mask in 3D.
//
// Volumes are (z, y, x), z towards the head; tools/page_volumes.py writes them.
"use strict";
function atriaVolumes(kit) {
  const inflated = async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  // { shape, spacing_mm, grey 0..255, atrium 0..255, truth: a mask }
  const open = async (name) => {
    await kit.load(`networks/volume-${name}`);
    const { shape, spacing_mm, ...texts } = self.atriaVolumes[name];
    const [grey, atrium, truth] = await Promise.all(["grey", "atrium", "truth"].map((key) => inflated(texts[key])));
    return { shape, spacing_mm, grey, atrium, truth: { data: truth, shape } };
  };

  // Slice `k` along an axis (0: seen from the feet, 1: from the front, 2: from the side), the head above.
  const PLANES = ["axial", "coronal", "sagittal"];
  const plane = (data, [depth, height, width], axis, k) => {
    const [rows, columns] = [[height, width], [depth, width], [depth, height]][axis], values = new Float32Array(rows * columns);
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        const z = axis ? depth - 1 - r : k, y = axis === 0 ? r : axis === 1 ? k : c, x = axis === 2 ? k : c;
        values[r * columns + c] = data[(z * height + y) * width + x];
      }
    return { data: values, height: rows, width: columns };
  };
  const grey = (volume, axis, k) => {  // brightened, so that the dark blood of site B is seen
    const image = plane(volume.grey, volume.shape, axis, k);
    return { ...image, data: image.data.map((v) => Math.min(v / 160, 1)) };
  };

  // A mask's surface, and what it misses of the truth, turned about the body's axis and lit from in front. Blue: right;
  // red: more than a voxel beside the truth; yellow: missed by more than a voxel. The nearest voxel is seen.
  const LOOK = { wide: 280, high: 190, tilt: 0.35, colours: [[126, 190, 232], [235, 110, 50], [240, 215, 90]] };
  const solid = (canvas, masks, truth, mask, degrees) => {
    const [depth, height, width] = truth.shape, { wide, high, tilt, colours } = LOOK, area = wide * high;
    const [aroundTruth, aroundMask] = [truth, mask].map((one) => masks.dilate(one, 1).data);
    const seen = { shape: truth.shape, data: mask.data.map((v, at) => v | (truth.data[at] & ~aroundMask[at])) };
    const turn = degrees * Math.PI / 180, [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const zoom = wide / Math.hypot(height, width), dot = Math.ceil(zoom) + 1;
    const near = new Float32Array(area).fill(-Infinity), kind = new Uint8Array(area);
    for (const at of masks.border(seen)) {
      const z = depth / 2 - Math.floor(at / (height * width)), y = Math.floor(at / width) % height - height / 2;
      const x = at % width - width / 2, across = cos * x + sin * y, away = cos * y - sin * x;
      const left = Math.round(wide / 2 + zoom * across - dot / 2);
      const top = Math.round(high / 2 + zoom * (z * Math.cos(tilt) - away * Math.sin(tilt)) - dot / 2);
      const front = -away * Math.cos(tilt) - z * Math.sin(tilt);
      for (let r = Math.max(top, 0); r < Math.min(top + dot, high); r++)
        for (let c = Math.max(left, 0); c < Math.min(left + dot, wide); c++)
          if (front > near[r * wide + c]) {
            near[r * wide + c] = front;
            kind[r * wide + c] = mask.data[at] ? (aroundTruth[at] ? 0 : 1) : 2;
          }
    }
    const shown = new ImageData(wide, high);
    for (let at = 0; at < area; at++) {
      if (near[at] === -Infinity) { shown.data.set([18, 18, 22, 255], 4 * at); continue; }
      const slope = (step) => {  // of the surface, over a few pixels; none across an edge in depth
        const rise = near[at + step] - near[at - step];
        return Math.abs(rise) < 8 ? rise / 4 : 0;
      };
      const [across, down] = [slope(2), slope(2 * wide)];
      const light = 0.3 + 0.7 * Math.max((0.85 - 0.35 * across - 0.4 * down) / Math.hypot(across, down, 1), 0);
      shown.data.set([...colours[kind[at]].map((v) => v * light), 255], 4 * at);
    }
    [canvas.width, canvas.height] = [wide, high];
    canvas.getContext("2d").putImageData(shown, 0, 0);
  };

  return { inflated, open, PLANES, plane, grey, solid };
}
