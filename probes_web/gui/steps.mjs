// @ts-check
/** A list of things to do, worked through step by step, as Speedometer's applications are. */

const ITEMS = 100;

/** @param {HTMLElement} corner */
function add(corner) {
  const list = document.createElement("ul");
  for (let item = 0; item < ITEMS; item += 1) {
    const line = document.createElement("li");
    const box = document.createElement("input");
    box.type = "checkbox";
    line.append(box, `to do ${item}`);
    list.append(line);
  }
  corner.append(list);
}

/** @param {HTMLElement} corner */
function complete(corner) {
  for (const box of corner.querySelectorAll("input")) {
    box.checked = true;
    if (box.parentElement) box.parentElement.style.textDecoration = "line-through";
  }
}

/** @param {HTMLElement} corner */
function remove(corner) {
  for (const line of corner.querySelectorAll("li")) line.remove();
  corner.replaceChildren();
}

/** By name, in this order.
 * @type {ReadonlyMap<string, (corner: HTMLElement) => void>} */
export const STEPS = new Map([
  ["add", add],
  ["complete", complete],
  ["remove", remove],
]);
