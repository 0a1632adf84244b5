// The inspector's other tabs: time, faults, and the chosen customer or channel.
import { act, post, remove } from "./api.js";
import { complain, confirmDialog, prompt, toast } from "./dialogs.js";
import { count, fullName, h, icon, moment, star } from "./dom.js";
import { placeIn, placeWord } from "./people.js";
import { group, isPrivate, now, state, user } from "./store.js";

const HOUR = 3600;
const LEAPS = [["+1 hour", { seconds: HOUR }, "hour"], ["+1 day", { days: 1 }, "day"], ["+1 week", { days: 7 }, "week"], ["+1 month", { months: 1 }, "month"]];
const FAULTS = [
  ["delivery", "duplicate", "The next update arrives twice, at once", { copies: 2 }],
  ["delivery", "lost_response", "The bot's next answer is lost, the update comes again", {}],
  ["delivery", "out_of_order", "The next two messages change places", { target: "message" }],
  ["delivery", "drop", "The next update never arrives", {}],
  ["delivery", "delay", "The next update is 5 seconds late", { seconds: 5 }],
  ["api", "429", "The next message is refused: 429, retry after 5", { target: "sendMessage", seconds: 5 }],
  ["api", "403", "The next message is refused: 403, blocked", { target: "sendMessage" }],
  ["api", "500", "The bot's next call fails: 500", {}],
  ["api", "lost_response", "The answer to the bot's next call is lost", {}],
];
let drawn = "";

const button = (label, action, testid, className = "small-button") => h("button", {
  class: className, type: "button", "data-testid": testid,
  onclick: async (event) => {
    const pressed = event.currentTarget;
    pressed.disabled = true;
    await Promise.resolve(action()).catch(complain);
    pressed.disabled = false;
  },
}, label);

function clockCard() {
  return h("section", { class: "card" }, h("h3", {}, "Clock"),
    h("p", { class: "big", "data-testid": "sim-clock" }, moment(now())),
    h("p", {}, state.offset > 60 ? "Moved ahead of the real time. Subscriptions renew on the way." : "Same as the real time."),
    h("div", { class: "buttons" }, LEAPS.map(([label, leap, name]) => button(label, () => post("/control/clock", leap), `advance-${name}`))));
}

function faultSwitch([where, kind, label, more]) {
  const active = state.faults.find((one) => one.where === where && one.kind === kind);
  const toggle = () => (active ? remove(`/control/faults?id=${active.id}`) : post("/control/faults", { where, kind, ...more })).catch(complain);
  return h("button", { class: "switch", role: "switch", type: "button", "aria-checked": String(Boolean(active)), "data-testid": `fault-${where}-${kind}`, onclick: toggle },
    h("span", {}, label), h("span", { class: "track" }));
}

function webhookCard() {
  const { url, pending_update_count: pending, last_error_message: error, last_error_date: at, allowed_updates: kinds } = state.webhook;
  return h("section", { class: "card" }, h("h3", {}, "Webhook"),
    h("p", {}, url || "Not set: updates wait for setWebhook or getUpdates."),
    h("p", {}, `${pending} waiting`), error && h("p", {}, `Last error, ${moment(at)}: ${error}`),
    kinds && h("p", {}, `Kinds: ${kinds.join(", ")}`));
}

function controls() {
  return [
    clockCard(),
    h("section", { class: "card" }, h("h3", {}, "Faults"), h("p", {}, "Each strikes once and then switches itself off."), FAULTS.map(faultSwitch)),
    webhookCard(),
    h("section", { class: "card" }, h("h3", {}, "Start again"), h("p", {}, "Forgets all chats, payments and channels. The webhook must be set again."),
      h("div", { class: "buttons" }, button("Reset the simulator", () => confirmDialog("Forget all chats, payments and channels?", "Reset", () => post("/control/reset", { cast: true }).catch(complain)), "reset", "small-button danger"))),
  ];
}

function subscriptionLine(person, one) {
  const word = one.is_over ? "ended" : one.has_failed ? "payment failed" : one.is_canceled_by_bot ? "canceled by the bot" : one.is_canceled_by_user ? "canceled" : "active";
  const change = (verb) => act(person.id, `subscriptions/${one.id}/${verb}`);
  return h("li", {}, h("span", { class: "grow" }, one.title, h("small", {}, `${count(one.amount)} Stars a month · ${word} · until ${moment(one.expires_at)}`)),
    !one.is_over && one.has_failed && button("Pay again", () => change("retry"), "retry-subscription"),
    !one.is_over && !one.has_failed && (one.is_canceled_by_user ? button("Resume", () => change("resume"), "resume-subscription") : button("Cancel", () => change("cancel"), "cancel-subscription")));
}

