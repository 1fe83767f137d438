// One slider over the values of a hyperparameter: paths on a map, loss curves, and a strip of the final values over
// the slider, all drawn on canvas from numbers that came at once. Nothing is sent while it moves; a value is sent
// when it is let go.

const PLAY_MS = 8000;
const SETTLED_MS = 250;
const NARROW = 560;
const MOST = 5; // ends that are told in words
const THUMB = 18;
const LINE = 17;
const TITLE = 24;
const SHARE = 0.6; // of the height, for the map and the title of the curves where they lie one above the other
const BELOW = 150; // pixels for strip, slider and play button
const NONE = 65535;
const KINDS = { uint16: Uint16Array, float32: Float32Array, float64: Float64Array, int32: Int32Array };

// --- Data -------------------------------------------------------------------------------------------------------

const decoded = (bytes) => {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const arrays = {};
  for (const [name, { kind, shape, begin }] of Object.entries(header.arrays)) {
    const size = shape.reduce((all, each) => all * each, 1) * KINDS[kind].BYTES_PER_ELEMENT;
    arrays[name] = new KINDS[kind](bytes.slice(4 + length + begin, 4 + length + begin + size).buffer);
    arrays[name].shape = shape;
  }
  return { ...header, arrays };
};

const unquantized = (number, [low, high]) => (number === NONE ? NaN : low + ((high - low) * number) / (NONE - 1));

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const mark = (value) => {
  const power = Math.round(Math.log10(Math.abs(value)));
  const exact = Math.abs(Math.abs(value) / 10 ** power - 1) < 1e-9;
  if (value === 0 || !exact || Math.abs(power) < 4) return String(Number(value.toPrecision(6))).replace("-", "−");
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[digit]).join("");
  return `10${power < 0 ? "⁻" : ""}${digits}`;
};
// As on the rest of the page: whole numbers up to a million with commas, 1e−05 below 0.0001.
const short = (value, digits = 2) => {
  const size = Math.abs(value);
  if (size >= 10 ** digits && size < 1e6) return Math.round(value).toLocaleString("en").replace("-", "−");
  const plain = size === 0 || (size >= 1e-4 && size < 10 ** digits);
  if (plain) return String(Number(value.toPrecision(digits))).replace("-", "−");
  const [number, power] = value.toExponential(digits - 1).split("e");
  const sign = power.startsWith("-") ? "−" : "+";
  return `${Number(number)}e${sign}${power.slice(1).padStart(2, "0")}`.replace("-", "−");
};

// --- What the picture says in words ------------------------------------------------------------------------------

// The runs at a value by their ends: finished from the lowest, failed above the limit, diverged.
const ranked = (view, index) => {
  const { names, values, arrays, limit } = view;
  const ends = names.map((name, run) => ({ name, run, final: arrays.final[run * values.length + index] }));
  const sorted = ends.filter(({ final }) => !Number.isNaN(final)).sort((one, other) => one.final - other.final);
  const far = ({ final }) => limit !== null && final > limit;
  return {
    finished: sorted.filter((end) => !far(end)),
    failed: sorted.filter(far),
    diverged: ends.filter(({ final }) => Number.isNaN(final)),
  };
};

const listed = (words) => [words.slice(0, -1).join(", "), words.at(-1)].filter(Boolean).join(" and ");

const ending = (view, final) => (view.rounding !== null && final <= view.rounding ? "0 (rounding)" : short(final));

const sentence = (view, index) => {
  const { finished, failed, diverged } = ranked(view, index);
  const named = (runs) => listed(runs.map(({ name }) => name));
  const told = finished.length > MOST ? finished.slice(0, MOST - 1) : finished;
  const ends = told.map(({ name, final }) => `${name} ${ending(view, final)}`);
  if (told.length < finished.length) ends.push(`${finished.length - told.length} others`);
  const parts = [
    finished.length && `final ${view.what}: ${ends.join(", ")}.`,
    failed.length && `${named(failed)} failed.`,
    diverged.length && `${named(diverged)} diverged.`,
  ];
  return `${view.parameter} ${short(view.values[index], 4)}: ${parts.filter(Boolean).join(" ")}`;
};

// --- Drawing ----------------------------------------------------------------------------------------------------

