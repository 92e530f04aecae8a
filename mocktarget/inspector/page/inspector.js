// The page is made of fragments that the server renders; this file fetches them,
// follows the tenant's events and turns keys and buttons into requests.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const body = document.body;
const main = $("#main"), drawer = $("#drawer"), work = $("#work");
const views = [...document.querySelectorAll("nav [data-view]")].map((tab) => tab.dataset.view);
const tenant = body.dataset.tenant;
const api = `${body.dataset.api}/tenants`;
const path = (name) => encodeURIComponent(name);

let view = "", shown = 0, paused = false, waiting = false, behind = false, opened = "";
let form = {}; // what the view was asked with

// Views.

async function fragment(url) {
  const answer = await fetch(url);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text.trim() || `${answer.status} ${answer.statusText}`);
  return text;
}

async function show(name, asked = {}) {
  if (name !== view) close();
  view = name;
  form = asked;
  history.replaceState(null, "", `#${name}`);
  for (const tab of document.querySelectorAll("nav [data-view]")) tab.setAttribute("aria-selected", String(tab.dataset.view === name));
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value));
  const focused = document.activeElement?.id;
  const mine = ++shown;
  try {
    const text = await fragment(`${path(tenant)}/${name}?${query}`);
    if (mine !== shown) return; // another view was asked for meanwhile
    main.innerHTML = text;
  } catch (error) {
    if (mine === shown) fail(error);
    return;
  }
  if (focused === "filter") {
    const input = $("#filter");
    input?.focus();
    input?.setSelectionRange(input.value.length, input.value.length);
  }
  markPaused();
  follow(); // what happened while the view was on its way
}

const again = () => show(view, form);

function fail(error) {
  let place = $(".problem", main);
  if (!place) {
    place = Object.assign(document.createElement("p"), { className: "problem" });
    place.setAttribute("role", "alert");
    main.prepend(place);
  }
  place.textContent = error.message;
}

async function open(url) {
  try {
    drawer.innerHTML = await fragment(url);
  } catch (error) {
    drawer.textContent = error.message;
  }
  opened = url;
  drawer.hidden = false;
  drawer.scrollTop = 0;
  work.classList.add("open");
  select(main.querySelector(`[data-open="${CSS.escape(url)}"]`));
}

function close() {
  opened = "";
  drawer.hidden = true;
  work.classList.remove("open");
  select(null);
}

// Rows.

const rows = () => [...main.querySelectorAll("tbody tr[data-open]")];
const selected = () => main.querySelector('tr[aria-selected="true"]');

function select(row) {
  selected()?.removeAttribute("aria-selected");
  if (row?.matches("tr")) {
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
  }
}

function move(step) {
  const all = rows(), at = all.indexOf(selected());
  if (all.length === 0) return;
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
  if (opened) open(all[next].dataset.open);
  else select(all[next]);
}

// The timeline shows the newest exchange first and never more rows than this.
const mostRows = 500;

async function follow() {
  if (view !== "timeline" || paused) return;
  behind = waiting;
  if (waiting) return;
  const body = $("#rows");
  if (!body) return; // the view is on its way and follows by itself
  waiting = true;
  const last = $("tr", body)?.dataset.seq ?? 0;
  const query = new URLSearchParams({ since: last, filter: form.filter ?? "" });
  try {
    const more = await fragment(`${path(tenant)}/timeline?${query}`);
    if (body.isConnected && more.includes("<tr")) {
      body.insertAdjacentHTML("afterbegin", more);
      $("#nothing")?.remove();
      for (const row of body.children) {
        if (Number(row.dataset.seq) <= Number(last)) break;
        row.classList.add("fresh");
      }
      while (body.children.length > mostRows) body.lastElementChild.remove();
    }
  } catch (error) {
    fail(error);
  } finally {
    waiting = false;
    if (behind) follow(); // something happened after the server had answered
  }
}

function markPaused() {
  const button = $("#pause");
  if (!button) return;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Resume" : "Pause";
}

function pause() {
  paused = !paused;
  markPaused();
  if (!paused) again();
}

// Events. A burst of them, or what a button did and the event it causes, is one
// fetch.

let soon;
function refresh() {
  clearTimeout(soon);
  soon = setTimeout(() => {
    if (view === "timeline") follow();
    else if (!$("dialog[open]")) again();
  }, 60);
}

function listen() {
  const events = new EventSource(`${api}/${path(tenant)}/events`);
  const live = $("#live");
  events.onopen = () => { live.classList.add("on"); live.title = "live"; };
  events.onerror = () => { live.classList.remove("on"); live.title = "not connected, trying again"; };
  events.addEventListener("exchange", () => ["timeline", "findings"].includes(view) && refresh());
  events.addEventListener("forget", () => ["timeline", "findings"].includes(view) && again());
  for (const kind of ["violation", "reset", "seed", "restore", "save", "settings", "clock"]) events.addEventListener(kind, refresh);
}

// Buttons: data-act is a method and a path below the tenant's part of the API.

