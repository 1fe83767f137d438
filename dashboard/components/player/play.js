// A button that plays the training: it moves the sliders below the charts of the page, all in step.
// Nothing is sent to the server.

const SECONDS = 6;

// A slider's number is that of a snapshot, not of an epoch, which the chart itself shows.
const style = document.createElement("style");
style.textContent = ".vega-bind input[type=range] ~ * { display: none }";
document.head.append(style);

const sliders = () => [...document.querySelectorAll(".vega-bind input[type=range]")];

const put = (slider, share) => {
  slider.value = Math.round(share * slider.max);
  slider.dispatchEvent(new Event("input", { bubbles: true }));
};

export default function ({ parentElement }) {
  parentElement.stopPlaying?.();
  const button = parentElement.querySelector("button");
  let frame = 0;

  const stop = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    button.textContent = "▶ Play";
  };

  const play = () => {
    const [first] = sliders();
    if (!first) return;
    const share = first.value / first.max;
    const begun = performance.now() - (share < 1 ? share : 0) * SECONDS * 1000;
    const step = (now) => {
      const share = Math.min((now - begun) / (SECONDS * 1000), 1);
      sliders().forEach((slider) => put(slider, Math.max(share, 0)));
      frame = share < 1 ? requestAnimationFrame(step) : 0;
      if (!frame) stop();
    };
    button.textContent = "❚❚ Pause";
    frame = requestAnimationFrame(step);
  };

  const follow = ({ target, isTrusted }) => {
    if (!isTrusted || !sliders().includes(target)) return;
    stop();
    sliders().filter((slider) => slider !== target).forEach((slider) => put(slider, target.value / target.max));
  };

  button.onclick = () => (frame ? stop() : play());
  document.addEventListener("input", follow, true);
  parentElement.stopPlaying = () => {
    stop();
    document.removeEventListener("input", follow, true);
  };
  return parentElement.stopPlaying;
}
