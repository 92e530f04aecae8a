// What a sync would do, before it is done.

import { ask, button, draw, el, table } from "./dom.js";
import { at, post, reach } from "./api.js";
import { chip, count, differences, members, moment, number, span, tally, who } from "./words.js";

const size = 100;
const actions = ["create", "adopt", "update", "disable", "delete", "held", "stuck"];

// fate is under what a change is counted.
const fate = (c) => (c.held ? "held" : c.problem && !c.requests ? "stuck" : c.action);
const tone = (name) => ({ create: "good", disable: "warn", delete: "bad", held: "warn", stuck: "bad" })[name];

export function plan(body, name, refresh) {
  let made = null, text = "", only = "", shown = size;
  const out = el("div");
  body.append(el("p.hint", "The app is read, and nothing is changed."), el("div.bar", button("Make the plan", async () => {
    draw(out, el("p", { role: "status" }, "Reading the app …"));
    try {
      text = await reach("POST", at`/apps/${name}/plan`);
    } catch (error) {
      draw(out);
      throw error;
    }
    made = JSON.parse(text);
    only = "";
    shown = size;
    paint();
  }, { main: true })), out);

  async function apply() {
    const n = (a) => made.changes.filter((c) => fate(c) === a).length;
    const lost = ["disable", "delete"].filter((a) => n(a) > 0).map((a) => `${a} ${number(n(a))}`).join(" and ");
    const sure = await ask(`Sync ${name} as planned?`, [
      el("p", `${count(made.changes.length, "user or group", "users and groups")} would change${lost && `: it would ${lost}`}.`),
      el("p", "If anything has moved since the plan was made, nothing is done."),
    ], "Sync", { danger: lost !== "" });
    if (!sure) return;
    await reach("POST", at`/apps/${name}/runs`, { body: `{"by":"console","plan":${text}}` }); // as it was read
    location.hash = `#/apps/${encodeURIComponent(name)}`;
  }

  function paint() {
    const counts = {};
    for (const c of made.changes) (counts[c.kind] ??= {})[fate(c)] = (counts[c.kind]?.[fate(c)] ?? 0) + 1;
    const list = made.changes.filter((c) => !only || fate(c) === only);
    draw(out,
      table(["", ...actions.map((a) => `>${a}`)], ["User", "Group"].map((kind) => ({
        key: kind, cells: [`${kind.toLowerCase()}s`, ...actions.map((a) => tally(counts[kind]?.[a] ?? 0, tone(a)))],
      }))),
      el("p", { role: "status" }, `${number(made.unchanged)} stay as they are. `,
        `About ${count(made.requests, "request")} in ${span(made.estimateMs)}. Made `, moment(made.made), "."),
      (made.notes ?? []).map((note) => el("div.finding.warning", note)),
      el("div.bar", { "data-key": "apply" }, button("Sync exactly this…", apply, { main: true, disabled: made.changes.length === 0 }),
        el("select", { "aria-label": "Which changes", onchange: ({ target }) => { only = target.value; shown = size; paint(); } },
          el("option", { value: "" }, "all changes"), actions.map((a) => el("option", { value: a }, a)))),
      list.length === 0 ? el("p.empty", made.changes.length === 0 ? "The app holds what it should: there is nothing to do." : "There are none.")
        : table(["what", "who", "why", "change"], list.slice(0, shown).map(row), { class: "cards" }),
      shown < list.length && el("div.bar.foot", el("span.dim", `${number(shown)} of ${number(list.length)}`),
        button("More", async () => { shown += size; paint(); })),
      made.foreign.length > 0 && el("details", { "data-key": "foreign" },
        el("summary", `${number(made.foreign.length)} in the app are nobody's here, and are left alone`),
        el("ul", made.foreign.slice(0, size).map((f) => el("li", who(f.kind, f.remoteId, f.name)))),
        made.foreign.length > size && el("p.dim", `and ${number(made.foreign.length - size)} more`)));
  }

  const row = (c) => ({
    key: `${c.kind} ${c.id}`,
    cells: [chip(fate(c), tone(fate(c))), who(c.kind, c.id, c.name),
      el("td.why", c.held ? `would ${c.action}, but ${c.held}` : [c.reason, c.problem].filter(Boolean).join("; ")),
      el("td", c.fields?.length > 0 && el("details", el("summary", count(c.fields.length, "attribute")), differences(c.fields)),
        members("joins", c.joins), members("leaves", c.leaves))],
  });

  return async () => undefined;
}
