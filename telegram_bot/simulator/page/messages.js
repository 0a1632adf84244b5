// The messages of the open chat: bubbles, keyboards, invoices, service notes.
import { act } from "./api.js";
import { alertDialog, complain, toast } from "./dialogs.js";
import { arrange, avatar, clockTime, count, day, h, icon, star, starry } from "./dom.js";
import { followLink } from "./links.js";
import { openPayment } from "./payment.js";
import { serviceText } from "./preview.js";
import { changed, group, isPrivate, messagesOf, state, user } from "./store.js";
import { formatted } from "./text.js";

const GAP_SECONDS = 300;
const nodes = new Map();

export const openAddress = (address) => followLink(address, { pay: openPayment });

const textActions = {
  open: openAddress,
  send: (text) => act(user().id, "send", { text, chat_id: state.chatId }).catch(complain),
};

const isService = (message) => Boolean(serviceText(message.body, ""));

/** Out are the messages of whoever sits in front of the screen. */
function isOut(message) {
  return isPrivate() ? !message.from_bot : message.body.from?.id === state.userId;
}

/** "pending" until the bot took the message; a log that was lost means it did long ago. */
function delivery(message) {
  const entry = state.log.findLast((one) => one.kind === "update" && one.request.message?.message_id === message.message_id && one.request.message.chat.id === message.chat_id);
  if (!entry || entry.status === "delivered") return "delivered";
  return entry.status === "pending" || entry.status === "retrying" ? "pending" : "lost";
}

function meta(message) {
  const isMine = isOut(message);
  const status = isMine ? delivery(message) : "";
  const words = { delivered: "Taken by the bot", pending: "Waiting for the bot", lost: "Never reached the bot" };
  return h("span", { class: "meta", title: isMine ? words[status] : undefined },
    // Telegram's apps keep quiet about edits of messages with buttons.
    message.body.edit_date && !message.body.reply_markup ? "edited " : "",
    h("time", { datetime: new Date(message.body.date * 1000).toISOString() }, clockTime(message.body.date)),
    isMine && icon(status === "delivered" ? "checks" : status === "pending" ? "clock" : "close"));
}

