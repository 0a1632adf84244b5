// The payment sheet: Stars in one tap, cards with a form.
import { act, post } from "./api.js";
import { complain, modal, row, toast } from "./dialogs.js";
import { count, fullName, goldenStar, h, icon, star, starry, tick } from "./dom.js";
import { state, user } from "./store.js";

const wait = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

/** Open the sheet for a message's invoice or a link's. */
export async function openPayment(which) {
  try {
    const invoice = await act(user().id, "invoice", which);
    if (invoice.is_paid) toast("This invoice has already been paid.");
    else if (invoice.currency === "XTR") starsSheet(invoice);
    else cardSheet(invoice);
  } catch (error) {
    complain(error);
  }
}

function done(dialog, invoice) {
  const price = invoice.currency === "XTR" ? [star(), ` ${count(invoice.total)}`] : invoice.price_text;
  dialog.querySelector(".sheet").replaceChildren(h("div", { class: "done", role: "status", "data-testid": "payment-done" },
    tick(), h("h2", {}, "Payment successful"), h("p", {}, "You paid ", price, ` for ${invoice.title}.`)));
  wait(1700).then(() => dialog.close());
}

async function pay(dialog, invoice, button, form = {}) {
  const label = [...button.childNodes];
  button.disabled = true;
  button.replaceChildren(h("span", { class: "spinner", role: "progressbar", "aria-label": "Paying" }));
  try {
    const result = await act(user().id, "pay", { invoice_id: invoice.id, ...form });
    if (result.ok) {
      done(dialog, invoice);
      return;
    }
    dialog.querySelector(".form-error").textContent = result.error;
  } catch (error) {
    dialog.querySelector(".form-error").textContent = error.message;
  }
  button.disabled = false;
  button.replaceChildren(...label);
}

function glints() {
  return [1, 2, 3, 4].map(() => star("glint"));
}

function starsSheet(invoice) {
  const balance = h("span", { class: "balance" });
  const actions = h("div", {});
  const terms = invoice.subscription_period ? " each month" : "";
  const dialog = modal(h("div", { class: "sheet", "data-testid": "payment-sheet" },
    h("div", { class: "sheet-top" },
      h("button", { class: "round", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")), balance),
    h("div", { class: "hero" }, goldenStar(), glints()),
    h("h2", {}, invoice.subscription_period ? "Subscribe" : "Confirm Your Purchase"),
    h("p", {}, "Do you want to buy ", h("b", {}, invoice.title), " in ", h("b", {}, state.bot.first_name), " for ",
      h("b", {}, `${count(invoice.total)} Stars`), `${terms}?`),
    h("p", { class: "form-error", role: "alert" }), actions,
    h("p", { class: "fine" }, "Simulated Stars. Nobody is charged.")), { className: "bottom", label: "Payment" });
  const show = () => {
    const stars = user().stars;
    balance.replaceChildren("Balance", h("b", { "data-testid": "stars-balance" }, star(), ` ${count(stars)}`));
    actions.replaceChildren(stars >= invoice.total ? confirmButton(dialog, invoice) : topUpButton(invoice, show));
  };
  show();
}

function confirmButton(dialog, invoice) {
  const button = h("button", {
    class: "button filled wide", "data-testid": "confirm-pay", autofocus: true,
    onclick: () => pay(dialog, invoice, button),
  }, "Confirm and Pay ", star(), ` ${count(invoice.total)}`);
  return button;
}

function topUpButton(invoice, show) {
  const missing = invoice.total - user().stars;
  return h("button", {
    class: "button filled wide", "data-testid": "top-up",
    onclick: async () => {
      const changed = await post(`/control/users/${user().id}`, { stars: invoice.total + 500 });
      state.users.set(changed.id, changed);
      show();
    },
  }, `Get ${count(missing)} more Stars (simulated)`);
}

const FIELDS = [
  ["need_name", "name", "Name"], ["need_phone_number", "phone_number", "Phone number"],
  ["need_email", "email", "Email"],
];
const ADDRESS = [
  ["street_line1", "Street", "12 Market Street"], ["street_line2", "Flat", ""], ["city", "City", "Springfield"],
  ["state", "State", "IL"], ["post_code", "Postcode", "62701"], ["country_code", "Country (two letters)", "US"],
];

function cardSheet(invoice) {
  const options = invoice.options;
  const inputs = {}, address = {};
  const example = { name: fullName(user()), phone_number: user().phone_number || "+15550100", email: `${user().first_name.toLowerCase()}@example.com` };
  const rows = FIELDS.filter(([need]) => options[need]).map(([, name, label]) => {
    inputs[name] = h("input", { class: "input", value: example[name] });
    return row(label, inputs[name]);
  });
  if (options.need_shipping_address) {
    const fields = ADDRESS.map(([name, label, value]) => {
      address[name] = h("input", { class: "input", value });
      return row(label, address[name]);
    });
    rows.push(...[0, 2, 4].map((at) => h("div", { class: "two" }, fields.slice(at, at + 2))));
  }
  const values = (from) => Object.fromEntries(Object.entries(from).map(([name, input]) => [name, input.value]));
  const shipping = h("div", {});
  const button = h("button", { class: "button filled wide", "data-testid": "confirm-pay" });
  let chosen = "";
  const dialog = modal(h("div", { class: "sheet", "data-testid": "payment-sheet" },
    h("div", { class: "sheet-top" },
      h("button", { class: "round", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")),
      h("span", { class: "balance" }, "Checkout", h("b", {}, state.bot.first_name))),
    h("h2", {}, invoice.title), h("p", {}, invoice.description),
    h("div", { class: "lines" }, invoice.prices.map((price) => line(price.label, price.amount, invoice)),
      line("Total", invoice.total, invoice, true)),
    h("div", { class: "form" }, rows, shipping),
    h("p", { class: "form-error", role: "alert" }), button,
    h("p", { class: "fine" }, "Paid with a simulated card ending in 4242. No real money.")), { className: "bottom", label: "Payment" });
  const form = () => ({ ...values(inputs), address: values(address), shipping_option_id: chosen });
  const needsShipping = Boolean(options.is_flexible);
  button.replaceChildren(needsShipping ? "Choose shipping" : `Pay ${invoice.price_text}`);
  button.onclick = () => {
    if (!needsShipping || chosen) pay(dialog, invoice, button, form());
    else askShipping(dialog, invoice, shipping, values(address), (id) => { chosen = id; button.replaceChildren("Pay"); });
  };
}

async function askShipping(dialog, invoice, place, address, choose) {
  try {
    const options = await act(user().id, "shipping", { invoice_id: invoice.id, address });
    place.replaceChildren(h("span", { class: "form-label" }, "Shipping"), ...options.map((option) => h("label", { class: "check" },
      h("input", { type: "radio", name: "shipping", onchange: () => choose(option.id) }),
      `${option.title} · ${amount(option.prices.reduce((sum, one) => sum + one.amount, 0), invoice)}`)));
  } catch (error) {
    dialog.querySelector(".form-error").textContent = error.message;
  }
}

function amount(minor, invoice) {
  return new Intl.NumberFormat("en-US", { style: "currency", currency: invoice.currency })
    .format(minor / 10 ** new Intl.NumberFormat("en-US", { style: "currency", currency: invoice.currency }).resolvedOptions().maximumFractionDigits);
}

function line(label, minor, invoice, isTotal = false) {
  return h("div", { class: isTotal ? "line total" : "line" }, h("span", {}, starry(label)), h("span", {}, amount(minor, invoice)));
}
