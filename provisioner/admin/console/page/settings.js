// How an app is connected: address, credential and settings, what others would change,
// whether the app answers, and the end of the connection.

import { ask, button, complain, draw, el, table } from "./dom.js";
import { at, call, get, ifThere, post } from "./api.js";
import { age, count, number, tally, who } from "./words.js";
import { parts } from "./fields.js";

const loses = ["disable", "delete"];

// connect shows the form by which an app is connected.
export function connect(main) {
  const body = el("div");
  main.append(el("h2", "Connect an app"), body);
  let drawn = false;
  return {
    title: "Connect an app",
    async refresh(signal) {
      if (drawn) return undefined;
      const presets = (await get("/presets", { signal })).items;
      drawn = true;
      const name = el("input", { id: "name", name: "name", required: true, maxlength: "60", pattern: "[A-Za-z0-9][A-Za-z0-9_\\-]*",
          autocomplete: "off", title: "Letters, digits, - and _" });
      body.append(form(null, presets, el("p.field", el("label", { for: "name" }, "Name"), name), "Connect", async (input) => {
        if (await ifThere(get(at`/apps/${name.value}`))) throw new Error(`There is an app ${name.value} already: choose another name, or change its settings.`);
        await call("PUT", at`/apps/${name.value}`, { body: input });
        location.hash = `#/apps/${encodeURIComponent(name.value)}/settings`;
      }));
    },
  };
}

// settings shows an app's connection, to look at and to change.
export function settings(body, name, refresh) {
  const place = el("div"), found = el("div"), known = el("div");
  let drawn = false;
  body.append(
    el("div.bar", button("Test the connection", (pressed) => test(pressed, false),
        { main: true, title: "Find out whether the app answers, and what it can do" }),
      button("Test with writing…", async (pressed) => {
        const what = "A user and a group with names that nobody has are made in the app, changed, and deleted again.";
        if (await ask("Test with writing?", el("p", what), "Test")) await test(pressed, true);
      })),
    found, place, el("details", el("summary", "What is known of the app"), el("div.bar", button("Read", showKnown)), known),
    el("h3", "The end of it"), el("div.bar", button("Remove the app…", remove, { danger: true })));

  async function test(pressed, write) {
    draw(found, el("p", { role: "status" }, "Asking the app …"));
    let c;
    try {
      c = await post(at`/apps/${name}/test`, { write });
    } catch (error) {
      draw(found);
      throw error;
    }
    draw(found, el("section.card", { role: "status" }, el("strong", c.ok ? "The app can be provisioned." : "The app cannot be provisioned."),
      table(["", "check", "what was found"], c.checks.map((check) => ({
        cells: [el(check.ok ? "span.good" : "span.bad", check.ok ? "✓ fine" : "✗ not so"), check.name, check.detail],
      }))),
      c.endpoint && el("div.bar", button("Use this address", async () => {
        place.querySelector("#endpoint").value = c.endpoint;
        place.querySelector("#endpoint").focus();
      }))));
    refresh();
  }

  async function showKnown() {
    const c = await get(at`/apps/${name}/capabilities`);
    draw(known, table(["what", "is", "from", "why"], c.items.map((i) => ({
      cells: [i.name, el("td.mono", i.value), i.source, i.reason ?? ""],
    })), { class: "cards" }),
      c.attributes.length > 0 && table(["attribute", "is", "why"],
        c.attributes.map((a) => ({ cells: [el("td.mono", a.attribute), a.notice.replace("_", " "), a.reason] }))),
      c.discoveredAt && el("p.dim", "Its discovery documents were read ", age(c.discoveredAt), "."));
  }

  async function remove() {
    const h = await get(at`/apps/${name}/holdings`);
    const things = (accounts, groups) => `${count(accounts, "account")} and ${count(groups, "group")}`;
    const choices = [
      ["leave", `leave ${things(h.accounts + h.adoptedAccounts, h.groups + h.adoptedGroups)} in the app as they are`],
      ["disable", `disable ${count(h.inUse, "account")} in use, and leave the groups`],
      ["delete", `delete ${things(h.accounts, h.groups)} that were made for the directory`],
    ];
    const said = await ask(`Remove ${name}?`,
      [el("p", "The app is forgotten. What becomes of what it has of ours? Accounts that nobody here made stay in any case."),
      choices.map(([value, text]) => el("label.choice", el("input", { type: "radio", name: "accounts", value, required: true }), text)),
      h.adoptedAccounts + h.adoptedGroups > 0 && el("label.choice", el("input", { type: "checkbox", name: "adopted", value: "true" }),
        `with delete: also ${things(h.adoptedAccounts, h.adoptedGroups)} that were there before`),
      h.pinned > 0 && el("p.hint", `${count(h.pinned, "account is", "accounts are")} pinned and stay as they are.`)], "Remove", { danger: true });
    if (!said) return;
    await call("DELETE", at`/apps/${name}`, { query: { accounts: said.accounts, adopted: said.accounts === "delete" && said.adopted } });
    location.hash = `#/apps/${encodeURIComponent(name)}`;
  }

  return async (status, signal) => {
    if (drawn) return;
    const [detail, presets] = await Promise.all([get(at`/apps/${name}`, { signal }), get("/presets", { signal })]);
    drawn = true;
    place.append(form(detail, presets.items, null, "Save…", async (input) => {
      if (!await weighed(name, detail, input)) return;
      const saved = await call("PUT", at`/apps/${name}`, { body: input });
      Object.assign(detail, saved);
      draw(found, el("p", { role: "status" }, "Saved."));
      refresh();
    }));
  };
}

