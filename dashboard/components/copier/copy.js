// A button that copies the link beside it, with the epoch at which the slider of the chart stands, or a text. Where
// the browser lets no script copy, it marks what is to be copied and says how to do it by hand. Link and text are only
// ever the value of a field.

const BY_HAND = {
  true: "It is marked: press it long to copy it.",
  false: "It is marked: press Ctrl+C to copy it (⌘C on a Mac).",
};

const mark = (field) => {
  field.hidden = false;
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
  if (!slider || !epochs || epochs.length < 2 || slider.value === slider.max) return "";
  const place = (slider.value / slider.max) * (epochs.length - 1);
  const [before, after] = [epochs[Math.floor(place)], epochs[Math.ceil(place)]];
  return `&at=${Math.round(before + (after - before) * (place % 1))}`;
};

export default function ({ parentElement, data }) {
  const [link, text, button, told] = ["input", "textarea", "button", "p"].map((part) =>
    parentElement.querySelector(part),
  );
  const field = data.text ? text : link;
  const content = data.text ?? data.link;
  link.hidden = field !== link;
  text.setAttribute("aria-label", data.label ?? "");
  link.setAttribute("aria-label", data.label ?? "Link to this page as it is now");
  button.textContent = data.label ?? "Copy link";
  if (parentElement.content !== content) {
    parentElement.content = field.value = content;
    text.hidden = true;
    told.textContent = "";
  }
  field.onfocus = () => field.select();
  button.onclick = async () => {
    told.textContent = "";
    // The moment stands before the end of a link, by which one knows that it is whole.
    field.value = data.text ? content : content.replace(/(&end=1)?$/, (end) => moment(data.epochs) + end);
    const done = await copied(field);
    told.textContent = done ? "Copied." : BY_HAND[matchMedia("(pointer: coarse)").matches];
  };
}
