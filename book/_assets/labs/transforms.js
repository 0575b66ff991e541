// Turn, shift, zoom, flip, crop and pad in one resampling: augment/geometry.py in plain JavaScript, to be read beside it.
//
// A tensor is as in network.js. `drawn` is {angle (radians, positive turns x towards y), zoom, shift, flip: [y, x]},
// shifts as part of the slice's own height and width. tests/book/test_labs.py holds both side by side.
"use strict";

function atriaTransforms() {
  const { tensor, mirror } = atriaEngine();

  // Where in its slice each pixel of the crop comes from, possibly outside: (y, x) -> [y, x].
  function source({ height, width }, { angle, zoom, shift, flip }, crop) {
    const sizes = [height, width], cosine = Math.cos(angle), sine = Math.sin(angle);
    const scale = [0, 1].map((k) => (flip[k] ? -1 : 1) / zoom[k]);
    // a centre crop falls on whole pixels: the half pixel of an odd difference is rounded away
    const away = [0, 1].map((k) => (((sizes[k] - crop[k]) % 2 + 2) % 2) / 2 - shift[k] * sizes[k] - (crop[k] - 1) / 2);
    return (row, column) => {
      const y = row + away[0], x = column + away[1];
      return [(height - 1) / 2 + scale[0] * (cosine * y - sine * x), (width - 1) / 2 + scale[1] * (cosine * x + sine * y)];
    };
  }

  // Every channel, bilinearly. padding: "mirror" (the paper), "zero" or "edge" beyond the slice.
  function resample(images, drawn, crop, padding = "mirror") {
    const { channels, height, width, data } = images, from = source(images, drawn, crop);
    const result = tensor(channels, ...crop), area = crop[0] * crop[1], clamp = (v, n) => Math.min(Math.max(v, 0), n - 1);
    const folded = (v, n) => (padding === "mirror" ? mirror(v, n) : clamp(v, n));
    for (let row = 0; row < crop[0]; row++)
      for (let column = 0; column < crop[1]; column++) {
        const [fromY, fromX] = from(row, column);
        const beyond = fromY < -0.5 || fromX < -0.5 || fromY > height - 0.5 || fromX > width - 0.5;
        if (beyond && padding === "zero") continue;
        const y = folded(fromY, height), x = folded(fromX, width), y0 = Math.floor(y), x0 = Math.floor(x);
        const y1 = Math.min(y0 + 1, height - 1), x1 = Math.min(x0 + 1, width - 1), fy = y - y0, fx = x - x0;
        for (let c = 0; c < channels; c++) {
          const at = (v, u) => data[(c * height + v) * width + u];
          result.data[c * area + row * crop[1] + column] = (1 - fy) * ((1 - fx) * at(y0, x0) + fx * at(y0, x1))
            + fy * ((1 - fx) * at(y1, x0) + fx * at(y1, x1));
        }
      }
    return result;
  }

  return { source, resample };
}
