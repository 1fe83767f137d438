// What the page does in the browser besides its charts: a decimal comma is a point, a number that was cleared is
// reported, and on a phone, where it lies over the page, the sidebar closes after a choice that changes what it shows.
// The keyboard goes to a question that a choice has opened, and from its answer, which is gone, to what is said of it.

const NUMBER = "input[type=number]";
const CLOSE = "[data-testid=stSidebarCollapseButton] button";
const phone = matchMedia("(max-width: 768px)");

const insert = (event, text) => {
  if (!event.target.matches?.(NUMBER) || !text?.includes(",")) return;
  event.preventDefault();
  document.execCommand("insertText", false, text.replace(",", "."));
};

const type = (event) => insert(event, event.data);
const paste = (event) => insert(event, event.clipboardData.getData("text").trim());

const QUESTION = ".st-key-question h2";
const ANSWER = ".answer";
const TAB = "[role=tab][aria-selected=true]";

const focus = (selector) => {
  const found = document.querySelector(selector);
  if (found) found.focus({ preventScroll: true });
  return Boolean(found);
};

export default function ({ parentElement, data, setTriggerValue }) {
  parentElement.leave?.();
  // A field that is left empty, by Enter or otherwise, gets its number back, of which the server knows nothing.
  const clear = (event) => {
    const { target, type, key } = event;
    if (!target.matches?.(NUMBER) || target.value !== "" || (type === "keydown" && key !== "Enter")) return;
    setTriggerValue("cleared", target.getAttribute("aria-label"));
  };
  const listeners = { beforeinput: type, paste, keydown: clear, focusout: clear };
  for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener, true);
  if (phone.matches && data.choices > (parentElement.choices ?? 0)) document.querySelector(CLOSE)?.click();
  if (data.question && data.choices > (parentElement.choices ?? 0)) focus(QUESTION);
  if (!data.question && parentElement.question && document.activeElement === document.body) focus(ANSWER) || focus(TAB);
  parentElement.choices = data.choices;
  parentElement.question = data.question;
  parentElement.leave = () => {
    for (const [name, listener] of Object.entries(listeners)) document.removeEventListener(name, listener, true);
  };
  return parentElement.leave;
}
