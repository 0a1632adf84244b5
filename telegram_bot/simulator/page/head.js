// The bar above the messages, and the banner that says when no bot listens.
import { avatar, fullName, h, icon } from "./dom.js";
import { placeIn, placeWord } from "./people.js";
import { group, isPrivate, state, user } from "./store.js";

const ACTIONS = { typing: "typing", upload_photo: "sending a photo", upload_document: "sending a file" };

function status() {
  const typing = state.typing.get(state.chatId);
  if (typing && typing.until > Date.now()) return h("p", { class: "typing" }, `${ACTIONS[typing.action] || "busy"}…`);
  if (isPrivate()) return h("p", {}, "bot");
  const chat = group();
  const inside = Object.values(chat.members).filter((one) => !["left", "kicked"].includes(one.status)).length;
  const word = chat.type === "channel" ? "subscriber" : "member";
  return h("p", {}, `${inside} ${word}${inside === 1 ? "" : "s"}`);
}

export function drawHead() {
  const place = document.getElementById("chat-head");
  const person = user();
  if (!person) return place.replaceChildren(h("div", { class: "chat-title" }, h("h2", {}, "Simulator")));
  const chat = group();
  const name = chat ? chat.title : state.bot.first_name;
  const role = chat ? placeWord(placeIn(chat, person)) : person.language_code.toUpperCase();
  place.replaceChildren(
    h("button", { class: "round back", "aria-label": "Back to the chats", onclick: () => { document.getElementById("app").dataset.view = "list"; } }, icon("back")),
    avatar(chat ? chat.id : state.bot.id, name, "small", chat && (chat.type === "channel" ? "megaphone" : "group")),
    h("div", { class: "chat-title" }, h("h2", {}, name), status()),
    h("div", { class: "as", title: `You are ${fullName(person)} here` }, avatar(person.id, fullName(person), "tiny"),
      h("span", {}, h("strong", {}, `as ${person.first_name}`), h("small", {}, role))));
  return null;
}

export function drawBanner() {
  const banner = document.getElementById("banner");
  const { url, pending_update_count: pending, last_error_message: error } = state.webhook;
  const polledLately = state.log.some((entry) => entry.kind === "call");
  let text = null;
  if (!state.isOnline) text = "The simulator does not answer. It will be tried again.";
  else if (!url && !polledLately) text = ["No bot is connected yet. Start the shop, or call ", h("code", {}, "setWebhook"), "; what is written here waits for it."];
  else if (url && pending > 0 && error && state.log.some((one) => one.status === "retrying")) text = `The bot could not take an update and will get it again: ${error}`;
  banner.hidden = !text;
  if (text) banner.replaceChildren(...[text].flat());
}
