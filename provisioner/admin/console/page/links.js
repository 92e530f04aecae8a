// Users and groups of an app: how far each is, what a person decides about one, what is
// held back, and what the app has that is nobody's here.

import { $, ask, button, closeDrawer, complain, draw, el, openDrawer, table } from "./dom.js";
import { at, call, get, ifThere, post } from "./api.js";
import { age, count, json, moment, number, state, who } from "./words.js";
import { attempts } from "./log.js";

const size = 100;
const states = ["pending", "waiting", "converged", "partial", "failing", "rejected", "refused", "not_honoured", "flapping", "conflict", "ambiguous",
  "needs_review", "needs_decision", "held", "kept", "ignored", "skipped", "gone"];
const behind = (items) => items.length > 0 && `${items.at(-1).kind}/${items.at(-1).id}`;

// pages keeps a list that is read page by page. The first page is read again and again
// until a second one has been asked for.
function pages(read) {
  let items = [], more = false, several = false;
  return {
    get items() { return items; },
    get more() { return more; },
    get several() { return several; },
    reset() { items = []; several = false; },
    async first(signal) {
      if (several) return;
      items = (await read({ limit: size }, signal)).items;
      more = items.length === size;
    },
    async next() {
      several = true;
      const page = (await read({ limit: size, after: behind(items) })).items;
      items = [...items, ...page];
      more = page.length === size;
    },
  };
}

// foot has the buttons below a list of pages.
const foot = (list, show, refresh) => el("div.bar.foot", { "data-key": "foot" }, el("span.dim", `${number(list.items.length)} shown`),
  list.more && button("More", async () => { await list.next(); show(); }),
  list.several && button("Read again", async () => { list.reset(); refresh(); }));

const options = (list) => list.map(([value, text]) => el("option", { value }, text));

export function links(body, name, refresh) {
  let asked = null; // what is shown: "failed", "" or a state
  let last = null;
  const show = el("select", { "aria-label": "Which", onchange: () => change() },
    options([["failed", "in need of somebody"], ["", "all"], ...states.map((s) => [s, s.replaceAll("_", " ")])]));
  const kind = el("select", { "aria-label": "Kind", onchange: () => change() }, options([["", "users and groups"], ["User", "users"], ["Group", "groups"]]));
  const id = el("input", { type: "search", id: "filter", placeholder: "Directory id", "aria-label": "Only this directory id", onchange: () => change() });
  const list = pages((page, signal) => get(at`/apps/${name}/links`, {
    signal, query: { ...page, kind: kind.value, id: id.value.trim(), ...(asked === "failed" ? { failed: "true" } : { state: asked }) },
  }));
  const rows = el("div");
  body.append(el("div.bar", show, kind, id), rows);

  function change() {
    asked = show.value;
    list.reset();
    refresh();
  }

  function paint() {
    const none = asked === "failed" ? "Nobody has to decide about anybody." : last.state === "draft" ? "Nothing was sent yet." : "There are none.";
    draw(rows, list.items.length === 0 ? el("p.empty", none)
      : table(["name", "id", "state", "why", ">failures", "next attempt", ""], list.items.map(row), { class: "cards" }), foot(list, paint, refresh));
  }

  const row = (l) => ({
    key: `${l.kind} ${l.id}`, open: () => openLink(name, l, refresh),
    cells: [
      [el("button.link", { onclick: () => openLink(name, l, refresh) }, l.name || l.id), l.kind === "Group" && el("span.dim", " group")],
      el("td.mono.dim", l.id), state(l.state), el("td.why", l.reason ?? ""), l.attempts ? number(l.attempts) : "",
      el("td.nowrap", l.nextAttempt ? age(l.nextAttempt) : ""),
      el("td", l.reason && l.state !== "held" && button("Retry", () => resolve(name, l, { choice: "retry" }, refresh),
          { title: "Forget what was decided and try again" })),
    ],
  });

  return async (status, signal) => {
    last = status;
    if (asked === null) show.value = asked = status.failing > 0 ? "failed" : "";
    await list.first(signal);
    paint();
  };
}

// resolve decides about a link.
async function resolve(app, l, choice, refresh) {
  await post(at`/apps/${app}/links/${l.kind}/${l.id}/resolve`, choice);
  refresh();
}

const needsPerson = ["conflict", "ambiguous", "needs_review", "needs_decision"];