function ask(question, value) {
  return new Promise((done) => {
    const dialog = document.createElement("dialog");
    const asked = document.createElement("form");
    asked.method = "dialog";
    const text = Object.assign(document.createElement("p"), { textContent: question });
    const input = Object.assign(document.createElement("input"), { className: "wide", required: true, value: value ?? "" });
    const bar = Object.assign(document.createElement("div"), { className: "bar" });
    const yes = Object.assign(document.createElement("button"), { textContent: "OK", value: "yes" });
    const no = Object.assign(document.createElement("button"), { textContent: "Cancel", value: "no", formNoValidate: true });
    bar.append(yes, no);
    asked.append(text, ...(value === undefined ? [] : [input]), bar);
    dialog.append(asked);
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(dialog.returnValue === "yes" ? input.value || true : null);
    });
    body.append(dialog);
    dialog.showModal();
  });
}

async function call(method, url, payload) {
  const answer = await fetch(url, {
    method,
    headers: payload === undefined ? {} : { "Content-Type": "application/json" },
    body: payload === undefined ? undefined : JSON.stringify(payload),
  });
  if (answer.ok) return;
  const problem = await answer.json().catch(() => ({}));
  throw new Error([problem.detail, ...(problem.errors ?? []).map((e) => e.message)].filter(Boolean).join("; ") || `${answer.status} ${answer.statusText}`);
}

async function act(button) {
  const [method, below] = button.dataset.act.split(" ");
  const owner = button.closest("[data-tenant]").dataset.tenant;
  let payload = button.dataset.body ? JSON.parse(button.dataset.body) : undefined;
  if (button.dataset.ask && !(await ask(button.dataset.ask))) return;
  if (button.dataset.prompt) {
    const value = await ask(button.dataset.prompt, "");
    if (value === null) return;
    payload = { ...payload, [button.dataset.field]: "number" in button.dataset ? Number(value) : value };
  }
  try {
    await call(method, [api, path(owner), below].filter(Boolean).join("/"), payload);
    if (method === "DELETE" && !below && owner === tenant) return go("default");
    if (button.dataset.field === "to") return go(payload.to);
    refresh();
  } catch (error) {
    fail(error);
  }
}

function go(name) {
  location.search = `?tenant=${path(name)}`;
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.replaceWith(Object.assign(document.createElement("pre"), { textContent: button.dataset.copy }));
  }
}

function theme() {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = localStorage.theme = dark ? "light" : "dark";
}

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  if (at("[data-view]")) show(at("[data-view]").dataset.view);
  else if (at("[data-close]")) close();
  else if (at("[data-copy]")) copy(at("[data-copy]"));
  else if (at("[data-act]")) act(at("[data-act]"));
  else if (at("[data-show]")) go(at("[data-show]").dataset.show);
  else if (at("#pause")) pause();
  else if (at("#theme")) theme();
  else if (at("#help")) $("#keys").showModal();
  else if (at("[data-open]")) open(at("[data-open]").dataset.open);
});

document.addEventListener("submit", async (event) => {
  if (event.target.dataset.viewForm) {
    event.preventDefault();
    show(event.target.dataset.viewForm, Object.fromEntries(new FormData(event.target, event.submitter)));
  } else if ("create" in event.target.dataset) {
    event.preventDefault();
    try {
      const { name } = Object.fromEntries(new FormData(event.target));
      await call("POST", api, { name });
      go(name);
    } catch (error) {
      fail(error);
    }
  }
});

let typing;
document.addEventListener("input", (event) => {
  if (view !== "timeline" || event.target.id !== "filter") return;
  clearTimeout(typing);
  typing = setTimeout(() => show("timeline", { filter: event.target.value }), 250);
});

// Tenants come into being while the page is open.
async function offerTenants() {
  const select = $("#tenant");
  try {
    const { items } = await (await fetch(api)).json();
    const known = new Set([...select.options].map((option) => option.value));
    for (const { name } of items) if (!known.has(name)) select.add(new Option(name));
  } catch { /* what is known can still be chosen */ }
}
for (const event of ["pointerenter", "focus"]) $("#tenant").addEventListener(event, offerTenants);

$("#tenant").addEventListener("change", (event) => go(event.target.value));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (event.target.matches("input, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const keys = {
    j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
    Enter: () => selected() && !event.target.matches("button, a") && open(selected().dataset.open),
    Escape: close, p: () => view === "timeline" && pause(), c: () => $("#curl") && copy($("#curl")),
    t: () => $("#tenant").focus(), d: theme, "?": () => $("#keys").showModal(), "/": () => $("#filter")?.focus(),
  };
  const tab = views[Number(event.key) - 1];
  const todo = tab ? () => show(tab) : keys[event.key];
  if (!todo) return;
  if (event.key !== "Enter" || selected()) {
    if (!event.target.matches("button, a") || event.key !== "Enter") event.preventDefault();
    todo();
  }
});

if (localStorage.theme) document.documentElement.dataset.theme = localStorage.theme;
show(views.includes(location.hash.slice(1)) ? location.hash.slice(1) : views[0]);
listen();
