// One app: how it is doing, what somebody has to do, and what was done about all of it.

import { ask, button, draw, el, openDrawer, table } from "./dom.js";
import { at, get, ifThere, post } from "./api.js";
import { age, chip, count, differences, finding, members, moment, number, span, state, tally, todo, who } from "./words.js";
import { foreign, held, links } from "./links.js";
import { log } from "./log.js";
import { plan } from "./plan.js";
import { settings } from "./settings.js";

export const tabs = [
  { name: "", title: "Summary", of: summary },
  { name: "links", title: "Users and groups", of: links },
  { name: "held", title: "Held", of: held },
  { name: "log", title: "Log", of: log },
  { name: "plan", title: "Plan", of: plan },
  { name: "foreign", title: "Foreign", of: foreign },
  { name: "settings", title: "Settings", of: settings },
];

// app shows a tab of an app below how it is doing.
export function app(main, name, tab, refresh) {
  const head = el("div"), body = el("div");
  main.append(head, body);
  const shown = tabs.find((t) => t.name === tab).of(body, name, refresh);
  return {
    app: name, title: name,
    async refresh(signal) {
      const status = await ifThere(get(at`/apps/${name}/status`, { signal }));
      if (!status) {
        draw(head);
        return farewell(body, name, signal);
      }
      draw(head, title(status, tab));
      const pace = await shown(status, signal);
      return pace ?? (status.pending > 0 || status.state === "removing" ? 2000 : 5000);
    },
  };
}

function title(s, tab) {
  const to = (where) => `#/apps/${encodeURIComponent(s.app)}/${where}`;
  const of = (label, value, title) => el("span.figure", { title }, value, " ", el("span.dim", label));
  return el("div.title", el("h2", s.app), state(s.state),
    tab !== "" && [of("converged", number(s.converged)), of("pending", number(s.pending)),
      s.failing > 0 && el("a", { href: to("links") }, chip(`${number(s.failing)} failing`, "bad")),
      s.held > 0 && el("a", { href: to("held") }, chip(`${number(s.held)} held`, "warn"))],
    el("span.space"), el("span.mono.dim.endpoint", { title: s.endpoint }, s.endpoint));
}

const parted = (r) => `${count(r.disabled, "account is", "accounts are")} disabled and ${count(r.deleted, "account or group", "accounts and groups")} deleted`;

// farewell shows how the removal of an app has ended.
async function farewell(body, name, signal) {
  const r = await ifThere(get(at`/removals/${name}`, { signal }));
  if (!r?.ended) {
    draw(body, el("p.empty", `There is no app ${name}.`));
    return undefined;
  }
  draw(body, el("h2", `${name} is removed`),
    el("p", parted(r), " (", age(r.ended), ")."),
    r.left?.length > 0 && [el("h3", "Left in the app"), table(["what", "the app's id", "why"], r.left.map((l) => ({
      key: `${l.kind} ${l.subject}`, cells: [who(l.kind, l.subject, l.name), el("td.mono", l.remoteId), l.reason],
    })))]);
  return undefined;
}

function summary(body, name, refresh) {
  let detail = null;

  const actions = (s, active) => [
    button("Sync", async () => {
      await post(at`/apps/${name}/runs`, { by: "console" });
      refresh();
    }, { main: true, title: "Push the whole current state" }),
    el("a.button", { href: `#/apps/${encodeURIComponent(name)}/plan`, title: "See what a sync would do" }, "Plan"),
    button("Audit", async () => {
      await post(at`/apps/${name}/audits`, { by: "console" });
      refresh();
    }, { title: "Compare what the app holds with what it was given" }),
    button("Audit and repair…", async () => {
      const what = "What others have changed in the app is set back, whatever the settings say, and what the app has lost is made again.";
      if (!await ask("Audit and repair?", el("p", what), "Repair")) return;
      await post(at`/apps/${name}/audits`, { by: "console", repair: true });
      refresh();
    }),
    el("span.space"),
    active ? button("Pause…", async () => {
      const said = await ask(`Pause ${name}?`, [el("p", "Nothing is sent until somebody resumes it. What changes meanwhile is kept."),
        el("label", { for: "why" }, "Why, for others to read"), el("input.wide", { id: "why", name: "reason", maxlength: "500" })], "Pause");
      if (!said) return;
      await post(at`/apps/${name}/pause`, said.reason ? { reason: said.reason } : {});
      refresh();
    }) : button("Resume", async () => {
      await post(at`/apps/${name}/resume`);
      refresh();
    }),
  ];

  return async (s, signal) => {
    detail = await get(at`/apps/${name}`, { signal });
    const [runs, removal] = await Promise.all([get(at`/apps/${name}/runs`, { signal, query: { limit: 10 } }),
      s.state === "removing" ? ifThere(get(at`/removals/${name}`, { signal })) : null]);
    const list = todo(s);
    const busy = runs.items.filter((r) => r.state === "running");
    draw(body,
      el("div.bar", { "data-key": "actions" }, s.state === "removing" ? el("span.dim", "It is being removed.") : actions(s, detail.state !== "paused")),
      removal && el("p", { role: "status" }, parted(removal), " so far."),
      el("dl.figures", null,
        figure("converged", number(s.converged)), figure("pending", tally(s.pending)),
        figure("failing", tally(s.failing, "bad"), s.failing > 0 && "links"), figure("held", tally(s.held, "warn"), s.held > 0 && "held"),
        figure("oldest pending", age(s.oldestPending)), figure(`${s.state} since`, age(detail.since))),
      list.length > 0 ? list.map((t) => finding(name, t)) : el("p.dim", "Nobody has to do anything."),
      busy.map(progress),
      el("h3", "Syncs and audits"),
      runs.items.length === 0 ? el("p.dim", "There was none yet.")
        : table(["started", "what", "by", "state", "took", "result"], runs.items.map(runRow), { class: "cards" }));
    return busy.length > 0 ? 2000 : undefined;
  };

  function figure(label, value, tab) {
    return el("div", el("dt", label), el("dd", tab ? el("a", { href: `#/apps/${encodeURIComponent(name)}/${tab}` }, value) : value));
  }

  function progress(r) {
    const p = r.progress;
    return el("section.card", { "data-key": `run ${r.id}`, "aria-label": `${r.kind} under way` },
      el("div.bar", el("strong", r.kind === "audit" ? "Audit" : "Sync"), el("span", { role: "status" },
        p.ready ? `${number(p.done)} of ${number(p.marked)}` : `looking what there is to do: ${number(p.marked)} so far`,
        p.failed > 0 && `, ${number(p.failed)} failed`, p.held > 0 && `, ${number(p.held)} held`),
      el("span.space"), el("span.dim", "began ", age(r.started)),
      button("Cancel", async () => {
        await post(at`/apps/${name}/runs/${r.id}/cancel`);
        refresh();
      }, { danger: true })),
      el("progress", { "aria-label": "Done", max: Math.max(p.marked, 1), value: p.ready ? p.done : undefined }));
  }
}

