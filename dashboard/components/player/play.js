// Play buttons beside the sliders of the charts, which they move, all in step. Nothing is sent to the server.
// The buttons are within the charts, so that a chart shown in full screen keeps its own.

const SECONDS = 6;
const SLIDER = ".vega-bind input[type=range]";
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const sliders = () => [...document.querySelectorAll(SLIDER)];
const buttons = () => [...document.querySelectorAll(".play-button")];

const put = (slider, share) => {
  slider.value = share * slider.max; // the browser rounds it to the slider's step
  slider.dispatchEvent(new Event("input", { bubbles: true }));
};

let frame = 0;
let playOnArrival = false;
let arrived = false;
let begin = null; // where the link says that the sliders begin, from 0 to 1

const label = () => {
  for (const button of buttons()) {
    button.textContent = frame ? "❚❚" : "▶";
    button.setAttribute("aria-label", frame ? "Pause" : "Play");
  }
};

const stop = () => {
  cancelAnimationFrame(frame);
  frame = 0;
  label();
};

const play = (from) => {
  const begun = performance.now() - from * SECONDS * 1000;
  const step = (now) => {
    const share = Math.min(Math.max((now - begun) / (SECONDS * 1000), 0), 1);
    sliders().forEach((slider) => put(slider, share));
    frame = share < 1 && sliders().length ? requestAnimationFrame(step) : 0;
    if (!frame) stop();
  };
  frame = requestAnimationFrame(step);
  label();
};

const press = ({ target }) => {
  if (frame) return stop();
  const slider = target.parentElement.querySelector(SLIDER);
  const share = slider.value / slider.max;
  play(share < 1 ? share : 0);
};

const follow = ({ target, isTrusted }) => {
  if (!isTrusted || !target.matches?.(SLIDER)) return;
  stop();
  sliders().filter((slider) => slider !== target).forEach((slider) => put(slider, target.value / target.max));
};

// Charts are drawn anew now and then, without their buttons.
const equip = () => {
  for (const form of document.querySelectorAll(".vega-bindings:has(.vega-bind input[type=range])")) {
    if (form.querySelector(".play-button")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "play-button";
    button.onclick = press;
    form.prepend(button);
    label();
  }
  if (!sliders().length) return;
  if (begin !== null) sliders().forEach((slider) => put(slider, begin));
  else if (!arrived && playOnArrival && !calm.matches) play(0);
  [arrived, begin] = [true, null];
};

// The place of an epoch among those of the snapshots, from 0 to 1.
const placeOf = (epoch, epochs) => {
  const next = epochs.findIndex((each) => each >= epoch);
  if (next <= 0) return next ? 1 : 0;
  const between = (epoch - epochs[next - 1]) / (epochs[next] - epochs[next - 1]);
  return (next - 1 + between) / (epochs.length - 1);
};

export default function ({ parentElement, data }) {
  parentElement.leave?.();
  const watch = new MutationObserver(equip);
  watch.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("input", follow, true);
  playOnArrival = data.playOnArrival;
  if (data.at !== parentElement.at && data.at !== null && data.epochs.length > 1) begin = placeOf(data.at, data.epochs);
  parentElement.at = data.at;
  equip();
  parentElement.leave = () => {
    stop();
    watch.disconnect();
    document.removeEventListener("input", follow, true);
  };
  return parentElement.leave;
}