const sized = (canvas, width, height) => {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
};

const layout = (view, width, above, measure) => {
  const narrow = width < NARROW;
  const filled = view.fill ? innerHeight - above - BELOW : 0;
  const names = view.names.length * LINE + 22;
  const height = Math.max(view.height, filled, narrow ? names / (1 - SHARE) : names + TITLE);
  const longest = Math.max(...view.names.map((name) => measure(`${name} ✕`)));
  const room = Math.min(longest, narrow ? 110 : 190) + 16;
  if (!view.map) return { width, height, map: null, curves: box(44, TITLE, width - room, height - 22) };
  const widest = narrow ? width : Math.min(width * 0.55, width - 420);
  const highest = narrow ? height * SHARE - TITLE - 8 : height;
  const [spanX, spanY] = [view.map.x, view.map.y].map(([low, high]) => high - low);
  const unit = Math.min(widest / spanX, highest / spanY);
  const map = view.map.equal ? box(0, 0, spanX * unit, spanY * unit) : box(0, 0, widest, highest);
  const left = narrow ? 44 : map.right + 60;
  const top = narrow ? map.bottom + TITLE + 8 : TITLE;
  return { width, height, map, curves: box(left, top, width - room, height - 22) };
};
const box = (left, top, right, bottom) => ({ left, top, right, bottom });

const clipped = (context, { left, top, right, bottom }, draw) => {
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  draw();
  context.restore();
};

const line = (context, count, x, y) => {
  context.beginPath();
  let drawing = false;
  for (let k = 0; k < count; k += 1) {
    const [px, py] = [x(k), y(k)];
    if (Number.isNaN(px) || Number.isNaN(py)) drawing = false;
    else if (drawing) context.lineTo(px, py);
    else context.moveTo(px, py);
    drawing = !Number.isNaN(px) && !Number.isNaN(py);
  }
};

const dot = (context, x, y, fill, edge, radius = 6) => {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = edge;
  context.lineWidth = 1.5;
  context.stroke();
};

// Functions from the units of the data to pixels.
const scales = (view, places) => {
  const { curves, map } = places;
  const [low, high] = view.y.domain;
  const rise = (value) => curves.bottom - ((value - low) / (high - low)) * (curves.bottom - curves.top);
  return {
    epoch: (epoch) => curves.left + (epoch / view.epochs) * (curves.right - curves.left),
    level: (value) => rise(view.y.log ? Math.log10(Math.max(value, 1e-300)) : value),
    rise,
    ...(map && {
      x: (x) => map.left + ((x - view.map.x[0]) / (view.map.x[1] - view.map.x[0])) * (map.right - map.left),
      y: (y) => map.bottom - ((y - view.map.y[0]) / (view.map.y[1] - view.map.y[0])) * (map.bottom - map.top),
    }),
  };
};

const STAR = new Path2D(
  "M0,-1L.29,-.4L.95,-.31L.48,.15L.59,.81L0,.5L-.59,.81L-.48,.15L-.95,-.31L-.29,-.4Z",
);

const drawMap = (context, view, { map }, scale) => {
  const { lines, breaks } = view.arrays;
  clipped(context, map, () => {
    context.drawImage(view.picture, map.left, map.top, map.right - map.left, map.bottom - map.top);
    context.strokeStyle = "rgba(255, 255, 255, 0.75)";
    context.lineWidth = 0.8;
    for (let k = 0; k + 1 < breaks.length; k += 1) {
      const first = breaks[k];
      const [x, y] = [(j) => scale.x(lines[2 * (first + j)]), (j) => scale.y(lines[2 * (first + j) + 1])];
      line(context, breaks[k + 1] - first, x, y);
      context.stroke();
    }
    for (const [x, y] of view.map.minima) {
      context.save();
      context.translate(scale.x(x), scale.y(y));
      context.scale(8, 8);
      context.fillStyle = "white";
      context.fill(STAR);
      context.lineWidth = 1 / 8;
      context.strokeStyle = "black";
      context.stroke(STAR);
      context.restore();
    }
  });
  context.fillStyle = "#31333f";
  context.textAlign = "left";
  context.fillText(`↑ ${view.map.names[1]}`, map.left + 8, map.top + 18);
  context.textAlign = "right";
  context.fillText(`${view.map.names[0]} →`, map.right - 8, map.bottom - 10);
};

