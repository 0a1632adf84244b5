// Toasts, alerts and forms.
import { post } from "./api.js";
import { h } from "./dom.js";
import { open, user } from "./store.js";

const LANGUAGES = [
  ["en", "English"], ["ru", "Russian"], ["de", "German"], ["es", "Spanish"], ["fr", "French"],
  ["en-GB", "English (UK)"], ["it", "Italian"], ["pt-br", "Portuguese (Brazil)"], ["tr", "Turkish"],
  ["uk", "Ukrainian"], ["zh-hans", "Chinese"], ["ja", "Japanese"], ["hi", "Hindi"],
];

export function toast(text, { bad = false } = {}) {
  const node = h("div", { class: bad ? "toast bad" : "toast", "data-testid": "toast" }, text);
  const place = document.getElementById("toasts");
  place.append(node);
  // A modal dialog lies above everything; what must be read goes into it.
  document.querySelector("dialog[open]")?.append(place);
  setTimeout(() => {
    node.remove();
    document.getElementById("chat").append(place);
  }, Math.min(7000, 2600 + text.length * 35));
}

export const complain = (error) => toast(error.message || String(error), { bad: true });

/** Show a modal dialog; returns the element, which removes itself when closed. */
export function modal(content, { className = "", label = "" } = {}) {
  const dialog = h("dialog", { class: className, "aria-label": label || undefined }, content);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    document.getElementById("chat").append(document.getElementById("toasts"));
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export function alertDialog(text, title) {
  const dialog = modal(h("div", { class: "dialog", "data-testid": "alert" },
    title && h("h2", {}, title), h("p", {}, text),
    h("div", { class: "dialog-actions" },
      h("button", { class: "button", "data-testid": "alert-ok", autofocus: true, onclick: () => dialog.close() }, "OK"))));
  return dialog;
}

export function confirmDialog(text, action, run) {
  const dialog = modal(h("div", { class: "dialog" }, h("p", {}, text),
    h("div", { class: "dialog-actions" },
      h("button", { class: "button", onclick: () => dialog.close() }, "Cancel"),
      h("button", { class: "button danger", onclick: () => { dialog.close(); run(); } }, action))));
}

export function row(label, input, help) {
  const id = `f${Math.random().toString(36).slice(2)}`;
  input.id = id;
  return h("div", { class: "form-row" }, h("label", { for: id }, label), input, help && h("span", { class: "form-help" }, help));
}

function form(title, rows, action, submit) {
  const error = h("p", { class: "form-error", role: "alert" });
  const send = h("button", { class: "button filled" }, action);
  const dialog = modal(h("form", {
    class: "dialog",
    method: "dialog",
    onsubmit: async (event) => {
      event.preventDefault();
      send.disabled = true;
      error.textContent = "";
      try {
        await submit();
        dialog.close();
      } catch (reason) {
        error.textContent = reason.message;
      }
      send.disabled = false;
    },
  }, h("h2", {}, title), rows, error, h("div", { class: "dialog-actions" },
    h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Cancel"), send)), { label: title });
}

export function newCustomer(setStart) {
  const name = h("input", { class: "input", required: true, maxlength: 64, autocomplete: "off", placeholder: "Maria", "data-testid": "new-name" });
  const last = h("input", { class: "input", maxlength: 64, autocomplete: "off", placeholder: "optional" });
  const language = h("select", { class: "input", "data-testid": "new-language" }, LANGUAGES.map(([code, title]) => h("option", { value: code }, `${title} (${code})`)));
  const start = h("input", { class: "input", maxlength: 64, pattern: "[A-Za-z0-9_\\-]*", autocomplete: "off", placeholder: "for example a referral code", "data-testid": "new-start" });
  form("New customer", [
    h("div", { class: "two" }, row("First name", name), row("Last name", last)),
    row("Language of their Telegram", language),
    row("Start parameter", start, "They arrive by a link t.me/bot?start=…; leave empty for none."),
  ], "Add", async () => {
    const added = await post("/control/users", {
      first_name: name.value, last_name: last.value, language: language.value, username: "",
    });
    if (start.value) setStart(added.id, start.value);
    open(added.id);
  });
}

export function newChannel() {
  const title = h("input", { class: "input", required: true, maxlength: 128, autocomplete: "off", placeholder: "VIP signals", "data-testid": "new-title" });
  const kind = h("select", { class: "input" }, h("option", { value: "channel" }, "Channel"), h("option", { value: "supergroup" }, "Group"));
  const isAdmin = h("input", { type: "checkbox", checked: true });
  form("New channel or group", [
    row("Title", title), row("Kind", kind),
    h("label", { class: "check" }, isAdmin, "The bot is an administrator"),
    h("p", { class: "form-help" }, `${user().first_name} will own it.`),
  ], "Create", async () => {
    const made = await post("/control/groups", {
      title: title.value, type: kind.value, owner_id: user().id,
      bot_status: isAdmin.checked ? "administrator" : "left",
    });
    open(user().id, made.id);
  });
}

export function prompt(title, label, value, submit) {
  const input = h("input", { class: "input", value, required: true, autocomplete: "off" });
  form(title, [row(label, input)], "Save", () => submit(input.value));
}