function chargeLine(charge) {
  const price = charge.currency === "XTR" ? `${count(charge.amount)} Stars` : `${(charge.amount / 100).toFixed(2)} ${charge.currency}`;
  return h("li", {}, h("span", { class: "grow" }, price, h("small", {}, `${moment(charge.at)}${charge.refunded_at ? " · refunded" : ""}`)),
    charge.currency === "XTR" && !charge.refunded_at && button("Charge back", () => post(`/control/charges/${charge.id}/charge_back`, { announced: true }), "charge-back"));
}

function personCards() {
  const person = user();
  return [
    h("section", { class: "card" }, h("h3", {}, fullName(person)),
      h("p", {}, `Id ${person.id}${person.username ? ` · @${person.username}` : ""} · Telegram in ${person.language_code}`),
      h("div", { class: "buttons" },
        button("Change language", () => prompt("Language of Telegram", "Language code", person.language_code, (value) => post(`/control/users/${person.id}`, { language_code: value }))),
        person.has_blocked
          ? button("Unblock the bot", () => act(person.id, "block", { blocked: false }), "unblock")
          : button("Block the bot", () => act(person.id, "block", { blocked: true }), "block", "small-button danger"),
        button("Copy link", () => navigator.clipboard.writeText(`${location.origin}/?user=${person.id}`).then(() => toast("Copied to the clipboard"))))),
    h("section", { class: "card" }, h("h3", {}, "Stars"), h("p", { class: "big" }, star(), ` ${count(person.stars)}`),
      h("div", { class: "buttons" }, button("+ 500", () => post(`/control/users/${person.id}`, { stars: person.stars + 500 }), "add-stars"),
        button("Empty", () => post(`/control/users/${person.id}`, { stars: 0 }), "empty-stars"))),
    h("section", { class: "card" }, h("h3", {}, "Subscriptions"),
      person.subscriptions.length ? h("ul", { class: "list" }, person.subscriptions.map((one) => subscriptionLine(person, one))) : h("p", {}, "None. A subscription starts by paying a monthly invoice link.")),
    h("section", { class: "card" }, h("h3", {}, "Payments"),
      person.charges.length ? h("ul", { class: "list" }, person.charges.map(chargeLine).reverse()) : h("p", {}, "None yet.")),
  ];
}

function groupCards() {
  const chat = group();
  const bot = chat.members[state.bot.id];
  const place = (status) => post(`/control/groups/${chat.id}/bot`, { status });
  const people = [...state.users.values()].filter((one) => placeIn(chat, one) !== "left");
  return [
    h("section", { class: "card" }, h("h3", {}, chat.title), h("p", {}, `${chat.type}, id ${chat.id}`)),
    h("section", { class: "card" }, h("h3", {}, "The bot here"), h("p", {}, placeWord(bot?.status || "left")),
      h("div", { class: "buttons" }, button("Administrator", () => place("administrator"), "bot-admin"), button("Plain member", () => place("member")), button("Remove", () => place("kicked"), "bot-remove", "small-button danger"))),
    h("section", { class: "card" }, h("h3", {}, "People"), h("ul", { class: "list", "data-testid": "members" }, people.map((one) => h("li", {}, h("span", { class: "grow" }, fullName(one), h("small", {}, placeWord(placeIn(chat, one)))))))),
    h("section", { class: "card" }, h("h3", {}, "Invite links", button(icon("plus"), () => post(`/control/groups/${chat.id}/links`, { creates_join_request: true }), "new-link", "round")),
      h("ul", { class: "list" }, Object.values(chat.links).map((one) => h("li", {}, h("span", { class: "grow" }, one.name || one.link, h("small", {}, [one.creates_join_request ? "by request" : "open", one.creator_id === state.bot.id ? "made by the bot" : "made by the owner", one.is_revoked && "revoked"].filter(Boolean).join(" · "))))))),
  ];
}

export function drawControls(panel, tab) {
  const shape = JSON.stringify(tab === "controls"
    ? [tab, state.faults, state.webhook, Math.floor(now() / 60)]
    : [tab, user(), state.chatId, group(), Math.floor(now() / 60)]);
  if (shape === drawn && panel.childElementCount) return;
  drawn = shape;
  const at = panel.scrollTop;
  const focused = document.activeElement?.dataset?.testid;
  if (!user()) panel.replaceChildren(h("p", { class: "nothing" }, "Add a customer first."));
  else panel.replaceChildren(...(tab === "controls" ? controls() : isPrivate() ? personCards() : groupCards()));
  panel.scrollTop = at;
  if (focused) panel.querySelector(`[data-testid="${focused}"]`)?.focus();
}