function quote(body) {
  const original = body.reply_to_message;
  if (!original) return null;
  return h("div", { class: "quote" }, h("b", {}, original.from?.first_name || ""), (original.text || original.caption || "Message").slice(0, 90));
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`;
}

function content(body) {
  const caption = body.caption && formatted(body.caption, body.caption_entities, textActions);
  if (body.photo) {
    const photo = body.photo.at(-1);
    return [h("img", { class: "photo", src: `/files/${encodeURIComponent(photo.file_id)}`, alt: body.caption || "Photo", width: photo.width, height: photo.height }), caption];
  }
  if (body.document) {
    const file = body.document;
    return [h("a", { class: "file", href: `/files/${encodeURIComponent(file.file_id)}`, download: file.file_name },
      h("span", { class: "file-icon" }, icon("file")),
      h("span", {}, h("b", {}, file.file_name), h("small", {}, size(file.file_size)))), caption];
  }
  if (body.invoice) return [invoiceCard(body.invoice)];
  if (body.contact) return [h("span", { class: "text" }, `${body.contact.first_name}, ${body.contact.phone_number}`)];
  return [formatted(body.text || "", body.entities, textActions)];
}

function invoiceCard(invoice) {
  const price = invoice.currency === "XTR"
    ? [star(), count(invoice.total_amount)]
    : `${new Intl.NumberFormat("en-US", { style: "currency", currency: invoice.currency }).format(invoice.total_amount / 100)}`;
  return h("div", { class: "invoice" }, h("h3", {}, invoice.title), h("p", {}, invoice.description),
    h("span", { class: "price" }, price), h("span", { class: "kind" }, "Invoice"));
}

const SYMBOLS = { url: "link", copy_text: "copy", web_app: "app", login_url: "link" };

function keyLabel(button, message) {
  const isPaid = button.pay && state.invoices[message.invoice_id]?.is_paid;
  return isPaid ? ["Receipt"] : starry(button.text.replace("XTR", "⭐"));
}

async function press(message, button, place) {
  const key = `${message.chat_id}:${message.message_id}:${place.row}:${place.column}`;
  if (button.url) return openAddress(button.url);
  if (button.pay) return openPayment({ message_id: message.message_id });
  if (button.copy_text) {
    await navigator.clipboard?.writeText(button.copy_text.text).catch(() => {});
    return toast("Copied to the clipboard");
  }
  if (!button.callback_data) return toast("The simulator does not act out this kind of button.");
  state.busy.add(key);
  changed();
  try {
    const { answer } = await act(user().id, "press", { chat_id: message.chat_id, message_id: message.message_id, ...place, wait: 25 });
    if (!answer) toast("The bot did not answer this button.", { bad: true });
    else if (answer.show_alert) alertDialog(answer.text, state.bot.first_name);
    else if (answer.text) toast(answer.text);
    if (answer?.url) openAddress(answer.url);
  } catch (error) {
    complain(error);
  }
  state.busy.delete(key);
  changed();
  return null;
}

function keyboard(message) {
  const lines = message.body.reply_markup?.inline_keyboard;
  if (!lines) return null;
  return h("div", { class: "keyboard" }, lines.map((line, row) => h("div", { class: "keys" }, line.map((button, column) => {
    const isBusy = state.busy.has(`${message.chat_id}:${message.message_id}:${row}:${column}`);
    const symbol = Object.keys(SYMBOLS).find((name) => button[name]);
    return h("button", {
      class: `key ${button.style || ""} ${isBusy ? "busy" : ""}`, type: "button",
      "data-testid": button.pay ? "pay-button" : "inline-button",
      "aria-busy": isBusy ? "true" : undefined, disabled: Boolean(button.disabled),
      onclick: () => { if (!isBusy) press(message, button, { row, column }); },
    }, keyLabel(button, message), symbol && icon(SYMBOLS[symbol], "corner"));
  }))));
}

function bubble(message, flags) {
  const body = message.body;
  const author = !isPrivate() && !isOut(message) && flags.first ? (body.from?.first_name || body.sender_chat?.title) : null;
  const isBare = body.photo && !body.caption;
  return h("article", {
    class: ["msg", isOut(message) && "out", flags.first && "first", flags.last && "last", body.reply_markup && "keyed"].filter(Boolean).join(" "),
    "data-testid": "message", "data-id": message.message_id,
  },
  h("div", { class: isBare ? "bubble only-photo" : "bubble" },
    author && h("div", { class: "author" }, author), quote(body), content(body), meta(message)),
  keyboard(message));
}

function build(message, flags) {
  const service = serviceText(message.body, isPrivate() ? "You" : "");
  if (service) return h("div", { class: "service", "data-testid": "message" }, starry(service));
  return bubble(message, flags);
}

function signature(message, flags) {
  const busy = [...state.busy].filter((key) => key.startsWith(`${message.chat_id}:${message.message_id}:`)).join();
  return [message.version, flags.first, flags.last, state.userId, busy, isOut(message) && delivery(message), state.invoices[message.invoice_id]?.is_paid].join("|");
}

function flagsOf(messages, index) {
  const [before, message, after] = [messages[index - 1], messages[index], messages[index + 1]];
  const isApart = (one, other) => !one || !other || isService(one) || isService(other) || isOut(one) !== isOut(other)
    || one.body.from?.id !== other.body.from?.id || Math.abs(one.body.date - other.body.date) > GAP_SECONDS;
  return { first: isApart(before, message), last: isApart(message, after) };
}

function kept(key, sign, make) {
  const known = nodes.get(key);
  if (known?.sign === sign) return known.node;
  const node = make();
  nodes.set(key, { sign, node });
  return node;
}

function emptyNote() {
  const person = user();
  if (!isPrivate()) {
    return h("div", { class: "empty" }, h("p", {}, "Nothing has been posted here yet."));
  }
  return h("div", { class: "empty" }, avatar(state.bot.id, state.bot.first_name),
    h("h3", {}, "What can this bot do?"),
    h("p", {}, person.description || `${state.bot.first_name} sells from this chat.`),
    h("p", {}, `Press Start to open it as ${person.first_name}.`));
}

export function drawMessages() {
  const place = document.getElementById("messages");
  const scroll = document.getElementById("scroll");
  const isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
  const isOther = place.dataset.chat !== `${state.userId}:${state.chatId}`;
  // Drawn unseen, as on a phone behind the list of chats, it has not been scrolled to its end yet.
  place.dataset.chat = scroll.clientHeight ? `${state.userId}:${state.chatId}` : "";
  if (!user()) return arrange(place, []);
  const messages = messagesOf(state.chatId).filter((one) => isPrivate() || canRead(group()));
  const drawn = [];
  let lastDay = "";
  messages.forEach((message, index) => {
    const today = day(message.body.date);
    if (today !== lastDay) drawn.push(kept(`${state.chatId}d${today}`, today, () => h("div", { class: "day" }, today)));
    lastDay = today;
    const flags = flagsOf(messages, index);
    drawn.push(kept(`${message.chat_id}:${message.message_id}`, signature(message, flags), () => build(message, flags)));
  });
  if (!messages.length) drawn.push(kept(`e${state.userId}${state.chatId}`, user().description, emptyNote));
  arrange(place, drawn);
  if (isAtEnd || isOther) scroll.scrollTop = scroll.scrollHeight;
  return null;
}

function canRead(chat) {
  const member = chat?.members[state.userId];
  return member && !["left", "kicked"].includes(member.status);
}
