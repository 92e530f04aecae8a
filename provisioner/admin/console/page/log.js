// The log of attempts.

import { button, complain, copier, draw, el, openDrawer, table } from "./dom.js";
import { at, get } from "./api.js";
import { age, chip, json, moment, number, span, who } from "./words.js";

const size = 100, most = 1000;

export function log(body, name, refresh) {
  let items = [], more = false, fresh = true;
  const failed = el("input", { type: "checkbox", onchange: () => again() });
  const kind = el("select", { "aria-label": "Kind", onchange: () => again() },
    ["", "User", "Group"].map((k) => el("option", { value: k }, k ? `${k.toLowerCase()}s` : "users and groups")));
  const subject = el("input", { type: "search", id: "filter", placeholder: "Directory id", "aria-label": "Only this directory id", onchange: () => again() });
  const rows = el("div");
  body.append(el("div.bar", subject, kind, el("label", failed, "failed only")), rows);
  const read = (query, signal) => get(at`/apps/${name}/log`,
    { signal, query: { limit: size, kind: kind.value, subject: subject.value.trim(), failed: failed.checked && "true", ...query } });

  function again() {
    fresh = true;
    refresh();
  }

  function paint() {
    draw(rows, items.length === 0 ? el("p.empty", failed.checked ? "No attempt failed." : "Nothing was tried yet.") : attempts(name, items, true),
      el("div.bar.foot", el("span.dim", `${number(items.length)} shown`), more && items.length < most && button("Older", async () => {
        const older = (await read({ before: items.at(-1).id })).items;
        more = older.length === size;
        items = [...items, ...older];
        paint();
      })));
  }

  return async (status, signal) => {
    if (fresh || items.length === 0) {
      items = (await read({}, signal)).items;
      more = items.length === size;
      fresh = false;
    } else {
      const newer = (await read({ after: items[0].id }, signal)).items;
      items = [...newer.reverse(), ...items].slice(0, most);
    }
    paint();
  };
}

// attempts is a table of log entries, the newest first.
export function attempts(app, items, named) {
  const columns = ["time", named && "who", "tried", "answer", "what went wrong", "next attempt", ">took"].filter(Boolean);
  return table(columns, items.map((e) => {
    const open = () => openEntry(app, e);
    return {
      key: String(e.id), open,
      cells: [
        el("td.nowrap", el("button.link", { onclick: open }, moment(e.at))), named && el("td", { title: e.subject }, who(e.kind, e.subject, e.name)), e.action,
        e.ok ? chip(e.status ? String(e.status) : "ok", "good") : chip(e.status ? String(e.status) : e.requests > 0 ? "no answer" : "not sent", "bad"),
        el("td.why", e.cause ?? ""), el("td.nowrap", e.nextAttempt ? age(e.nextAttempt) : ""), el("td.number.nowrap", span(e.durationMs)),
      ].filter((cell) => cell !== false),
    };
  }), { class: "cards" });
}

async function openEntry(app, e) {
  const exchanges = el("div");
  openDrawer(`${e.action} ${who(e.kind, e.subject, e.name)}`, el("dl", el("dt", "at"), el("dd", moment(e.at), `, ${span(e.durationMs)}`),
    el("dt", "came of it"), el("dd", e.ok ? chip("the app holds what it should", "good") : chip("failed", "bad")),
    e.cause && [el("dt", "what went wrong"), el("dd", e.cause)], e.nextAttempt && [el("dt", "next attempt"), el("dd", age(e.nextAttempt))]), exchanges);
  try {
    const entry = await get(at`/apps/${app}/log/${e.id}`);
    draw(exchanges, (entry.exchanges ?? []).length === 0 ? el("p.dim", "It made no request.") : entry.exchanges.map(exchange));
  } catch (error) {
    complain(exchanges, error);
  }
}

function exchange(x) {
  const tone = !x.status || x.status >= 500 ? "bad" : x.status >= 400 ? "warn" : "good";
  return el("section", el("h3", el("span.method", x.method), " ", el("span.mono", x.url), " ", chip(x.status ? String(x.status) : "no answer", tone)),
    x.error && el("p.problem", x.error),
    el("div.bar", copier("Copy as curl", x.curl), el("span.dim", moment(x.at), `, ${span(x.duration / 1e6)}`)),
    message("Request", x.request), message("Answer", x.response));
}

function message(title, m = {}) {
  const fields = Object.entries(m.header ?? {}).flatMap(([name, values]) => values.map((value) => [el("dt", name), el("dd", value)]));
  return [fields.length > 0 && el("details", el("summary", `${title}: ${fields.length} header fields`), el("dl.mono", fields)),
    m.body ? json(m.body) : el("p.dim", `${title}: no body`), m.cut && el("p.dim", "The rest of it was not kept.")];
}