const drawAxes = (context, view, { curves }, scale, ink) => {
  context.fillStyle = ink;
  context.textAlign = "left";
  context.fillText(view.y.title, curves.left - 40, curves.top - 10);
  context.globalAlpha = 0.75;
  context.textAlign = "right";
  context.lineWidth = 1;
  let above = Infinity;
  for (const value of view.y.ticks) {
    const y = scale.level(value);
    context.strokeStyle = ink;
    context.globalAlpha = 0.12;
    context.beginPath();
    context.moveTo(curves.left, y);
    context.lineTo(curves.right, y);
    context.stroke();
    context.globalAlpha = 0.75;
    if (above - y < 14) continue;
    above = y;
    context.fillText(mark(value), curves.left - 6, y + 4);
  }
  context.textAlign = "center";
  for (const epoch of new Set([0, Math.floor(view.epochs / 2), view.epochs])) {
    const last = epoch === view.epochs;
    const unit = last ? ` epoch${epoch === 1 ? "" : "s"}` : "";
    context.textAlign = last ? "right" : "center";
    context.fillText(`${epoch.toLocaleString("en")}${unit}`, scale.epoch(epoch), curves.bottom + 17);
  }
  context.globalAlpha = 1;
  const target = view.target === null ? NaN : scale.level(view.target);
  if (curves.top < target && target < curves.bottom) {
    const y = target;
    context.strokeStyle = ink;
    context.setLineDash([6, 4]);
    context.globalAlpha = 0.5;
    context.beginPath();
    context.moveTo(curves.left, y);
    context.lineTo(curves.right, y);
    context.stroke();
    context.setLineDash([]);
    context.textAlign = "left";
    context.fillText("target", curves.left + 4, y - 5);
    context.globalAlpha = 1;
  }
};

// Places of curves and paths at one value, in pixels.
const curveOf = (view, scale, run, index) => {
  const { curves, epochs } = view.arrays;
  const [, values, points] = curves.shape;
  const first = (run * values + index) * points;
  return {
    count: points,
    x: (k) => scale.epoch(epochs[k]),
    y: (k) => scale.rise(unquantized(curves[first + k], view.y.stored)),
  };
};

const pathOf = (view, scale, run, index) => {
  const { paths } = view.arrays;
  const [, values, count] = paths.shape;
  const first = (run * values + index) * count * 2;
  return {
    count,
    x: (k) => scale.x(unquantized(paths[first + 2 * k], view.map.storedX)),
    y: (k) => scale.y(unquantized(paths[first + 2 * k + 1], view.map.storedY)),
  };
};

const drawStart = (context, x, y) => {
  dot(context, x, y, "white", "black", 5);
  context.textAlign = "center";
  context.strokeStyle = "white";
  context.lineWidth = 3;
  context.strokeText("start", x, y - 11);
  context.fillStyle = "#31333f";
  context.fillText("start", x, y - 11);
};

const drawPaths = (context, view, { map }, scale, index, page) => {
  clipped(context, map, () => {
    const paths = view.names.map((_, run) => pathOf(view, scale, run, index));
    context.lineJoin = "round";
    paths.forEach(({ count, x, y }, run) => {
      line(context, count, x, y);
      for (const [color, width] of [["white", 4], [view.colors[run], 2.4]]) {
        context.strokeStyle = color;
        context.lineWidth = width;
        context.stroke();
      }
    });
    if (paths.length) drawStart(context, paths[0].x(0), paths[0].y(0));
    paths.forEach(({ count, x, y }, run) => {
      const last = count - 1;
      if (!Number.isNaN(x(last))) dot(context, x(last), y(last), view.colors[run], page);
    });
  });
};

// Places of names that are at least a step apart, in the order of their ends.
const apart = (ends, top, bottom, step) => {
  const order = [...ends].sort((one, other) => one.y - other.y);
  let lowest = top - step;
  for (const end of order) lowest = end.at = Math.max(end.y, lowest + step);
  let highest = bottom + step;
  for (const end of order.reverse()) highest = end.at = Math.min(end.at, highest - step);
  return ends;
};