function runRow(r) {
  return {
    key: String(r.id), open: () => openRun(r),
    cells: [el("td.nowrap", el("button.link", { onclick: () => openRun(r) }, moment(r.started))), r.kind, r.by ?? "", state(r.state),
      el("td.nowrap", r.finished ? span(new Date(r.finished) - new Date(r.started)) : "–"), result(r)],
  };
}

const done = ["created", "updated", "disabled", "deleted", "held", "failed", "skipped", "unchanged"];

// result says in one line what a run has done or found.
function result(r) {
  if (r.error) return el("span.bad", r.error);
  if (r.audit) {
    const a = r.audit;
    const parts = [`${number(a.checked)} checked`, a.drifted > 0 && `${number(a.drifted)} changed by others`,
      a.restored > 0 && `${number(a.restored)} set back`,
      a.missing > 0 && `${number(a.missing)} missing`, a.repaired > 0 && `${number(a.repaired)} made again`,
      a.foreign > 0 && `${number(a.foreign)} foreign`, a.open > 0 && `${number(a.open)} left open`];
    return parts.filter(Boolean).join(", ");
  }
  if (!r.result) return "";
  const { users, groups } = r.result;
  return done.map((name) => users[name] + groups[name] > 0 && `${number(users[name] + groups[name])} ${name}`).filter(Boolean).join(", ") || "nothing to do";
}

function openRun(r) {
  const named = (title, list) => list?.length > 0 && [el("h3", title), el("ul", list.map((f) => el("li", el("strong", who(f.kind, f.id)), `: ${f.reason}`)))];
  const drift = (title, list) => list?.length > 0 && [el("h3", title),
    list.map((d) => el("details", el("summary", who(d.kind, d.id, d.name), d.restore && " (set back)"),
    differences(d.fields), members("joined", d.joined), members("left", d.left)))];
  const some = done.filter((name) => r.result?.users[name] + r.result?.groups[name] > 0);
  openDrawer(`${r.kind === "audit" ? "Audit" : "Sync"} ${r.id}`,
    el("dl", el("dt", "state"), el("dd", state(r.state)), el("dt", "began"), el("dd", moment(r.started)),
      r.finished && [el("dt", "ended"), el("dd", moment(r.finished))], r.by && [el("dt", "by"), el("dd", r.by)],
      (r.result ?? r.audit) && [el("dt", "requests"), el("dd", number((r.result ?? r.audit).requests))]),
    r.error && el("p.problem", r.error), r.result?.paused && el("p.problem", r.result.paused), r.audit?.warning && el("p.problem", r.audit.warning),
    r.result && table(["", ...some.map((name) => `>${name}`)],
      ["users", "groups"].map((kind) => ({ cells: [kind, ...some.map((name) => tally(r.result[kind][name], name === "failed" && "bad"))] }))),
    r.audit && el("p", result(r)),
    named("Failed", r.result?.failures), named("Held", r.result?.held),
    drift("Changed by others", r.audit?.drifts), drift("Missing", r.audit?.vanished),
    r.audit?.strangers?.length > 0 && [el("h3", "Nobody's here"), el("ul", r.audit.strangers.map((f) => el("li", who(f.kind, f.remoteId, f.name))))],
    (r.audit?.notes ?? []).map((note) => el("p.dim", note)));
}
