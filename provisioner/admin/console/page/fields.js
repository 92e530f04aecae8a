// The settings of an app as a form: what is left empty is the default.

import { el } from "./dom.js";

const people = [["", "disable"], ["strip", "disable, then leave the groups"], ["delete", "disable, then delete after the grace"],
  ["unlink", "leave it, and forget it"], ["release", "take the externalId off, leave it, and forget it"]];

// Each is a path, what it is called, its kind, and what the kind needs.
const groups = [
  ["Who and what", [
    ["preset", "Make of the app", "preset"],
    ["scope.groups", "Groups that have access", "ids", "directory ids, one a line; empty: everybody"],
    ["scope.nobody", "Nobody has access", "flag"],
    ["groups", "Groups are given to the app", "choice", [["", "as its make says, or as it can"], ["auto", "if it has groups"],
        ["off", "never"], ["selected", "the selected ones"]]],
    ["selectedGroups", "Selected groups", "ids", "directory ids, one a line"],
    ["authoritative", "Take members out of groups whom others have put there", "flag"],
    ["adopt", "An account that is there already", "choice", [["", "is taken over"], ["review", "waits for a person"]]],
    ["createDisabled", "Make accounts also for people who are disabled", "flag"],
    ["start", "Changes reach a new app by themselves", "choice",
      [["", "once its first sync was begun, or at once if nobody has access yet"], ["review", "once its first sync was begun"],
        ["at-once", "as soon as it is connected"]]],
  ]],
  ["Goodbyes", [
    ["deprovision.disabled", "Somebody is disabled", "choice", people],
    ["deprovision.noAccess", "Somebody loses access", "choice", [["", "disable, then leave the groups"], ["disable", "disable"], ...people.slice(2)]],
    ["deprovision.deleted", "Somebody leaves the directory", "choice", people],
    ["deprovision.groups", "A group leaves", "choice", [["", "delete it if it was made here"], ["unlink", "leave it as it is"]]],
    ["deprovision.graceDays", "Days before a disabled account is deleted", "number", "30; below 0: at once"],
    ["guard.max", "Goodbyes an hour before the rest is held back", "number", "5"],
    ["guard.percent", "or as many percent of the accounts", "number", "10"],
    ["guard.off", "Hold back none", "flag"],
    ["pins", "Never disabled or deleted", "ids", "directory ids, one a line"],
  ]],
  ["Requests and audits", [
    ["drift", "What others change in the app", "choice", [["", "is reported"], ["enforce", "is set back"], ["ignore", "is left to the app"]]],
    ["concurrency", "Requests at a time", "number", "16"],
    ["rate", "Requests a second", "number", "as many as the app answers"],
    ["tokenExpires", "The token expires", "time"],
    ["privateNetwork", "The address may be in a private network", "flag"],
  ]],
];

const split = (path) => path.split(".");
const at = (from, path) => split(path).reduce((value, name) => value?.[name], from);

function set(to, path, value) {
  const names = split(path), last = names.pop();
  let place = to;
  for (const name of names) place = place[name] ??= {};
  if (value === undefined) delete place[last];
  else place[last] = value;
  if (names.length > 0 && Object.keys(place).length === 0) delete to[names[0]];
}

// local is a time as its field takes it.
const local = (text) => text && new Date(new Date(text) - new Date().getTimezoneOffset() * 60e3).toISOString().slice(0, 16);

// kinds make the node of a field, and read it: undefined is the default.
const kinds = {
  choice: (id, value, list) => {
    const known = list.some(([v]) => v === (value ?? "")) ? list : [...list, [value, value]];
    const node = el("select", { id, value: value ?? "" }, known.map(([v, text]) => el("option", { value: v }, text)));
    return { node, read: () => node.value || undefined };
  },
  number: (id, value, hint) => {
    const node = el("input", { id, type: "number", step: "any", value: value ?? "", placeholder: hint });
    return { node, read: () => (node.value === "" ? undefined : Number(node.value)) };
  },
  flag: (id, value) => {
    const node = el("input", { id, type: "checkbox", checked: value === true });
    return { node, read: () => node.checked || undefined };
  },
  ids: (id, value, hint) => {
    const node = el("textarea", { id, rows: String(Math.min(Math.max(value?.length ?? 0, 1), 8)), placeholder: hint, value: (value ?? []).join("\n") });
    return { node, read: () => { const ids = node.value.split("\n").map((i) => i.trim()).filter(Boolean); return ids.length > 0 ? ids : undefined; } };
  },
  time: (id, value) => {
    const node = el("input", { id, type: "datetime-local", value: local(value) ?? "" });
    const was = node.value;
    return { node, read: () => (node.value === was ? value : node.value ? new Date(node.value).toISOString() : undefined) };
  },
};

// parts returns the fields of the settings and what reads them. What has no field of its
// own is kept as JSON.
export function parts(saved = {}, presets) {
  const rest = structuredClone(saved), fields = [];
  const nodes = groups.map(([legend, rows]) => el("fieldset", el("legend", legend), rows.map(([path, label, kind, extra]) => {
    const value = at(saved, path), id = `set-${path.replace(".", "-")}`;
    const { node, read } = kind === "preset" ? preset(id, value, presets) : kinds[kind](id, value, extra);
    set(rest, path, undefined);
    fields.push([path, read]);
    const name = el("label", { for: id }, label);
    return kind === "flag" ? el("p.field.flag", node, name) : el("div.field", name, node);
  })));
  const more = el("textarea", { id: "set-rest", rows: "4", value: Object.keys(rest).length > 0 ? JSON.stringify(rest, null, 2) : "",
      placeholder: '{"mapping": [], "driftOf": {}, "capabilities": {}}' });
  return {
    node: el("div", nodes, el("details", el("summary", "Mapping, drift of single attributes, capabilities"),
        el("div.field", el("label", { for: "set-rest" }, "As JSON"), more))),
    read() {
      const settings = more.value.trim() ? JSON.parse(more.value) : {};
      for (const [path, read] of fields) {
        const value = read();
        if (value !== undefined) set(settings, path, value);
      }
      return settings;
    },
  };
}

function preset(id, value, presets) {
  const notes = el("div.hint");
  const tell = () => notes.replaceChildren(...(presets.find((p) => p.name === select.value)?.notes ?? []).map((note) => el("p", note)));
  const select = el("select", { id, value: value ?? "", onchange: tell }, el("option", { value: "" }, "any that follows the RFC"),
    presets.map((p) => el("option", { value: p.name }, p.title)));
  tell();
  return { node: el("div", select, notes), read: () => select.value || undefined };
}