const fitting = (context, text, width) => {
  let shown = text;
  while (context.measureText(shown).width > width && shown.length > 3) shown = `${shown.slice(0, -2)}…`;
  return shown;
};

const drawCurves = (context, view, places, scale, index, page) => {
  const { curves, width } = places;
  const finished = new Set(ranked(view, index).finished.map(({ run }) => run));
  const ends = view.names.map((name, run) => {
    const { count, x, y } = curveOf(view, scale, run, index);
    clipped(context, curves, () => {
      line(context, count, x, y);
      context.strokeStyle = view.colors[run];
      context.lineWidth = 2;
      context.lineJoin = "round";
      context.stroke();
    });
    const end = y(count - 1);
    const gone = !finished.has(run);
    const edge = gone ? curves.top : Math.min(Math.max(end, curves.top), curves.bottom);
    return { name: gone ? `${name} ✕` : name, run, gone, y: edge };
  });
  const step = Math.min(LINE, (curves.bottom - curves.top) / Math.max(ends.length - 1, 1));
  context.font = `600 ${Math.min(step - 2, 13)}px ${view.font}`;
  context.textAlign = "left";
  for (const { name, run, gone, y, at } of apart(ends, curves.top, curves.bottom, step)) {
    context.strokeStyle = context.fillStyle = view.colors[run];
    if (!gone) {
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(curves.right + 6, y);
      context.lineTo(curves.right + 13, at);
      context.stroke();
      dot(context, curves.right, y, view.colors[run], page, 5);
    }
    context.fillStyle = view.colors[run];
    context.fillText(fitting(context, name, width - curves.right - 16), curves.right + 16, at + 4);
  }
  context.font = `13px ${view.font}`;
};

const STRIP = { height: 64, axis: 18, top: 3 };

const stripScale = (view, width) => {
  const [low, high] = view.strip;
  const bottom = STRIP.height - STRIP.axis - 3;
  return {
    x: (index) => THUMB / 2 + (index / (view.values.length - 1)) * (width - THUMB),
    y: (final) => {
      const value = view.y.log ? Math.log10(Math.max(final, 1e-300)) : final;
      return Math.min(bottom - ((value - low) / (high - low)) * (bottom - STRIP.top), bottom);
    },
  };
};

const drawStrip = (context, view, width, ink) => {
  const { x, y } = stripScale(view, width);
  const floor = STRIP.height - STRIP.axis;
  context.clearRect(0, 0, width, STRIP.height);
  context.strokeStyle = ink;
  context.globalAlpha = 0.25;
  context.lineWidth = 1;
  context.strokeRect(0.5, 0.5, width - 1, floor - 1);
  context.globalAlpha = 1;
  clipped(context, box(0, 0, width, floor), () => {
    view.names.forEach((_, run) => {
      const finals = view.arrays.final.subarray(run * view.values.length, (run + 1) * view.values.length);
      const leaves = (k) => !Number.isNaN(finals[k - 1] ?? NaN) || !Number.isNaN(finals[k + 1] ?? NaN);
      line(context, finals.length, x, (k) => (Number.isNaN(finals[k]) ? (leaves(k) ? -9 : NaN) : y(finals[k])));
      context.strokeStyle = view.colors[run];
      context.lineWidth = 1.8;
      context.stroke();
    });
  });
  context.fillStyle = ink;
  context.globalAlpha = 0.75;
  context.font = `12px ${view.font}`;
  let right = -Infinity;
  for (const [index, value] of view.marks) {
    const text = mark(value);
    const half = context.measureText(text).width / 2;
    const at = Math.min(Math.max(x(index), half), width - half);
    if (at - half < right + 10) continue;
    right = at + half;
    context.textAlign = "center";
    context.fillText(text, at, STRIP.height - 4);
  }
  context.globalAlpha = 1;
};

// --- The component ----------------------------------------------------------------------------------------------

const layer = () => document.createElement("canvas");

