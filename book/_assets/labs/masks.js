// The metrics of chapter 9 and the cleaning of chapter 8 in plain JavaScript, to be read beside them.
//
// A mask is {data: Uint8Array of 0 and 1, shape: [depth, height, width]}: slices one after another, rows within a
// slice. A spacing is [z, y, x] in mm. As evaluation/overlap.py, evaluation/distances.py and
// inference/postprocess.py of the library; tests/book/test_labs_measuring.py holds both side by side.
"use strict";

function atriaMasks() {
  const count = (mask) => mask.data.reduce((sum, v) => sum + v, 0);

  // Step in `data`, size and place of each axis at a voxel: what every walk over neighbours needs.
  const axesOf = ([depth, height, width]) => [[height * width, depth], [width, height], [1, width]];
  const place = (at, step, size) => Math.floor(at / step) % size;

  // The surface: voxels with a face neighbour outside the mask; outside the volume is outside the mask.
  function border({ data, shape }) {
    const found = [], axes = axesOf(shape);
    for (let at = 0; at < data.length; at++)
      if (data[at] && axes.some(([step, size]) => {
        const along = place(at, step, size);
        return along === 0 || along === size - 1 || !data[at - step] || !data[at + step];
      })) found.push(at);
    return found;
  }

  // Square of the distance of every voxel to the nearest of `points`, exactly: line by line along each axis in turn,
  // the places nearby first, and no farther than could still be nearest. Beyond `reach` it may stay infinite.
  function squaredDistances(points, shape, spacing, reach = Infinity) {
    const least = new Float64Array(shape[0] * shape[1] * shape[2]).fill(Infinity);
    for (const at of points) least[at] = 0;
    axesOf(shape).forEach(([step, size], axis) => {
      const line = new Float64Array(size), far = line.map((_, k) => (k * spacing[axis]) ** 2);
      for (let l = 0; l < least.length / size; l++) {
        const first = Math.floor(l / step) * step * size + l % step;
        let reached = false;
        for (let k = 0; k < size; k++) {
          line[k] = least[first + k * step];
          reached ||= line[k] < Infinity;
        }
        if (!reached) continue;
        for (let along = 0; along < size; along++) {
          let best = line[along];
          for (let k = 1; k < size && far[k] < best && far[k] <= reach; k++) {
            if (along >= k && line[along - k] + far[k] < best) best = line[along - k] + far[k];
            if (along + k < size && line[along + k] + far[k] < best) best = line[along + k] + far[k];
          }
          least[first + along * step] = best;
        }
      }
    });
    return least;
  }

  // From every border voxel of each mask to the nearest of the other: [truth to guess, guess to truth] in mm.
  function surfaceDistances(truth, guess, spacing) {
    const sides = [border(truth), border(guess)];
    return sides.map((points, k) => {
      const squares = squaredDistances(sides[1 - k], truth.shape, spacing);
      return points.map((at) => Math.sqrt(squares[at]));
    });
  }

  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

  // Linear between the two nearest ranks, as NumPy's.
  function percentile(values, percent) {
    const sorted = Float64Array.from(values).sort(), rank = (sorted.length - 1) * percent / 100;
    const low = Math.floor(rank), high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (sorted[high] - sorted[low]) * (rank - low);
  }

  // Every number of the chapter. Two empty masks: no Dice, no distance (NaN). One: Dice 0, distances infinite.
  function score(truth, guess, spacing) {
    const voxel = spacing[0] * spacing[1] * spacing[2] / 1000, a = count(truth), b = count(guess);
    let shared = 0;
    for (let at = 0; at < truth.data.length; at++) shared += truth.data[at] & guess.data[at];
    const [there, back] = surfaceDistances(truth, guess, spacing);
    const both = [...there, ...back], none = a && b ? null : a || b ? Infinity : NaN;
    return {
      dice: 2 * shared / (a + b),
      jaccard: shared / (a + b - shared),
      hd_mm: none ?? both.reduce((most, v) => Math.max(most, v), 0),
      hd95_mm: none ?? percentile(both, 95),
      assd_mm: none ?? (mean(there) + mean(back)) / 2,
      truth_ml: a * voxel,
      guess_ml: b * voxel,
      volume_difference_ml: (b - a) * voxel,
    };
  }

  // ITK's ball: a voxel belongs if its squared distance from the centre is at most radius ** 2 + radius.
  function ball(radius) {
    const found = [], reach = Array.from({ length: 2 * radius + 1 }, (_, k) => k - radius);
    for (const z of reach)
      for (const y of reach)
        for (const x of reach)
          if (z * z + y * y + x * x <= radius ** 2 + radius) found.push([z, y, x]);
    return found;
  }

  // A ball laid on every voxel: what lies within its reach of one. Beyond the volume lies nothing to be laid.
  function dilate({ data, shape }, radius) {
    const points = [], reach = radius ** 2 + radius;
    data.forEach((v, at) => { if (v) points.push(at); });
    return { shape, data: Uint8Array.from(squaredDistances(points, shape, [1, 1, 1], reach), (v) => (v <= reach ? 1 : 0)) };
  }

  const opposite = (mask) => ({ ...mask, data: mask.data.map((v) => 1 - v) });

  // Dilate, then erode, which is to dilate the background; so the border of the volume is not eaten away.
  const close = (mask, radius) => (radius ? opposite(dilate(opposite(dilate(mask, radius)), radius)) : mask);

  // The piece with the most voxels, joined by faces; of equal ones the first. `pieces`: how many there were.
  function largestPiece(mask) {
    const { data, shape } = mask, axes = axesOf(shape), seen = new Uint8Array(data.length);
    let largest = [], pieces = 0;
    for (let start = 0; start < data.length; start++) {
      if (!data[start] || seen[start]) continue;
      const piece = [start];
      seen[start] = 1;
      for (let k = 0; k < piece.length; k++)
        for (const [step, size] of axes) {
          const along = place(piece[k], step, size);
          for (const next of [along > 0 ? piece[k] - step : -1, along < size - 1 ? piece[k] + step : -1])
            if (next >= 0 && data[next] && !seen[next]) { seen[next] = 1; piece.push(next); }
        }
      pieces++;
      if (piece.length > largest.length) largest = piece;
    }
    const kept = new Uint8Array(data.length);
    for (const at of largest) kept[at] = 1;
    return { mask: { ...mask, data: kept }, pieces };
  }

  return { border, score, ball, dilate, close, largestPiece };
}
