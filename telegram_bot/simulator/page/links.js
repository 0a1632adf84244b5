// Follows addresses: t.me ones stay inside the simulator, others open in a new tab.
import { act } from "./api.js";
import { complain, toast } from "./dialogs.js";
import { changed, open, state, user } from "./store.js";

function telegramTarget(address) {
  let url;
  try {
    url = new URL(address, "https://t.me");
  } catch {
    return null;
  }
  if (url.protocol === "tg:") {
    const values = url.searchParams;
    if (values.get("invite")) return { invite: `https://t.me/+${values.get("invite")}` };
    if (values.get("slug")) return { invoice: `https://t.me/$${values.get("slug")}` };
    return { name: values.get("domain") || "", start: values.get("start") || "" };
  }
  if (!["t.me", "telegram.me"].includes(url.hostname)) return null;
  const path = decodeURIComponent(url.pathname.slice(1));
  if (path.startsWith("+") || path.startsWith("joinchat/")) return { invite: `https://t.me/+${path.replace(/^\+|^joinchat\//u, "")}` };
  if (path.startsWith("$")) return { invoice: `https://t.me/${path}` };
  return { name: path, start: url.searchParams.get("start") || "" };
}

export async function joinByLink(address) {
  const { outcome } = await act(user().id, "join", { link: address });
  const found = [...state.groups.values()].find((one) => address in one.links);
  if (outcome === "requested") toast("Request to join sent. An administrator will decide.");
  if (found) open(user().id, found.id);
}

/** Start parameters that were followed and not pressed yet, as Telegram keeps a Start button. */
export function setStart(userId, parameter) {
  state.starts.set(userId, parameter);
  changed();
}

export function followLink(address, { pay }) {
  const target = telegramTarget(address);
  if (!target) {
    window.open(address, "_blank", "noopener,noreferrer");
  } else if (target.invite) {
    joinByLink(target.invite).catch(complain);
  } else if (target.invoice) {
    pay({ link: target.invoice });
  } else if (target.name.toLowerCase() === String(state.bot.username).toLowerCase()) {
    open(user().id);
    if (target.start) setStart(user().id, target.start);
  } else {
    toast(`The simulator knows only @${state.bot.username}.`);
  }
}