// A picture that is drawn from its data at a value; `still` is what does not move.
const picture = (parts, view) => {
  const { canvas, strip } = parts;
  const style = getComputedStyle(canvas);
  view.font = style.fontFamily;
  const still = { picture: layer(), strip: layer() };
  let places = null;
  let scale = null;
  let drawn = 0;
  const look = () => ({ ink: style.color, page: style.getPropertyValue("--st-background-color") || "white" });
  const fit = () => {
    const width = canvas.clientWidth;
    if (!width) return false;
    const { ink } = look();
    const measured = canvas.getContext("2d");
    measured.font = `600 13px ${view.font}`;
    const above = canvas.getBoundingClientRect().top + scrollY;
    places = layout(view, width, above, (text) => measured.measureText(text).width);
    scale = scales(view, places);
    sized(canvas, width, places.height);
    const context = sized(still.picture, width, places.height);
    context.font = `13px ${view.font}`;
    if (places.map) drawMap(context, view, places, scale);
    drawAxes(context, view, places, scale, ink);
    const wide = strip.clientWidth;
    sized(strip, wide, STRIP.height);
    drawStrip(sized(still.strip, wide, STRIP.height), view, wide, ink);
    return true;
  };
  const draw = (index) => {
    if (!places) return;
    const { page, ink } = look();
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, places.width, places.height);
    context.drawImage(still.picture, 0, 0, places.width, places.height);
    context.font = `13px ${view.font}`;
    if (places.map) drawPaths(context, view, places, scale, index, page);
    drawCurves(context, view, places, scale, index, page);
    drawPlace(strip.getContext("2d"), view, still.strip, strip.clientWidth, index, ink, page);
    canvas.dataset.draws = drawn += 1;
  };
  const hit = (index, x, y) => (places ? nearest(view, places, scale, index, x, y) : "");
  return { fit, draw, hit };
};

const drawPlace = (context, view, still, width, index, ink, page) => {
  const { x, y } = stripScale(view, width);
  context.clearRect(0, 0, width, STRIP.height);
  context.drawImage(still, 0, 0, width, STRIP.height);
  context.strokeStyle = ink;
  context.globalAlpha = 0.5;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x(index), 0);
  context.lineTo(x(index), STRIP.height - STRIP.axis);
  context.stroke();
  context.globalAlpha = 1;
  for (const { run, final } of ranked(view, index).finished) {
    dot(context, x(index), Math.max(y(final), STRIP.top), view.colors[run], page, 4);
  }
};

// What lies under the pointer: a path or a curve at most 10 px away, at the end of its nearest segment.
const nearest = (view, places, scale, index, px, py) => {
  let best = { distance: 10, text: "" };
  const inside = ({ left, top, right, bottom }) => px >= left && px <= right && py >= top && py <= bottom;
  const onMap = places.map && inside(places.map);
  const text = onMap ? pointText : curveText;
  view.names.forEach((name, run) => {
    const { count, x, y } = (onMap ? pathOf : curveOf)(view, scale, run, index);
    for (let k = 1; k < count; k += 1) {
      const [distance, share] = toSegment(px, py, x(k - 1), y(k - 1), x(k), y(k));
      if (distance < best.distance) best = { distance, text: text(view, name, run, index, share < 0.5 ? k - 1 : k) };
    }
  });
  return best.text;
};

// Distance to a segment, and the place on it, from 0 to 1, that is nearest.
const toSegment = (px, py, x0, y0, x1, y1) => {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = ((px - x0) * dx + (py - y0) * dy) / (dx * dx + dy * dy || 1);
  const share = Math.min(Math.max(along, 0), 1);
  return [Math.hypot(x0 + share * dx - px, y0 + share * dy - py), share];
};

const curveText = (view, name, run, index, k) => {
  const { curves, epochs } = view.arrays;
  const stored = unquantized(curves[(run * view.values.length + index) * curves.shape[2] + k], view.y.stored);
  const value = short(view.y.log ? 10 ** stored : stored);
  return `${name}: ${view.what} about ${value} near epoch ${epochs[k].toLocaleString("en")}`;
};

const pointText = (view, name, run, index, k) => {
  const { paths, snapshots } = view.arrays;
  const first = ((run * view.values.length + index) * paths.shape[2] + k) * 2;
  const [x, y] = [unquantized(paths[first], view.map.storedX), unquantized(paths[first + 1], view.map.storedY)];
  const place = `${view.map.names[0]} ${short(x, 4)}, ${view.map.names[1]} ${short(y, 4)}`;
  return `${name}, epoch ${snapshots[k].toLocaleString("en")}: ${place}`;
};

