// The multi-task Deep U-Net of chapter 5 in plain JavaScript, to be read beside it. No library, no request.
//
// A tensor is {data: Float32Array, channels, height, width}: planes one after another, rows within a plane. Batch
// normalisation is folded into the convolution before it (tools/page_networks.py), so a block is convolution and
// ReLU, twice. `runNetwork` is all that a page calls; it runs in a worker, so that the page never freezes.
"use strict";

function atriaEngine() {
  const tensor = (channels, height, width) =>
    ({ data: new Float32Array(channels * height * width), channels, height, width });

  // 3x3 convolution with a border of zeros, then ReLU. weights: (outputs, inputs, 3, 3), bias: (outputs,).
  function convolve3x3(input, weights, bias) {
    const { channels, height, width } = input, outputs = bias.length;
    const wide = width + 2, area = (height + 2) * wide;
    const padded = new Float32Array(channels * area);
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        padded.set(input.data.subarray((c * height + y) * width, (c * height + y + 1) * width),
          c * area + (y + 1) * wide + 1);
    const result = tensor(outputs, height, width), out = result.data;
    const row = new Float32Array(width);
    for (let o = 0; o < outputs; o++) {
      for (let y = 0; y < height; y++) {
        row.fill(bias[o]);
        for (let c = 0; c < channels; c++) {
          const w = (o * channels + c) * 9, top = c * area + y * wide;
          const w0 = weights[w], w1 = weights[w + 1], w2 = weights[w + 2];
          const w3 = weights[w + 3], w4 = weights[w + 4], w5 = weights[w + 5];
          const w6 = weights[w + 6], w7 = weights[w + 7], w8 = weights[w + 8];
          for (let x = 0, a = top, b = top + wide, d = top + 2 * wide; x < width; x++, a++, b++, d++)
            row[x] += w0 * padded[a] + w1 * padded[a + 1] + w2 * padded[a + 2]
              + w3 * padded[b] + w4 * padded[b + 1] + w5 * padded[b + 2]
              + w6 * padded[d] + w7 * padded[d + 1] + w8 * padded[d + 2];
        }
        const at = (o * height + y) * width;
        for (let x = 0; x < width; x++) out[at + x] = row[x] > 0 ? row[x] : 0;
      }
    }
    return result;
  }

  const block = (input, layers) => layers.reduce((x, { weights, bias }) => convolve3x3(x, weights, bias), input);

  // The largest of each 2x2 pixels.
  function maxPool(input) {
    const { channels, height, width } = input, result = tensor(channels, height >> 1, width >> 1);
    let at = 0;
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y += 2)
        for (let x = 0; x < width; x += 2) {
          const i = (c * height + y) * width + x, d = input.data;
          result.data[at++] = Math.max(d[i], d[i + 1], d[i + width], d[i + width + 1]);
        }
    return result;
  }

  // Twice as high and wide, bilinear, corner pixels staying where they are (the authors' choice).
  function upsample(input) {
    const { channels, height, width } = input, high = 2 * height, wide = 2 * width;
    const result = tensor(channels, high, wide), d = input.data;
    const stepY = height > 1 ? (height - 1) / (high - 1) : 0, stepX = width > 1 ? (width - 1) / (wide - 1) : 0;
    let at = 0;
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < high; y++) {
        const y0 = Math.min(Math.floor(y * stepY), height - 1), y1 = Math.min(y0 + 1, height - 1);
        const fy = y * stepY - y0, upper = (c * height + y0) * width, lower = (c * height + y1) * width;
        for (let x = 0; x < wide; x++) {
          const x0 = Math.min(Math.floor(x * stepX), width - 1), x1 = Math.min(x0 + 1, width - 1), fx = x * stepX - x0;
          result.data[at++] = (1 - fy) * ((1 - fx) * d[upper + x0] + fx * d[upper + x1])
            + fy * ((1 - fx) * d[lower + x0] + fx * d[lower + x1]);
        }
      }
    return result;
  }

  // The skip connection's channels first, then those from below.
  function concatenate(first, second) {
    const result = tensor(first.channels + second.channels, first.height, first.width);
    result.data.set(first.data);
    result.data.set(second.data, first.data.length);
    return result;
  }

  // Spatial pyramid pooling: the maximum in each cell of each grid; cells overlap where they do not divide the map.
  function pyramid(input, grids) {
    const { channels, height, width, data } = input, found = [];
    for (const grid of grids)
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < grid; i++)
          for (let j = 0; j < grid; j++) {
            let most = -Infinity;
            for (let y = Math.floor(i * height / grid); y < Math.ceil((i + 1) * height / grid); y++)
              for (let x = Math.floor(j * width / grid); x < Math.ceil((j + 1) * width / grid); x++)
                most = Math.max(most, data[(c * height + y) * width + x]);
            found.push(most);
          }
    return Float32Array.from(found);
  }

  function linear(input, { weights, bias }) {
    return Float32Array.from(bias, (b, o) => {
      let sum = b;
      for (let i = 0; i < input.length; i++) sum += weights[o * input.length + i] * input[i];
      return sum;
    });
  }

  // What each cell of each grid adds to the logarithm of the odds of "after", as the label head has no bend: a list for
  // each grid, row by row, and the constant that is added to their sum.
  function cellVotes(network, features) {
    const [hidden, last] = network.label, units = hidden.bias.length, pooled = pyramid(features, network.grids);
    const weight = (k) => last.weights[units + k] - last.weights[k];
    let constant = last.bias[1] - last.bias[0], at = 0;
    for (let k = 0; k < units; k++) constant += weight(k) * hidden.bias[k];
    const votes = network.grids.map((grid) => {
      const cells = new Float32Array(grid * grid);
      for (let c = 0; c < features.channels; c++)
        for (let cell = 0; cell < grid * grid; cell++, at++)
          for (let k = 0; k < units; k++) cells[cell] += weight(k) * hidden.weights[k * pooled.length + at] * pooled[at];
      return cells;
    });
    return { votes, constant };
  }

  const second = (a, b) => 1 / (1 + Math.exp(a - b));  // softmax of two numbers: the second's share

  // images: a tensor of `inputs` z-scored channels, height and width multiples of 2 ** poolings.
  // Returns: atrium, the probability of each pixel; post, that of "after ablation", or null; maps, each level's.
  function runNetwork(network, images) {
    const stages = [];
    for (const layers of network.encoder)
      stages.push(block(stages.length ? maxPool(stages.at(-1)) : images, layers));
    let features = stages.at(-1);
    const maps = [...stages];
    network.decoder.forEach((layers, k) => {
      features = block(concatenate(stages[stages.length - 2 - k], upsample(features)), layers);
      maps.push(features);
    });
    const area = images.height * images.width, atrium = new Float32Array(area), { weights, bias } = network.mask;
    for (let i = 0; i < area; i++) {
      let background = bias[0], inside = bias[1];
      for (let c = 0; c < features.channels; c++) {
        background += weights[c] * features.data[c * area + i];
        inside += weights[features.channels + c] * features.data[c * area + i];
      }
      atrium[i] = second(background, inside);
    }
    let post = null;
    if (network.label) {
      const [hidden, last] = network.label;
      const [a, b] = linear(linear(pyramid(stages[network.labelStage], network.grids), hidden), last);
      post = second(a, b);
    }
    return { atrium, post, maps };
  }

  // What the network is shown of a slice, as the library does it (inference/predict.py, network_input) -------------

  // Mean 0 and standard deviation 1 of each channel; a constant channel becomes zeros.
  function zScore(images) {
    const area = images.height * images.width, result = tensor(images.channels, images.height, images.width);
    for (let c = 0; c < images.channels; c++) {
      const plane = images.data.subarray(c * area, (c + 1) * area);
      const mean = plane.reduce((sum, v) => sum + v, 0) / area;
      const variance = plane.reduce((sum, v) => sum + (v - mean) ** 2, 0) / area;
      const sd = Math.sqrt(Math.max(variance, 1e-8));
      for (let i = 0; i < area; i++) result.data[c * area + i] = (plane[i] - mean) / sd;
    }
    return result;
  }

  // -1 -> 1, size -> size - 2: the edge pixel is not repeated.
  function mirror(position, size) {
    const last = size - 1, period = Math.max(2 * last, 1);
    return Math.max(last - Math.abs(((position % period) + period) % period - last), 0);
  }

  // Evenly on all sides up to a multiple; `cut` takes an answer's border off again.
  function mirrorPad(images, multiple) {
    const { channels, height, width } = images;
    const down = (multiple - height % multiple) % multiple, across = (multiple - width % multiple) % multiple;
    const top = down >> 1, left = across >> 1, result = tensor(channels, height + down, width + across);
    let at = 0;
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < result.height; y++)
        for (let x = 0; x < result.width; x++)
          result.data[at++] = images.data[(c * height + mirror(y - top, height)) * width + mirror(x - left, width)];
    const cut = (plane) => {
      const inner = new Float32Array(height * width);
      for (let y = 0; y < height; y++)
        inner.set(plane.subarray((y + top) * result.width + left, (y + top) * result.width + left + width), y * width);
      return inner;
    };
    return { padded: result, cut };
  }

  // Grey levels 0..1 to the power 1 / gamma: above 1 brightens (augment/gamma.py).
  const gammaOf = (images, gamma) => ({ ...images, data: images.data.map((v) => Math.max(v, 0) ** (1 / gamma)) });

  // Slices of grey levels 0..1 -> {atrium (height * width), post, maps}; `scored`: they are z-scored already.
  function predictSlice(network, images, scored = false) {
    const { padded, cut } = mirrorPad(scored ? images : zScore(images), 2 ** network.decoder.length);
    const { atrium, post, maps } = runNetwork(network, padded);
    return { atrium: cut(atrium), post, maps };
  }

  const dice = (a, b) => {
    let both = 0, sum = 0;
    for (let i = 0; i < a.length; i++) { both += a[i] && b[i] ? 1 : 0; sum += (a[i] ? 1 : 0) + (b[i] ? 1 : 0); }
    return sum ? 2 * both / sum : NaN;  // two empty masks have none
  };

  // Weights of 8 bits (16 in layers of few) with a scale for each output channel, as text -> a network.
  // tools/page_networks.py packs them.
  function unpack({ config, text }) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), view = new DataView(bytes.buffer);
    let at = 0;
    const floats = (n) => Float32Array.from({ length: n }, () => { at += 4; return view.getFloat32(at - 4, true); });
    const layer = (outputs, inputs) => {
      const scales = floats(outputs), bias = floats(outputs), weights = new Float32Array(outputs * inputs);
      const few = weights.length <= 4000;
      for (let i = 0; i < weights.length; i++, at += few ? 2 : 1)
        weights[i] = (few ? view.getInt16(at, true) : view.getInt8(at)) * scales[Math.floor(i / inputs)];
      return { weights, bias };
    };
    const convolutions = (inputs, outputs) => [layer(outputs, 9 * inputs), layer(outputs, 9 * outputs)];
    const encoder = config.encoder.map((width, k) => convolutions(k ? config.encoder[k - 1] : config.inputs, width));
    const decoder = config.decoder.map((width, k) => {
      const below = k ? config.decoder[k - 1] : config.encoder.at(-1);
      return convolutions(config.encoder[config.encoder.length - 2 - k] + below, width);
    });
    const network = { encoder, decoder, mask: layer(2, config.decoder.at(-1)), grids: config.grids,
      labelStage: config.label_stage, label: null };
    if (config.label_head) {
      const bins = config.grids.reduce((sum, grid) => sum + grid * grid, 0) * config.encoder[config.label_stage];
      network.label = [layer(config.hidden, bins), layer(2, config.hidden)];
    }
    return network;
  }

  return { tensor, convolve3x3, maxPool, upsample, concatenate, pyramid, cellVotes, runNetwork, zScore, mirror, mirrorPad, gammaOf,
    predictSlice, dice, unpack };
}

if (typeof module !== "undefined") module.exports = atriaEngine;
