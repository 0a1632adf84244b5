// Draws a text with its entities, whose offsets are in UTF-16 units, as are JavaScript's.
import { h, starry } from "./dom.js";

const TAGS = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

function wrap(entity, children, source, actions) {
  if (entity.type in TAGS) return h(TAGS[entity.type], {}, children);
  switch (entity.type) {
    case "text_link": return link(entity.url, children, actions);
    case "url": return link(source, children, actions);
    case "bot_command":
      return h("button", { class: "command", type: "button", onclick: () => actions.send(source) }, children);
    case "spoiler":
      return h("span", { class: "spoiler", tabindex: "0", onclick: (event) => event.currentTarget.classList.add("shown") }, children);
    case "date_time":
      return h("time", { title: new Date(entity.unix_time * 1000).toLocaleString() }, children);
    default: return h("span", {}, children);
  }
}

function link(address, children, actions) {
  return h("a", {
    href: address, target: "_blank", rel: "noopener noreferrer",
    onclick: (event) => { event.preventDefault(); actions.open(address); },
  }, children);
}

function draw(text, from, to, entities, actions) {
  const nodes = [];
  let at = from;
  for (let index = 0; index < entities.length; index += 1) {
    const entity = entities[index];
    const end = Math.min(entity.offset + entity.length, to);
    if (entity.offset < at) continue;
    if (entity.offset > at) nodes.push(...starry(text.slice(at, entity.offset)));
    const inner = entities.slice(index + 1).filter((one) => one.offset >= entity.offset && one.offset + one.length <= end);
    nodes.push(wrap(entity, draw(text, entity.offset, end, inner, actions), text.slice(entity.offset, end), actions));
    at = end;
  }
  if (at < to) nodes.push(...starry(text.slice(at, to)));
  return nodes;
}

export function formatted(text, entities = [], actions) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return h("span", { class: "text" }, draw(text, 0, text.length, sorted, actions));
}