// Where the slider was let go while others trained, for the picture that follows.
let moved = null;
let awaited = false;

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement;
  const view = decoded(data);
  root.leave?.();
  const [told, canvas, strip, button, slider, output, tip] = [
    ".told", ".picture", ".strip", "button", "input", "output", ".tip",
  ].map((part) => root.querySelector(part));
  const shown = picture({ canvas, strip }, view);
  let frame = 0;
  let playing = 0;
  let settled = 0;

  if (root.shown !== view.id) {
    slider.max = view.values.length - 1;
    slider.value = view.begin;
    root.shown = view.id;
    root.sent = view.begin;
  }
  const here = moved?.parameter === view.parameter ? view.values.indexOf(moved.value) : -1;
  if (awaited && root.live === undefined && here >= 0) slider.value = here;
  root.live = awaited = view.live;
  slider.setAttribute("aria-label", view.parameter);
  canvas.setAttribute("aria-label", view.alt);

  const index = () => Number(slider.value);
  const draw = () => {
    frame = 0;
    shown.draw(index());
    const words = sentence(view, index());
    output.value = `${view.parameter} ${short(view.values[index()], 4)}`;
    told.textContent = words;
    slider.setAttribute("aria-valuetext", words);
  };
  const change = () => {
    frame ||= requestAnimationFrame(draw);
  };
  const send = () => {
    clearTimeout(settled);
    settled = 0;
    moved = { parameter: view.parameter, value: view.values[index()] };
    if (view.live || index() === root.sent) return;
    root.sent = index();
    setTriggerValue("released", view.values[root.sent]);
  };
  const settle = () => {
    clearTimeout(settled);
    settled = setTimeout(send, SETTLED_MS);
  };
  const label = () => {
    button.textContent = playing ? "❚❚" : "▶";
    button.setAttribute("aria-label", playing ? "Pause" : "Play");
  };
  const stop = () => {
    if (!playing) return;
    cancelAnimationFrame(playing);
    playing = 0;
    label();
    send();
  };
  const play = () => {
    const last = Number(slider.max);
    const from = index() < last ? index() / last : 0;
    const begun = performance.now() - from * PLAY_MS;
    const step = (now) => {
      const at = Math.round(Math.min((now - begun) / PLAY_MS, 1) * last);
      if (at !== index()) {
        slider.value = at;
        change();
      }
      if (at < last) playing = requestAnimationFrame(step);
      else stop();
    };
    playing = requestAnimationFrame(step);
    label();
  };

  let keyed = false;
  slider.onkeydown = () => {
    keyed = true;
  };
  slider.onpointerdown = () => {
    keyed = false;
  };
  slider.oninput = () => {
    stop();
    change();
  };
  slider.onchange = () => (keyed ? settle() : send());
  // A click elsewhere, on "Keep" say, is about what is seen at that moment.
  const leave = (event) => {
    if (event.composedPath().includes(root)) return;
    stop();
    if (settled) send();
  };
  document.addEventListener("pointerdown", leave, true);
  button.onclick = () => (playing ? stop() : play());
  canvas.onpointermove = ({ offsetX, offsetY }) => {
    tip.textContent = shown.hit(index(), offsetX, offsetY);
    tip.hidden = !tip.textContent;
    tip.style.left = `${Math.min(canvas.offsetLeft + offsetX + 12, canvas.offsetLeft + canvas.clientWidth - 180)}px`;
    tip.style.top = `${canvas.offsetTop + offsetY + 14}px`;
  };
  canvas.onpointerleave = () => {
    tip.hidden = true;
  };

  const watch = new ResizeObserver(() => shown.fit() && change());
  if (view.map) {
    view.picture = new Image();
    view.picture.onload = () => watch.observe(canvas);
    view.picture.src = view.map.image;
  } else watch.observe(canvas);
  label();
  send();
  root.leave = () => {
    clearTimeout(settled);
    cancelAnimationFrame(frame);
    cancelAnimationFrame(playing);
    watch.disconnect();
    document.removeEventListener("pointerdown", leave, true);
    if (view.picture) view.picture.onload = null;
  };
  return root.leave;
}
