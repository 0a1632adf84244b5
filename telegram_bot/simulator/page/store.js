// Holds what the page shows, and keeps it true by listening to the simulator's events.
import { get, post } from "./api.js";

export const state = {
  bot: {}, offset: 0, users: new Map(), groups: new Map(), chats: new Map(), invoices: {},
  keyboards: {}, log: [], faults: [], webhook: {}, isOnline: true,
  userId: null, chatId: null, starts: new Map(), busy: new Set(), typing: new Map(),
};
const listeners = new Set();
let drawing = false;

export function onChange(listener) { listeners.add(listener); }

/** Draw everything again, once, before the next frame. */
export function changed() {
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    for (const listener of listeners) listener();
  });
}

export const user = () => state.users.get(state.userId);
export const group = () => state.groups.get(state.chatId);
export const isPrivate = () => state.chatId === state.userId;
export const messagesOf = (chatId) => [...(state.chats.get(chatId)?.values() || [])];
export const now = () => Date.now() / 1000 + state.offset;

function putMessage(message) {
  if (!state.chats.has(message.chat_id)) state.chats.set(message.chat_id, new Map());
  const chat = state.chats.get(message.chat_id);
  if (chat.get(message.message_id)?.version > message.version) return;
  chat.set(message.message_id, message);
  state.typing.delete(message.chat_id);
}

// Events that arrive while a snapshot is on its way: they may be newer than it.
let later = [];
let loads = 0;

function show(all) {
  Object.assign(state, {
    bot: all.bot, offset: all.offset, invoices: all.invoices, keyboards: all.reply_keyboards,
    log: all.log, faults: all.faults, webhook: all.webhook,
    users: new Map(all.users.map((one) => [one.id, one])),
    groups: new Map(all.groups.map((one) => [one.id, one])),
    chats: new Map(),
  });
  all.messages.forEach(putMessage);
  if (!state.users.has(state.userId)) {
    state.userId = all.users[0]?.id ?? null;
    state.chatId = state.userId;
  }
}

async function load() {
  loads += 1;
  try {
    show(await get("/control/snapshot"));
  } finally {
    loads -= 1;
    if (!loads) later.splice(0).forEach(apply);
    changed();
  }
}

async function loadUsers() {
  const users = await get("/control/users");
  state.users = new Map(users.map((one) => [one.id, one]));
  changed();
}

async function loadWebhook() {
  state.webhook = await get("/control/webhook");
  changed();
}

function soon(action) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => action().catch(() => {}), 40);
  };
}
const refreshUsers = soon(loadUsers);
const refreshWebhook = soon(loadWebhook);

const handlers = {
  message: (event) => putMessage(event.message),
  deleted: (event) => state.chats.get(event.chat_id)?.delete(event.message_id),
  group: (event) => state.groups.set(event.group.id, event.group),
  invoice: (event) => {
    state.invoices[event.invoice_id] = { ...state.invoices[event.invoice_id], is_paid: event.is_paid };
  },
  reply_keyboard: (event) => { state.keyboards[event.chat_id] = event.keyboard; },
  action: (event) => {
    state.typing.set(event.chat_id, { action: event.action, until: Date.now() + 5000 });
    setTimeout(changed, 5100);
  },
  log: (event) => putEntry(event.entry),
  faults: (event) => { state.faults = event.faults; },
  clock: (event) => { state.offset = event.now - Date.now() / 1000; },
  webhook: refreshWebhook, failed: refreshWebhook, delivered: refreshWebhook, expired: refreshWebhook,
  polled: refreshWebhook, queued: refreshWebhook,
  user: refreshUsers, commands: refreshUsers, bot: load, ledger: refreshUsers, subscription: refreshUsers,
  reset: load, resync: load,
};

function putEntry(entry) {
  const index = state.log.findLastIndex((one) => one.id === entry.id);
  if (index >= 0) state.log[index] = entry;
  else state.log.push(entry);
  if (state.log.length > 600) state.log.shift();
}

function apply(event) {
  handlers[event.kind]?.(event);
  changed();
}

/** Listen, and load everything whenever listening begins; resolves with the first load. */
export function listen() {
  const source = new EventSource("/control/events");
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (loads) later.push(event);
    else apply(event);
  };
  source.onerror = () => { state.isOnline = false; changed(); };
  return new Promise((done, fail) => {
    source.onopen = () => {
      state.isOnline = true;
      load().then(done, fail);
    };
  });
}

export function unread(person, chatId = person.id) {
  if (chatId !== person.id) return 0;
  return messagesOf(chatId).filter((one) => one.from_bot && one.message_id > person.read_up_to).length;
}

/** Open a chat: of a person with the bot, or a channel as that person sees it. */
export function open(userId, chatId = userId) {
  state.userId = userId;
  state.chatId = chatId;
  document.getElementById("app").dataset.view = "chat";
  changed();
}

/** Say that the open chat has been read, as soon as its latest message is seen. */
export function markRead() {
  const person = user();
  if (!person || !isPrivate() || document.hidden || !unread(person)) return;
  if (matchMedia("(max-width: 760px)").matches && document.getElementById("app").dataset.view !== "chat") return;
  person.read_up_to = Math.max(...messagesOf(person.id).map((one) => one.message_id));
  post(`/control/users/${person.id}`, { read_up_to: person.read_up_to }).catch(() => {});
}
