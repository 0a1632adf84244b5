// The left column: customers, and the channels as the chosen one sees them.
import { newChannel, newCustomer } from "./dialogs.js";
import { arrange, avatar, clockTime, day, fullName, h, icon } from "./dom.js";
import { setStart } from "./links.js";
import { preview } from "./preview.js";
import { changed, messagesOf, now, open, state, unread, user } from "./store.js";

function shortTime(seconds) {
  return now() - seconds < 86400 ? clockTime(seconds) : day(seconds);
}

export function placeIn(group, person) {
  if (group.requests[person.id]) return "requested";
  const member = group.members[person.id];
  if (!member) return "left";
  const isOver = member.until && member.until <= now();
  return isOver ? "left" : member.status;
}

const PLACES = {
  creator: "Owner", administrator: "Administrator", member: "Member", requested: "Waiting to be let in",
  left: "Not a member", kicked: "Banned", restricted: "Restricted",
};
export const placeWord = (place) => PLACES[place];

const rows = new Map();

/** Reuse a row whose content has not changed, so that focus stays where it is. */
function kept(key, signature, build) {
  const known = rows.get(key);
  if (known && known.signature === signature) return known.node;
  const node = build();
  if (known?.node.contains(document.activeElement)) queueMicrotask(() => node.focus());
  rows.set(key, { signature, node });
  return node;
}

const lastTime = (person) => messagesOf(person.id).at(-1)?.body.date ?? 0;

function personRow(person) {
  const last = messagesOf(person.id).at(-1);
  const isOpen = state.userId === person.id && state.chatId === person.id;
  const waiting = unread(person);
  const text = last ? preview(last.body, person.first_name) : person.has_started ? "" : "Has not started the bot";
  const signature = JSON.stringify([person.first_name, person.last_name, person.language_code, person.has_blocked, last?.version, isOpen, waiting, last && shortTime(last.body.date)]);
  return kept(`p${person.id}`, signature, () => h("button", {
    class: "row", "data-testid": `persona-${person.first_name}`, "aria-current": isOpen ? "true" : undefined,
    onclick: () => open(person.id),
  },
  avatar(person.id, fullName(person)),
  h("span", { class: "row-main" },
    h("span", { class: "row-top" }, h("span", { class: "row-name" }, fullName(person)), h("span", { class: "lang" }, person.language_code.toUpperCase()),
      last && h("span", { class: "row-time" }, shortTime(last.body.date))),
    h("span", { class: "row-bottom" },
      h("span", { class: "row-preview" }, person.has_blocked ? "Has blocked the bot" : [last && !last.from_bot && !last.body.successful_payment ? h("b", {}, "You: ") : "", text]),
      waiting > 0 && h("span", { class: "badge", "aria-label": `${waiting} unread` }, waiting)))));
}

function groupRow(group, person) {
  const isOpen = state.chatId === group.id;
  const place = placeIn(group, person);
  const waiting = Object.keys(group.requests).length;
  const signature = JSON.stringify([group.title, place, isOpen, waiting, person.id]);
  return kept(`g${group.id}`, signature, () => h("button", {
    class: "row", "data-testid": `channel-${group.title}`, "aria-current": isOpen ? "true" : undefined,
    onclick: () => open(person.id, group.id),
  },
  avatar(group.id, group.title, "", group.type === "channel" ? "megaphone" : "group"),
  h("span", { class: "row-main" },
    h("span", { class: "row-top" }, h("span", { class: "row-name" }, group.title)),
    h("span", { class: "row-bottom" }, h("span", { class: "row-preview" }, `${person.first_name}: ${placeWord(place).toLowerCase()}`),
      waiting > 0 && h("span", { class: "badge quiet", "aria-label": `${waiting} requests` }, waiting)))));
}

function title(text, label, testid, action) {
  return kept(`t${text}`, "", () => h("h2", { class: "side-title" }, text,
    h("button", { "aria-label": label, title: label, "data-testid": testid, onclick: action }, icon("plus"))));
}

export function drawPeople() {
  const place = document.getElementById("people");
  const times = new Map([...state.users.values()].map((person) => [person, lastTime(person)]));
  const people = [...times.keys()].sort((one, other) => times.get(other) - times.get(one));
  const nodes = [title("Customers", "New customer", "new-customer", () => newCustomer(setStart)), ...people.map(personRow)];
  if (!people.length) {
    nodes.push(kept("none", "", () => h("p", { class: "side-hint" }, "Nobody is here yet. Add a customer with the plus sign.")));
  } else if (user()) {
    nodes.push(title("Channels and groups", "New channel or group", "new-channel", newChannel));
    const groups = [...state.groups.values()];
    nodes.push(...groups.map((one) => groupRow(one, user())));
    if (!groups.length) {
      nodes.push(kept("no-groups", "", () => h("p", { class: "side-hint" }, "Create one to try gated access: the bot becomes its administrator.")));
    }
  }
  arrange(place, nodes);
}

export function drawSideHead(toggleInspector) {
  const isDark = document.documentElement.dataset.theme === "dark";
  const isInspecting = !document.getElementById("inspector").hidden;
  document.getElementById("side-head").replaceChildren(
    h("h1", {}, "Chats"),
    h("button", { class: "round", "data-testid": "theme", "aria-label": isDark ? "Light theme" : "Dark theme", title: isDark ? "Light theme" : "Dark theme",
      onclick: () => {
        const theme = isDark ? "light" : "dark";
        document.documentElement.dataset.theme = theme;
        localStorage.setItem("theme", theme);
        drawSideHead(toggleInspector);
      } }, icon(isDark ? "sun" : "moon")),
    h("button", { class: "round", "data-testid": "inspector-toggle", "aria-label": "Inspector", title: "Inspector: updates and API calls",
      "aria-pressed": String(isInspecting), onclick: () => { toggleInspector(); drawSideHead(toggleInspector); changed(); } }, icon("inspect")));
}
