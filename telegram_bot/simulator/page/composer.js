// Below the messages: the Start button, the field, commands, the reply keyboard, Join.
import { act } from "./api.js";
import { complain } from "./dialogs.js";
import { h, icon, starry } from "./dom.js";
import { joinByLink } from "./links.js";
import { openAddress } from "./messages.js";
import { placeIn } from "./people.js";
import { changed, group, isPrivate, messagesOf, state, user } from "./store.js";

const drafts = new Map();
let isMenuOpen = false;
let chosen = 0;
let drawnFor = "";

const field = () => document.getElementById("input");

async function say(text) {
  drafts.delete(state.chatId);
  isMenuOpen = false;
  try {
    await act(user().id, "send", { text, chat_id: state.chatId });
  } catch (error) {
    complain(error);
  }
}

async function start() {
  const parameter = state.starts.get(user().id) || "";
  state.starts.delete(user().id);
  await act(user().id, "start", { parameter }).catch(complain);
  changed();
}

function suggestions() {
  const text = field()?.value || "";
  const commands = user().commands;
  if (isMenuOpen) return commands;
  if (!/^\/\w*$/u.test(text)) return [];
  return commands.filter((one) => one.command.startsWith(text.slice(1).toLowerCase()));
}

function grow(input) {
  input.style.height = "38px";
  // On a phone the field is drawn behind the list of chats, where it measures nothing.
  input.style.height = `${Math.min(Math.max(input.scrollHeight, 38), 160)}px`;
}

function submit() {
  const text = field().value.trim();
  if (!text) return;
  field().value = "";
  grow(field());
  say(text);
  drawCommands();
}

function onKey(event) {
  const found = suggestions();
  if (event.key === "Escape" && isMenuOpen) {
    isMenuOpen = false;
    drawCommands();
  } else if (found.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    chosen = (chosen + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
    drawCommands();
  } else if (found.length && event.key === "Tab" && !event.shiftKey) {
    event.preventDefault();
    field().value = `/${found[chosen].command}`;
    drawCommands();
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  }
}

function drawCommands() {
  document.getElementById("commands")?.remove();
  const found = suggestions();
  chosen = Math.min(chosen, Math.max(found.length - 1, 0));
  if (!found.length) return;
  document.getElementById("composer").prepend(h("div", { class: "commands", id: "commands", role: "listbox", "aria-label": "Commands" },
    found.map((one, index) => h("button", {
      type: "button", role: "option", "aria-selected": String(index === chosen), "data-testid": "command",
      onclick: () => { field().value = ""; say(`/${one.command}`); drawCommands(); field().focus(); },
    }, h("b", {}, `/${one.command}`), h("span", {}, starry(one.description))))));
}

function menuButton() {
  const button = user().menu_button;
  if (button.type === "web_app") {
    return h("button", { class: "menu-button", type: "button", onclick: () => openAddress(button.web_app.url) }, icon("app"), button.text);
  }
  if (!user().commands.length) return null;
  return h("button", {
    class: "menu-button", type: "button", "data-testid": "menu-button", "aria-expanded": String(isMenuOpen), "aria-controls": "commands",
    onclick: () => { isMenuOpen = !isMenuOpen; chosen = 0; drawCommands(); },
  }, icon("menu"), "Menu");
}

function replyKeys() {
  const markup = state.keyboards[state.chatId];
  if (!isPrivate() || !markup) return null;
  return h("div", { class: "reply-keys" }, markup.keyboard.map((line) => h("div", { class: "keys" }, line.map((key) => {
    const button = typeof key === "string" ? { text: key } : key;
    return h("button", {
      class: "key", type: "button",
      onclick: () => (button.request_contact ? act(user().id, "send", { contact: true }).catch(complain) : say(button.text)),
    }, starry(button.text));
  }))));
}

function composer() {
  const input = h("textarea", {
    id: "input", "data-testid": "chat-input", rows: 1, placeholder: isPrivate() ? "Message" : "Write to the group",
    "aria-label": "Message", value: drafts.get(state.chatId) || "", onkeydown: onKey,
    oninput: () => { drafts.set(state.chatId, input.value); isMenuOpen = false; chosen = 0; grow(input); drawCommands(); },
  });
  return [
    h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); submit(); } },
      h("div", { class: "field" }, isPrivate() && menuButton(), input),
      h("button", { class: "send", "data-testid": "send", "aria-label": "Send" }, icon("send"))),
    replyKeys(),
  ];
}

function bigButton(text, testid, action, className = "start") {
  return [h("button", { class: className, type: "button", "data-testid": testid, onclick: action }, text)];
}

function groupZone() {
  const chat = group();
  const person = user();
  const place = placeIn(chat, person);
  const link = Object.values(chat.links).findLast((one) => !one.is_revoked && (!one.expire_date || one.expire_date > Date.now() / 1000 + state.offset));
  if (place === "kicked") return [h("div", { class: "note" }, `${person.first_name} was removed from this chat.`)];
  if (place === "requested") {
    return bigButton("Request sent. Cancel it", "cancel-request", () => act(person.id, "leave", { chat_id: chat.id }).catch(complain), "start plain");
  }
  if (place === "left") {
    if (!link) return [h("div", { class: "note" }, "There is no invite link into this chat.")];
    const words = link.creates_join_request ? "Request to Join" : chat.type === "channel" ? "Join Channel" : "Join Group";
    return bigButton(words, "join-button", () => joinByLink(link.link).catch(complain));
  }
  const mayWrite = chat.type === "supergroup" || chat.owner_id === person.id;
  if (mayWrite) return composer();
  return bigButton("Leave channel", "leave-button", () => act(person.id, "leave", { chat_id: chat.id }).catch(complain), "start plain");
}

function privateZone() {
  const person = user();
  const hasMessages = messagesOf(person.id).length > 0;
  if (person.has_blocked) return bigButton("Unblock", "unblock-button", () => act(person.id, "block", { blocked: false }).catch(complain));
  if (state.starts.has(person.id) || !hasMessages) return bigButton("START", "start-button", start);
  return composer();
}

export function drawComposer() {
  const zone = document.getElementById("composer");
  const person = user();
  if (!person) return zone.replaceChildren();
  const chat = group();
  const shape = JSON.stringify([
    person.id, state.chatId, person.has_blocked, state.starts.get(person.id), messagesOf(person.id).length > 0,
    person.commands, person.menu_button, state.keyboards[state.chatId], chat && [placeIn(chat, person), chat.links],
  ]);
  if (shape === drawnFor) return null;
  drawnFor = shape;
  const hadFocus = document.activeElement?.id === "input";
  zone.replaceChildren(...(isPrivate() ? privateZone() : groupZone()).filter(Boolean));
  if (field()) {
    grow(field());
    if (hadFocus || matchMedia("(hover: hover)").matches) field().focus({ preventScroll: true });
  }
  return null;
}
