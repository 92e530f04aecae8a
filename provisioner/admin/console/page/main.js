// The frame of the page: the key, which view is shown, and when it is read again.

import { $, closeDrawer, draw, el } from "./dom.js";
import { Gone, get, hasKey, setKey } from "./api.js";
import { overview } from "./overview.js";
import { app, tabs } from "./app.js";
import { connect } from "./settings.js";

const main = $("#main");
let view = null, timer = 0, running = null, once = false, misses = 0;

// Views. A view reads and draws itself, and says in milliseconds when to do so again, or
// nothing if it stays as it is.

function route() {
  const [first, name, tab = ""] = location.hash.replace(/^#\/?/, "").split("/").map(plain);
  closeDrawer();
  main.replaceChildren();
  $("#trouble").textContent = "";
  running?.abort();
  if (!hasKey()) return signIn();
  const known = tabs.some((t) => t.name === tab) ? tab : "";
  const same = view?.app === name && first === "apps";
  view = first === "apps" && name ? app(main, name, known, refresh) : first === "connect" ? connect(main) : overview(main, refresh);
  document.title = `${view.title} · scimwright`;
  draw($("#where"), view.app ?? "");
  draw($("#tabs"), (view.app ? tabs : []).map((t, i) => el("a", {
    href: `#/apps/${encodeURIComponent(view.app)}${t.name && `/${t.name}`}`, title: `${t.title} (${i + 1})`,
    "aria-current": t.name === known && "page",
  }, t.title)));
  if (!same) main.focus({ preventScroll: true });
  refresh();
}

function plain(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// refresh reads the view again, now or once it has been read.
function refresh() {
  if (running) once = true;
  else read();
}

const quickest = 2000;

async function read() {
  clearTimeout(timer);
  if (!view || document.hidden) return;
  const mine = view, began = performance.now();
  running = new AbortController();
  let pace;
  try {
    pace = await mine.refresh(running.signal);
    alive(true);
  } catch (error) {
    if (error.name === "AbortError") pace = mine === view ? quickest : undefined;
    else if (error instanceof Gone) {
      alive(false, "The service does not answer. This goes on as soon as it does.");
      pace = Math.min(quickest * 2 ** misses++, 15_000);
    } else if (error.status !== 401) {
      alive(true, error.message);
      pace = 10_000;
    }
  }
  running = null;
  const again = once || mine !== view;
  once = false;
  if (again && view) read();
  else if (pace && view) timer = setTimeout(read, Math.max(pace, quickest, 10 * (performance.now() - began)));
}

// alive shows whether the service answers, and what is wrong with the view as a whole.
function alive(is, trouble = "") {
  const live = $("#live"), place = $("#trouble");
  live.classList.toggle("on", is);
  live.title = is ? "connected" : "not connected, trying again";
  if (is) misses = 0;
  if (place.textContent !== trouble) place.textContent = trouble;
}

document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));

// The key.

function signIn(why = "") {
  view = null;
  $("#forget").hidden = true;
  document.title = "scimwright";
  draw($("#where"));
  draw($("#tabs"));
  closeDrawer();
  const input = el("input.wide", { type: "password", id: "key", required: true, autocomplete: "off" });
  main.replaceChildren(el("form.card.signin", {
    onsubmit: (event) => {
      event.preventDefault();
      const given = input.value.trim();
      if (!/^[ -~]+$/.test(given)) return signIn("This holds a character that cannot be sent: check what was pasted.");
      setKey(given);
      enter();
    },
  },
  el("h2", "scimwright"),
  el("label", { for: "key" }, "API key of the service"),
  el("div.bar", input, el("button.main", "Open")),
  el("p.problem", { role: "alert" }, why),
  el("p.hint", "It is kept in this tab of the browser until that is closed.")));
  input.focus();
}

async function enter() {
  try {
    await get("/apps");
  } catch (error) {
    if (error.status !== 401) {
      setKey("");
      signIn(error.message);
    }
    return;
  }
  opened();
}

function opened() {
  $("#forget").hidden = false;
  route();
}

addEventListener("refused", ({ detail }) => {
  if (!hasKey()) return;
  setKey("");
  running?.abort();
  for (const box of document.querySelectorAll("dialog")) box.close("no");
  signIn(`The service refuses the key: ${detail}`);
});

$("#forget").onclick = () => {
  setKey("");
  running?.abort();
  signIn();
};

// Light, dark and keys.

function theme() {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = localStorage.theme = dark ? "light" : "dark";
}

$("#theme").onclick = theme;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (event.key === "Escape") {
    if (event.target.matches("input, select, textarea")) event.target.blur();
    else closeDrawer();
    return;
  }
  if (event.target.matches("input, select, textarea")) return;
  const tab = $("#tabs").children[Number(event.key) - 1];
  if (tab) tab.click();
  else if (event.key === "d") theme();
  else if (event.key === "/" && $("#filter")) {
    event.preventDefault();
    $("#filter").focus();
  }
});

addEventListener("hashchange", route);
if (localStorage.theme) document.documentElement.dataset.theme = localStorage.theme;
if (hasKey()) opened();
else signIn();
