// Small tools for building the page: no framework, no markup from strings.
const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  back: "M15 5l-7 7 7 7",
  send: "M4 12l16-8-5 16-4-6z M11 14l9-10",
  plus: "M12 5v14M5 12h14",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20a7.500 7.500 0 0 1 15 0M19 7v6M16 10h6",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400",
  moon: "M20 14.500A8.500 8.500 0 1 1 9.500 4a7 7 0 0 0 10.500 10.500z",
  inspect: "M4 5h16v14H4zM14 5v14M7 9h3.500M7 12.500h3.500",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 13l4.500 4.500L19 7.500",
  checks: "M2 13l4 4L15 7M11 16.500l.5.5L21 7",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.500l3 1.500",
  link: "M8 16L17 7M9.500 7H17v7.500",
  copy: "M9 9h10v10H9zM15 9V5H5v10h4",
  card: "M3 6.500h18v11H3zM3 10.500h18",
  app: "M5 5h6v6H5zM13 5h6v6h-6zM5 13h6v6H5zM13 13h6v6h-6z",
  file: "M7 3.500h7l4 4v13H7zM14 3.500v4h4",
  megaphone: "M4 10v4h3l9 4V6l-9 4zM19.500 9.500a4 4 0 0 1 0 5M8 14.500l1.500 4.500",
  group: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 19a6.500 6.500 0 0 1 13 0M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14a6.500 6.500 0 0 1 3.500 5",
  arrowIn: "M4 12h14M13 6.500l5.500 5.500L13 17.500",
  arrowOut: "M20 12H6M11 6.500L5.500 12l5.500 5.500",
};
const STAR = "M12 1.800l2.900 6.300 6.900.8-5.100 4.700 1.400 6.800L12 17l-6.100 3.400 1.400-6.800L2.200 8.900l6.900-.8z";

/** Build an element: `h("button", {class: "key", onclick}, "Text", child)`. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

function vector(viewBox, className, ...paths) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", viewBox);
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

export const icon = (name, className = "") => vector("0 0 24 24", `icon ${className}`, ICONS[name]);
export const star = (className = "star") => vector("0 0 24 24", className, STAR);

/** A big golden star with a shine, for the payment sheet. */
export function goldenStar() {
  const svg = vector("0 0 24 24", "", STAR);
  const defs = document.createElementNS(SVG, "defs");
  const gradient = document.createElementNS(SVG, "linearGradient");
  gradient.id = "gold";
  gradient.setAttribute("x2", "0");
  gradient.setAttribute("y2", "1");
  for (const [offset, color] of [["0", "#ffe27a"], ["0.500", "#ffbe2e"], ["1", "#f48a13"]]) {
    const stop = document.createElementNS(SVG, "stop");
    stop.setAttribute("offset", offset);
    stop.setAttribute("stop-color", color);
    gradient.append(stop);
  }
  defs.append(gradient);
  svg.prepend(defs);
  svg.querySelector("path").setAttribute("fill", "url(#gold)");
  return svg;
}

export function tick() {
  return h("div", { class: "tick" }, vector("0 0 24 24", "", "M5.500 12.800l4.300 4.300L18.800 8"));
}

/** Text in which every ⭐ is drawn, so that it looks the same whatever fonts there are. */
export function starry(text) {
  return text.split(/(⭐️?)/u).map((part) => (/^⭐/u.test(part) ? star() : part));
}

const number = new Intl.NumberFormat("en-US");
export const count = (value) => number.format(value);

export function clockTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function day(seconds) {
  const options = { day: "numeric", month: "long" };
  const date = new Date(seconds * 1000);
  if (date.getFullYear() !== new Date().getFullYear()) options.year = "numeric";
  return date.toLocaleDateString([], options);
}

export function moment(seconds) {
  return new Date(seconds * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

export function initials(name) {
  return name.split(/[^\p{L}\p{N}]+/u).filter(Boolean).map((word) => [...word][0]).slice(0, 2).join("").toUpperCase();
}

export function avatar(id, name, size = "", symbol = "") {
  const color = Math.abs(Number(id)) % 7;
  return h("span", { class: `avatar ${size} c${color}`, "aria-hidden": "true" },
    symbol ? icon(symbol) : initials(name));
}

export const fullName = (user) => [user.first_name, user.last_name].filter(Boolean).join(" ");

/** Put these nodes into a parent, keeping those that are there already where they are. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] || null);
  });
}