// weighed shows what other settings would change, and asks.
async function weighed(name, detail, input) {
  const moved = input.endpoint !== detail.endpoint && el("p", `The address changes from ${detail.endpoint} to ${input.endpoint}.`);
  if (JSON.stringify(input.settings) === JSON.stringify(detail.settings)) {
    return ask(`Save ${name}?`, [moved, el("p", "Its settings stay as they are.")], "Save");
  }
  const i = await post(at`/apps/${name}/impact`, { settings: input.settings });
  const kinds = ["create", "update", "disable", "delete", "unchanged"];
  const all = (names) => names.reduce((sum, n) => sum + i.users[n] + i.groups[n], 0);
  const losing = all(loses);
  return ask(`Save the settings of ${name}?`, [moved,
    all(kinds.slice(0, 4)) === 0 ? el("p", "Nothing changes of what the app holds.")
      : table(["", ...kinds.map((k) => `>${k}`)], ["users", "groups"].map((kind) => ({
        cells: [kind, ...kinds.map((k) => tally(i[kind][k], loses.includes(k) && "bad"))],
      }))),
    i.held && el("p.problem", `Held back: ${i.held}`),
    i.losing.length > 0 && el("details", { open: i.losing.length <= 10 },
      el("summary", `Who would lose something${losing > i.losing.length ? `, the first ${number(i.losing.length)} of ${number(losing)}` : ""}`),
      el("ul", i.losing.map((l) => el("li", `${who(l.kind, l.id, l.name)}: ${l.why}`))))],
  losing > 0 ? `Save: ${number(losing)} lose something` : "Save", { danger: losing > 0 });
}

// form is the form of a connection; detail is how it is saved, null for a new one.
function form(detail, presets, first, yes, save) {
  const endpoint = el("input.wide", { id: "endpoint", name: "endpoint", type: "url", required: true, value: detail?.endpoint ?? "",
      placeholder: "https://app.example.com/scim/v2" });
  const secret = credential(detail), settings = parts(detail?.settings, presets);
  return el("form.settings", {
    onsubmit: async (event) => {
      event.preventDefault();
      const pressed = event.submitter;
      complain(pressed, null);
      pressed.disabled = true;
      try {
        await save({ endpoint: endpoint.value.trim(), ...secret.read(), settings: settings.read() });
      } catch (error) {
        complain(pressed, error);
      } finally {
        pressed.disabled = false;
      }
    },
  },
  el("fieldset", el("legend", "Connection"), first, el("p.field", el("label", { for: "endpoint" }, "Address of the SCIM service"), endpoint), secret.node),
  settings.node, el("div.bar", el("button.main", yes)));
}

