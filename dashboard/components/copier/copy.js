// A button that copies the link beside it, with the epoch at which the slider of the chart stands. Where the browser
// lets no script copy, it marks the link and says how to copy it by hand. The link is only ever the value of a field.

const BY_HAND = {
  true: "The link is marked: press it long to copy it.",
  false: "The link is marked: press Ctrl+C to copy it (⌘C on a Mac).",
};

const mark = (field) => {
  field.focus();
  field.setSelectionRange(0, field.value.length);
};

// Over plain http there is no clipboard, but the older command may work.
const copied = async (field) => {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    mark(field);
    try {
      return document.execCommand("copy");
    } catch {
      return false;
    }
  }
};

// What a link says of the slider over time: nothing where there is none, or it stands at its end.
const moment = (epochs) => {
  const slider = document.querySelector(".vega-bind input[type=range]");
  if (!slider || epochs.length < 2 || slider.value === slider.max) return "";
  const place = (slider.value / slider.max) * (epochs.length - 1);
  const [before, after] = [epochs[Math.floor(place)], epochs[Math.ceil(place)]];
  return `&at=${Math.round(before + (after - before) * (place % 1))}`;
};

export default function ({ parentElement, data }) {
  const [field, button, told] = ["input", "button", "p"].map((part) => parentElement.querySelector(part));
  if (parentElement.link !== data.link) {
    parentElement.link = field.value = data.link;
    told.textContent = "";
  }
  field.onfocus = () => field.select();
  button.onclick = async () => {
    told.textContent = "";
    field.value = data.link + moment(data.epochs);
    const done = await copied(field);
    told.textContent = done ? "Copied." : BY_HAND[matchMedia("(pointer: coarse)").matches];
  };
}
