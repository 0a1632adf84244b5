// Chooses light or dark before anything is drawn, so that the page does not flash.
"use strict";

const chosen = localStorage.getItem("theme");
const systemIsDark = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = chosen || (systemIsDark ? "dark" : "light");
