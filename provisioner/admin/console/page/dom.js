// Nodes are made of text, never of HTML: whatever an app has answered stays text.

export const $ = (selector, root = document) => root.querySelector(selector);

const handlers = ["onclick", "onchange", "oninput", "onsubmit"];
const live = ["value", "checked"]; // what belongs to whoever looks once it is shown

// el makes an element: "tag.class", its attributes and handlers if there are any, and what
// is in it.
export function el(name, ...kids) {
  const attributes = kids[0]?.constructor === Object ? kids.shift() : {};
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag);
  if (classes.length > 0) node.className = classes.join(" ");
  node.append(...kids.flat(Infinity).filter((kid) => kid !== undefined && kid !== null && kid !== false));
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (handlers.includes(key) || live.includes(key)) node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  return node;
}

// draw makes an element hold these nodes and touches only what differs, so that focus,
// selection and what was typed stay. Elements of one data-key are the same element.
export function draw(parent, ...kids) {
  const fresh = kids.flat(Infinity).filter((kid) => kid !== undefined && kid !== null && kid !== false);
  const keyed = new Map([...parent.children].filter((kid) => kid.dataset.key).map((kid) => [kid.dataset.key, kid]));
  let at = parent.firstChild;
  const pass = () => { while (at?.dataset && "kept" in at.dataset) at = at.nextSibling; };
  for (let kid of fresh) {
    if (!(kid instanceof Node)) kid = document.createTextNode(kid);
    pass();
    const key = kid.dataset?.key;
    const same = key ? keyed.get(key) : at && !at.dataset?.key && at.nodeName === kid.nodeName ? at : null;
    if (!same || same.nodeName !== kid.nodeName) {
      parent.insertBefore(kid, at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else parent.insertBefore(same, at);
    amend(same, kid);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    if (!gone.dataset || !("kept" in gone.dataset)) gone.remove();
  }
}

function amend(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open" && name !== "aria-busy") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const handler of handlers) old[handler] = fresh[handler];
  draw(old, ...fresh.childNodes);
}

// ask opens a dialog and returns what was filled in, null if somebody has thought better
// of it. What cannot be undone has its focus on the way out.
export function ask(title, kids, yes, { danger } = {}) {
  return new Promise((done) => {
    const no = el("button", { value: "no", formnovalidate: true, autofocus: danger }, "Cancel");
    const form = el("form", { method: "dialog" }, el("h2", title), kids,
      el("div.bar", el(danger ? "button.danger" : "button.main", { value: "yes" }, yes), no));
    const box = el("dialog", { "aria-label": title }, form);
    box.onclose = () => {
      const said = box.returnValue === "yes" ? Object.fromEntries(new FormData(form)) : null;
      box.remove();
      done(said);
    };
    document.body.append(box);
    box.showModal();
  });
}

// complain shows what went wrong beside where it was asked for; nothing takes it away.
export function complain(beside, error) {
  const place = beside.closest(".bar, form, .finding") ?? beside;
  if (place.nextElementSibling?.matches(".problem[data-kept]")) place.nextElementSibling.remove();
  if (error) place.after(el("p.problem", { role: "alert", "data-kept": true }, error.message));
}

// button returns a button that is busy until what it does is done.
export function button(text, act, { danger, title, disabled, main, key } = {}) {
  return el(danger ? "button.danger" : main ? "button.main" : "button", {
    type: "button", title, disabled, "data-key": key,
    onclick: async ({ currentTarget: pressed }) => {
      if (pressed.getAttribute("aria-busy")) return;
      pressed.setAttribute("aria-busy", "true");
      try {
        complain(pressed, null);
        await act(pressed);
      } catch (error) {
        if (error.name !== "AbortError") complain(pressed, error);
      } finally {
        pressed.removeAttribute("aria-busy");
      }
    },
  }, text);
}

// copier returns a button that copies a text.
export function copier(label, text) {
  return el("button", {
    type: "button",
    onclick: async ({ currentTarget: pressed }) => {
      try {
        await navigator.clipboard.writeText(text);
        pressed.textContent = "Copied";
      } catch {
        pressed.replaceWith(el("pre", text));
      }
    },
  }, label);
}

// table returns a table; a column is its title, with ">" before it if it holds numbers.
export function table(columns, rows, attributes) {
  const titles = columns.map((c) => c.replace(/^>/, ""));
  return el("table", attributes,
    el("thead", el("tr", columns.map((c) => el(c.startsWith(">") ? "th.number" : "th", c.replace(/^>/, ""))))),
    el("tbody", rows.map((row) => el("tr", {
      "data-key": row.key, "data-open": Boolean(row.open),
      onclick: row.open && ((event) => { if (!event.target.closest("a, button, input, summary")) row.open(); }),
    },
      row.cells.map((cell, i) => cell instanceof Node && cell.nodeName === "TD"
        ? (cell.setAttribute("data-title", titles[i]), cell)
        : el(columns[i].startsWith(">") ? "td.number" : "td", { "data-title": titles[i] }, cell))))));
}

// The drawer shows one thing beside the list that it is from.
let opener = null;

export function openDrawer(title, ...kids) {
  const drawer = $("#drawer");
  if (drawer.hidden) opener = document.activeElement;
  drawer.replaceChildren(
    el("div.title", el("h2", { tabindex: "-1" }, title), el("button", { onclick: closeDrawer, title: "Close (Esc)", "aria-label": "Close" }, "✕")),
    ...kids.flat(Infinity).filter(Boolean));
  drawer.hidden = false;
  drawer.scrollTop = 0;
  $("#work").classList.add("open");
  $("h2", drawer).focus();
  return drawer;
}

export function closeDrawer() {
  const drawer = $("#drawer");
  if (drawer.hidden) return;
  drawer.hidden = true;
  drawer.replaceChildren();
  $("#work").classList.remove("open");
  if (opener?.isConnected) opener.focus();
}