// credential is the part of the form that lets requests in. What is saved is not shown.
function credential(detail) {
  const field = (id, label, attributes) => el("p.field", el("label", { for: id }, label), el("input.wide", { id, autocomplete: "off", ...attributes }));
  const sets = {
    keep: () => el("p.hint",
      `The credential that is saved stays (${detail.auth}${detail.username ? ` of ${detail.username}` : ""}), as long as the address is on the same server.`),
    token: () => field("token", "Token", { type: "password", required: true }),
    basic: () => [field("username", "User name", { required: true, value: detail?.username ?? "" }),
      field("password", "Password", { type: "password", required: true })],
    oauth: () => [
      field("tokenUrl", "Address of the token endpoint", { type: "url", required: true, value: detail?.oauth?.tokenUrl ?? "" }),
      field("clientId", "Client id", { required: true, value: detail?.oauth?.clientId ?? "" }),
      field("clientSecret", "Client secret", { type: "password", required: true }),
      field("scopes", "Scopes, with blanks between them", { value: (detail?.oauth?.scopes ?? []).join(" ") }),
      el("p.field", el("label", { for: "clientAuth" }, "Sent"),
        el("select", { id: "clientAuth", value: detail?.oauth?.clientAuth ?? "basic" }, el("option", { value: "basic" }, "by HTTP Basic"),
          el("option", { value: "post" }, "in the body")))],
  };
  const shown = el("div"), value = (id) => shown.querySelector(`#${id}`).value.trim();
  const choose = () => shown.replaceChildren(...[sets[kind.value]()].flat());
  const kind = el("select", { id: "auth", onchange: choose }, detail && el("option", { value: "keep" }, "what is saved"),
    el("option", { value: "token" }, "a bearer token"),
    el("option", { value: "basic" }, "user name and password"), el("option", { value: "oauth" }, "an OAuth client"));
  const saved = detail?.headers ?? [];
  const headers = el("textarea", { id: "headers", rows: "2", placeholder: "X-Tenant: acme", "aria-describedby": "headers-hint" });
  const drop = el("input", { type: "checkbox" });
  choose();
  const read = {
    keep: () => ({}),
    token: () => ({ token: value("token") }),
    basic: () => ({ basic: { username: value("username"), password: shown.querySelector("#password").value } }),
    oauth: () => ({ oauth: {
      tokenUrl: value("tokenUrl"), clientId: value("clientId"), clientSecret: value("clientSecret"), clientAuth: value("clientAuth"),
      scopes: value("scopes").split(/\s+/).filter(Boolean),
    } }),
  };
  return {
    node: el("div", el("p.field", el("label", { for: "auth" }, "Requests are let in by"), kind), shown,
      el("details", el("summary", `Further headers${saved.length > 0 ? `: ${saved.join(", ")}` : ""}`),
        el("p.field", el("label", { for: "headers" }, "One a line"), headers),
        el("p.hint", { id: "headers-hint" }, saved.length > 0 ? "Those that are saved stay if none are given here. " : "",
          saved.length > 0 && el("label", drop, "Drop them")))),
    read() {
      const lines = headers.value.split("\n").map((line) => line.trim()).filter(Boolean);
      const given = lines.map((line) => line.split(/:(.*)/s).slice(0, 2).map((part) => part.trim()));
      return { ...read[kind.value](), ...(given.length > 0 || drop.checked ? { headers: Object.fromEntries(given) } : {}) };
    },
  };
}