function openLink(app, l, refresh) {
  const decide = (choice) => async () => {
    await resolve(app, l, { choice }, refresh);
    closeDrawer();
  };
  const sure = (choice, title, text, yes, danger) => async () => {
    if (await ask(title, el("p", text), yes, { danger })) await decide(choice)();
  };
  const name = who(l.kind, l.id, l.name);
  const wanted = el("div"), has = el("div"), tried = el("div");
  openDrawer(l.name || l.id,
    el("dl", el("dt", l.kind === "Group" ? "group" : "user"), el("dd.mono", l.id), el("dt", "state"), el("dd", state(l.state)),
      l.reason && [el("dt", "why"), el("dd", l.reason)],
      l.nextAttempt && [el("dt", "next attempt"), el("dd", age(l.nextAttempt), ` after ${count(l.attempts ?? 0, "failure")}`)],
      l.remoteId && [el("dt", "in the app"), el("dd.mono", l.remoteId), el("dt", "came about"), el("dd", l.origin ?? "")],
      l.disabledAt && [el("dt", "disabled"), el("dd", moment(l.disabledAt))], l.deleteAt && [el("dt", "to be deleted"), el("dd", moment(l.deleteAt))]),
    el("div.bar", null,
      button("Retry", decide("retry"), { title: "Forget what was decided and try again" }),
      (!l.remoteId || needsPerson.includes(l.state)) && button("Adopt…", () => adopt(app, l, refresh), { title: "Tie it to a resource that the app has" }),
      l.state !== "ignored" && button("Ignore…", sure("ignore", `Ignore ${name}?`,
          "What the app has of it is never touched again, whatever the directory wants. Retry takes that back.", "Ignore")),
      l.kind === "User" && button("Pin…", sure("pin", `Pin ${name}?`,
          "The account is never disabled or deleted, such as the app's last administrator. The settings list who is pinned.", "Pin")),
      l.state === "needs_decision" && button("Delete…", sure("delete", `Delete ${name} in ${app}?`,
          "The app cannot disable the account. It is deleted there, which cannot be undone.", "Delete 1 account", true), { danger: true })),
    el("div.bar", null,
      l.kind === "User" && button("What it should hold",
        async () => draw(wanted, el("h3", "What the app should hold"), preview(await post(at`/apps/${app}/preview`, { user: l.id })))),
      l.remoteId && button("What it holds", async () => draw(has, el("h3", "What the app holds"),
          json((await get(at`/apps/${app}/resources/${l.kind}/${l.remoteId}`)).resource)))),
    wanted, has, el("h3", "Attempts"), tried);
  get(at`/apps/${app}/log`, { query: { kind: l.kind, subject: l.id, limit: 20 } })
    .then(({ items }) => draw(tried, items.length > 0 ? attempts(app, items, false) : el("p.dim", "None is in the log.")), (error) => complain(tried, error));
}

const preview = (p) => [el("p", `${p.presence}${p.reason ? `: ${p.reason}` : ""}`), p.problem && el("p.problem", p.problem),
  (p.account ?? p.create) && json(p.account ?? p.create)];

// adopt ties a link to a resource of the app, which is looked at first.
async function adopt(app, l, refresh, remoteId) {
  const title = `Adopt for ${who(l.kind, l.id, l.name)}`;
  const id = remoteId ?? (await ask(title, [
    el("label", { for: "remote" }, "The app's id of it; Foreign lists what there is"),
    el("input.wide", { id: "remote", name: "id", required: true }),
  ], "Look at it"))?.id.trim();
  if (!id) return;
  const remote = await get(at`/apps/${app}/resources/${l.kind}/${id}`);
  if (!await ask(title, [el("p", remote.subject ? `It is tied to ${remote.subject}.` : "It is nobody's here."), json(remote.resource)], "Adopt it")) return;
  const choice = { choice: "adopt", remoteId: id };
  try {
    await resolve(app, l, choice, refresh);
  } catch (error) {
    const other = remote.externalId;
    if (error.status !== 409 || !other || !error.message.includes("confirm")) throw error;
    if (!await ask(title, el("p", error.message), `Take it from ${other}`, { danger: true })) return;
    await resolve(app, l, { ...choice, takeOver: other }, refresh);
  }
  closeDrawer();
}

// Held.

