// The right column: every update and every call, as they happen.
import { clockTime, h, icon } from "./dom.js";
import { drawControls } from "./controls.js";
import { state } from "./store.js";

const TABS = [["traffic", "Traffic"], ["controls", "Clock and faults"], ["person", "This chat"]];
const FILTERS = [["all", "All"], ["update", "Updates"], ["call", "Calls"], ["bad", "Failed"]];
let tab = "traffic";
let filter = "all";
let drawnFor = "";
const entries = new Map();

const isBad = (entry) => entry.status === "refused" || ["retrying", "expired", "dropped"].includes(entry.status) || entry.warnings.length > 0;

function json(value) {
  const block = h("pre", { class: "json", tabindex: "0" });
  const text = JSON.stringify(value, null, 2) ?? "";
  const pattern = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(-?\d+(?:\.\d+)?|true|false|null)\b/gu;
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    block.append(text.slice(at, match.index));
    const kind = match[1] ? (match[2] ? "k" : "s") : "n";
    block.append(h("span", { class: kind }, match[1] || match[3]), match[2] || "");
    at = match.index + match[0].length;
  }
  block.append(text.slice(at));
  return block;
}

function who(entry) {
  const body = entry.kind === "update" ? Object.values(entry.request).find((one) => typeof one === "object") : entry.request;
  const id = entry.kind === "update" ? (body?.chat?.id ?? body?.message?.chat?.id ?? body?.from?.id ?? body?.user?.id) : Number(body.chat_id ?? body.user_id);
  return state.users.get(id)?.first_name || state.groups.get(id)?.title || "";
}

function code(entry) {
  if (entry.kind === "update") {
    const words = { delivered: entry.code || "ok", pending: "waiting", retrying: entry.code || "no answer", expired: "expired", dropped: "dropped" };
    const tone = { delivered: "", pending: "wait" }[entry.status] ?? "bad";
    return h("span", { class: `code ${tone}` }, words[entry.status] ?? entry.status);
  }
  return h("span", { class: `code ${entry.status === "ok" ? "" : "bad"}` }, entry.code || "…");
}

function details(entry) {
  const attempts = entry.attempts.length > 1 || entry.attempts.some((one) => one.error);
  const answer = entry.attempts.at(-1)?.answer;
  return h("div", { class: "entry-body" },
    entry.hint && h("div", { class: "hint bad" }, entry.hint),
    entry.warnings.map((one) => h("div", { class: "hint" }, one)),
    h("h4", {}, entry.kind === "update" ? `Update, queue ${entry.source}` : `Request${entry.source ? `, by ${entry.source}` : ""}`), json(entry.request),
    entry.response && [h("h4", {}, "Response"), json(entry.response)],
    attempts && [h("h4", {}, "Attempts"), h("ol", { class: "attempts" }, entry.attempts.map((one) => h("li", {}, `${clockTime(one.at)} · ${one.code || "no answer"} · ${one.milliseconds} ms ${one.error}`)))],
    answer && [h("h4", {}, "The bot's answer"), json(parsed(answer))]);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function row(entry) {
  const summary = h("summary", {},
    icon(entry.kind === "update" ? "arrowIn" : "arrowOut", "dir"),
    h("span", { class: "entry-name" }, entry.title, h("small", {}, who(entry))),
    h("span", { class: "ms" }, entry.milliseconds ? `${Math.round(entry.milliseconds)} ms` : ""), code(entry));
  const node = h("details", { class: `entry ${entry.kind}`, "data-testid": "entry" }, summary);
  node.addEventListener("toggle", () => {
    if (node.open && node.childElementCount === 1) node.append(details(entry));
  });
  return node;
}

function keptRow(entry) {
  const sign = [entry.status, entry.code, entry.attempts.length, entry.milliseconds].join();
  const known = entries.get(entry.id);
  if (known?.sign === sign) return known.node;
  const node = row(entry);
  if (known?.node.open) {
    node.open = true;
    node.append(details(entry));
  }
  entries.set(entry.id, { sign, node });
  return node;
}

function traffic() {
  const shown = state.log.filter((entry) => filter === "all" || (filter === "bad" ? isBad(entry) : entry.kind === filter));
  const list = shown.length
    ? h("div", { class: "entries", role: "list" }, [...shown].reverse().map(keptRow))
    : h("p", { class: "nothing" }, "Nothing yet. Write something as a customer: each update to the bot and each call it makes is shown here.");
  return [
    h("div", { class: "filters", role: "group", "aria-label": "Show" }, FILTERS.map(([name, label]) => h("button", {
      class: "chip", "aria-pressed": String(filter === name), onclick: () => { filter = name; drawInspector(); },
    }, label))),
    list,
  ];
}

export function toggleInspector() {
  const panel = document.getElementById("inspector");
  panel.hidden = !panel.hidden;
  document.getElementById("app").classList.toggle("inspecting", !panel.hidden);
  localStorage.setItem("inspector", panel.hidden ? "" : "open");
  drawnFor = "";
  drawInspector();
}

function frame() {
  const panel = document.getElementById("inspector");
  panel.replaceChildren(
    h("header", { class: "insp-head" }, h("h2", {}, "Inspector"),
      h("button", { class: "round", "aria-label": "Close the inspector", onclick: () => document.querySelector("[data-testid=inspector-toggle]").click() }, icon("close"))),
    h("div", { class: "tabs", role: "tablist" }, TABS.map(([name, label]) => h("button", {
      class: "tab", role: "tab", "aria-selected": String(tab === name), "data-testid": `tab-${name}`, onclick: () => { tab = name; drawnFor = ""; drawInspector(); },
    }, label))),
    h("div", { class: "panel", id: "panel", role: "tabpanel" }));
}

export function drawInspector() {
  if (document.getElementById("inspector").hidden) return;
  if (drawnFor !== tab) frame();
  drawnFor = tab;
  const panel = document.getElementById("panel");
  if (tab !== "traffic") {
    drawControls(panel, tab);
    return;
  }
  const at = panel.scrollTop;
  panel.replaceChildren(...traffic());
  panel.scrollTop = at;
}
