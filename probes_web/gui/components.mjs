// @ts-check
/** Components as graphical interfaces are made of them: built by script, laid out and painted by the browser. */

const ROWS = 60;
const COLUMNS = 8;
const FIELDS = 40;
const SHAPES = 240;
const ITEMS = 200;
const SVG = "http://www.w3.org/2000/svg";

/** @param {string} name @param {string} [text] @returns {HTMLElement} */
function element(name, text = "") {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function table() {
  const made = element("table");
  for (let row = 0; row < ROWS; row += 1) {
    const line = element("tr");
    for (let column = 0; column < COLUMNS; column += 1) line.append(element("td", `${row} × ${column}`));
    made.append(line);
  }
  return made;
}

function form() {
  const made = element("form");
  for (let field = 0; field < FIELDS; field += 1) {
    const label = element("label", `field ${field} `);
    const input = document.createElement("input");
    input.type = field % 3 === 0 ? "checkbox" : "text";
    if (input.type === "text") input.value = `value ${field}`;
    label.append(input);
    made.append(label);
  }
  return made;
}

function svg() {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("viewBox", "0 0 640 480");
  for (let shape = 0; shape < SHAPES; shape += 1) {
    const circle = document.createElementNS(SVG, "circle");
    circle.setAttribute("cx", String((shape * 37) % 640));
    circle.setAttribute("cy", String((shape * 53) % 480));
    circle.setAttribute("r", String(4 + (shape % 9)));
    circle.setAttribute("fill", `hsl(${shape} 70% 50%)`);
    made.append(circle);
  }
  return made;
}

function list() {
  const made = element("ul");
  for (let item = 0; item < ITEMS; item += 1) made.append(element("li", `item ${item}`));
  return made;
}

/** By name, in this order.
 * @type {ReadonlyMap<string, () => Element>} */
export const COMPONENTS = new Map(/** @type {[string, () => Element][]} */ ([
  ["table", table],
  ["form", form],
  ["svg", svg],
  ["list", list],
]));