export function held(body, name, refresh) {
  const chosen = new Map();
  let total = 0;
  const list = pages((page, signal) => get(at`/apps/${name}/held`, { signal, query: page }));
  const actions = {
    approve: ["Approve", "they are disabled, deleted or left in the app as the settings say"],
    reject: ["Reject", "they stay as they are until the directory wants something else"],
  };

  const decide = (choice, all) => async () => {
    const [verb, what] = actions[choice];
    const of = all ? list.items : [...chosen.values()];
    const unseen = all && of.length < total; // otherwise it is about those that were looked at, and no others
    const items = of.map(({ kind, id }) => ({ kind, id })), n = unseen ? total : of.length;
    const counts = Object.entries(Object.groupBy(of, (h) => h.action)).map(([action, some]) => `${number(some.length)} to ${action}`).join(", ");
    if (!await ask(`${verb} ${count(n, "goodbye")} of ${name}?`, [el("p", `${counts}${unseen ? " of those shown" : ""}: ${what}.`),
      el("ul", of.slice(0, 10).map((h) => el("li", who(h.kind, h.id, h.name)))), n > 10 && el("p.dim", `and ${number(n - 10)} more`)],
    `${verb} ${number(n)}`, { danger: choice === "approve" })) return;
    await post(at`/apps/${name}/held/${choice}`, unseen ? { all: true } : { items });
    chosen.clear();
    list.reset();
    refresh();
  };

  function paint() {
    if (list.items.length === 0) return draw(body, el("p.empty", "Nothing is held back."));
    const n = chosen.size;
    draw(body, el("div.bar", { "data-key": "decide" },
      Object.keys(actions).map((a) => button(`${actions[a][0]} selected (${number(n)})…`, decide(a, false), { disabled: n === 0 })), el("span.space"),
      Object.keys(actions).map((a) => button(`${actions[a][0]} all (${number(total)})…`, decide(a, true)))),
    table(["", "name", "id", "would be", "because", "held back since", "why"], list.items.map(row), { class: "cards" }), foot(list, paint, refresh));
    return undefined;
  }

  function row(h) {
    const key = `${h.kind} ${h.id}`;
    return {
      key, cells: [
        el("input", { type: "checkbox", "aria-label": `Choose ${who(h.kind, h.id, h.name)}`, checked: chosen.has(key),
            onchange: ({ target }) => { if (target.checked) chosen.set(key, h); else chosen.delete(key); paint(); } }),
        [h.name || h.id, h.kind === "Group" && el("span.dim", " group")], el("td.mono.dim", h.id),
        { disable: "disabled", delete: "deleted", leave: "emptied of our members" }[h.action] ?? h.action, h.why,
        el("td.nowrap", age(h.since)), el("td.why", h.reason),
      ],
    };
  }

  return async (status, signal) => {
    total = status.held;
    await list.first(signal);
    const there = new Set(list.items.map((h) => `${h.kind} ${h.id}`));
    for (const key of chosen.keys()) if (!there.has(key)) chosen.delete(key);
    paint();
  };
}

// Foreign.

export function foreign(body, name, refresh) {
  let found = null, shown = size;
  const kind = el("select", { "aria-label": "Kind" }, options([["User", "users"], ["Group", "groups"]]));
  const rows = el("div");
  body.append(el("p.hint", "Accounts and groups of the app that are nobody's here. They are never written. To find them, the whole list of the app is read."),
    el("div.bar", kind, button("Read the list", async () => {
      found = (await get(at`/apps/${name}/foreign`, { query: { kind: kind.value } })).items;
      shown = size;
      paint();
    }, { main: true })), rows);

  function paint() {
    draw(rows, found.length === 0 ? el("p.empty", "There are none.")
      : table(["name", "the app's id", "externalId", "active"], found.slice(0, shown).map((r) => ({
      key: r.id, open: () => look(r),
      cells: [el("button.link", { onclick: () => look(r) }, r.name || r.id), el("td.mono.dim", r.id), el("td.mono", r.externalId ?? ""),
        r.active === undefined ? "–" : r.active ? "yes" : "no"],
    })), { class: "cards" }),
    el("div.bar.foot", el("span.dim", `${number(Math.min(shown, found.length))} of ${number(found.length)}`),
      shown < found.length && button("More", async () => { shown += size; paint(); })));
  }

  function look(r) {
    const has = el("div");
    openDrawer(r.name || r.id, el("div.bar", button("Adopt for…", async () => {
      const said = await ask(`Adopt ${r.name || r.id}`, [
        el("label", { for: "subject" }, `The directory's id of the ${r.kind.toLowerCase()} that it belongs to`),
        el("input.wide", { id: "subject", name: "id", required: true }),
      ], "Look at it");
      if (said) await adopt(name, { kind: r.kind, id: said.id.trim() }, refresh, r.id);
    })), has);
    ifThere(get(at`/apps/${name}/resources/${r.kind}/${r.id}`)).then(
      (remote) => draw(has, remote ? json(remote.resource) : el("p.dim", "The app does not have it any more.")),
      (error) => complain(has, error));
  }

  return async () => undefined;
}
