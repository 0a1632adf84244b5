// Starts the page: loads, draws, listens.
import { post } from "./api.js";
import { drawComposer } from "./composer.js";
import { complain } from "./dialogs.js";
import { drawBanner, drawHead } from "./head.js";
import { drawInspector, toggleInspector } from "./inspector.js";
import { setStart } from "./links.js";
import { drawMessages } from "./messages.js";
import { drawPeople, drawSideHead } from "./people.js";
import { changed, listen, markRead, onChange, open, state } from "./store.js";

function draw() {
  document.title = state.bot.first_name ? `${state.bot.first_name} – Simulator` : "Simulator";
  drawPeople();
  drawHead();
  drawBanner();
  drawComposer();
  drawMessages();
  drawInspector();
  markRead();
}

/** `/?user=ID&name=Maria&language=es&start=code` opens a customer's chat, adding them if need be. */
async function followAddress() {
  const wish = new URLSearchParams(location.search);
  const id = Number(wish.get("user") || 0);
  if (!id && !wish.get("name")) return;
  const person = await post("/control/users", {
    id, first_name: wish.get("name") || `Customer ${id}`, language: wish.get("language") || "en", reuse: true,
  });
  state.users.set(person.id, person);
  if (wish.get("start")) setStart(person.id, wish.get("start"));
  open(person.id);
  history.replaceState(null, "", "/");
}

async function begin() {
  onChange(draw);
  drawSideHead(toggleInspector);
  await listen();
  if (localStorage.getItem("inspector")) toggleInspector();
  drawSideHead(toggleInspector);
  await followAddress();
  document.addEventListener("visibilitychange", () => changed());
  setInterval(changed, 30000);
}

begin().catch(complain);
