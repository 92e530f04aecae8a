// All apps at a glance, and whether the directory is trusted.

import { ask, button, draw, el, table } from "./dom.js";
import { call, get, ifThere } from "./api.js";
import { age, count, state, tally, todo } from "./words.js";

export function overview(main, refresh) {
  let apps = [], distrust = null, text = "", only = false;

  const filter = el("input", { type: "search", id: "filter", placeholder: "Name or address",
      "aria-label": "Apps whose name or address has", oninput: () => { text = filter.value.toLowerCase(); show(); } });
  const bad = el("input", { type: "checkbox", onchange: () => { only = bad.checked; show(); } });
  const bar = () => el("div.bar", { "data-key": "bar" });
  const head = bar();
  head.append(filter, el("label", bad, "only those that need somebody"), el("a.button.main", { href: "#/connect" }, "Connect an app"));
  main.append(head);
  const body = el("div");
  main.append(body);

  function show() {
    const shown = apps.filter((s) => (!only || !s.good) && `${s.app} ${s.endpoint}`.toLowerCase().includes(text))
      .sort((a, b) => a.good - b.good || a.app.localeCompare(b.app));
    const bad = apps.filter((s) => !s.good).length;
    draw(body,
      el("p.summary", { role: "status" }, apps.length === 0 ? "No app is connected yet."
        : bad === 0 ? `${count(apps.length, "app")}: nobody has to do anything.`
          : `${count(apps.length, "app")}, of which ${bad} ${bad === 1 ? "needs" : "need"} somebody.`),
      apps.length > 0 && shown.length === 0 && el("p.empty", "No app matches."),
      shown.length > 0 && table(["app", "state", ">converged", ">pending", ">failing", ">held", "oldest pending", "what to do"],
        shown.map(row), { class: "apps cards" }),
      trust());
  }

  function row(s) {
    const base = `#/apps/${encodeURIComponent(s.app)}`;
    const list = todo(s);
    const more = list.map((t) => t.text).join("\n");
    return {
      key: s.app, open: () => { location.hash = base; },
      cells: [
        el("td.name", el("a", { href: base }, s.app), el("span.dim.mono", { title: s.endpoint }, s.endpoint.replace(/^https?:\/\//, ""))),
        state(s.state), tally(s.converged), tally(s.pending),
        s.failing > 0 ? el("a", { href: `${base}/links` }, tally(s.failing, "bad")) : tally(0),
        s.held > 0 ? el("a", { href: `${base}/held` }, tally(s.held, "warn")) : tally(0),
        el("td.nowrap", age(s.oldestPending)),
        el("td.path", { title: more }, list.length === 0 ? el("span.dim", "nothing")
          : [el(`span.${list[0].tone}`, null, list[0].text), list.length > 1 && el("span.dim", ` and ${list.length - 1} more`)]),
      ],
    };
  }

  function trust() {
    if (!distrust) {
      return el("div.bar.foot", { "data-key": "trust" }, el("span.dim", "The directory is trusted."),
        button("Hold back all goodbyes…", async () => {
          const said = await ask("Hold back all goodbyes", [
            el("p", "In all apps nobody is disabled or deleted until somebody trusts the directory again. Everything else goes on."),
            el("label", { for: "why" }, "Why"),
            el("input.wide", { id: "why", name: "reason", required: true, maxlength: "500", placeholder: "the HR system did not answer" }),
          ], "Hold back");
          if (!said) return;
          await call("PUT", "/directory/distrust", { body: { reason: said.reason } });
          refresh();
        }));
    }
    return el("div.finding.warning", { "data-key": "distrust" }, "The directory is not trusted, and all goodbyes are held back: ",
      el("strong", distrust.reason), " (", age(distrust.since), ") ",
      button("Trust it again", async () => {
        const what = "What is held back stays so until somebody approves or rejects it; from now on goodbyes are said again.";
        if (!await ask("Trust the directory again?", el("p", what), "Trust it")) return;
        await call("DELETE", "/directory/distrust");
        refresh();
      }));
  }

  return {
    title: "Apps",
    async refresh(signal) {
      const [status, why] = await Promise.all([get("/status", { signal }), ifThere(get("/directory/distrust", { signal }))]);
      apps = status.items;
      distrust = why;
      show();
      return apps.some((s) => s.pending > 0) ? 2000 : 5000;
    },
  };
}
