// How things are called, and which colour goes with them.

import { el } from "./dom.js";

const tones = {
  active: "good", throttled: "warn", draft: "warn", testing: "", planning: "", paused: "bad", removing: "warn",
  converged: "good", partial: "good", held: "warn", kept: "warn", waiting: "", pending: "",
  failing: "bad", rejected: "bad", refused: "bad", not_honoured: "bad", flapping: "bad",
  conflict: "bad", ambiguous: "bad", needs_review: "bad", needs_decision: "bad",
  done: "good", cancelled: "warn", failed: "bad",
};

export const chip = (text, tone) => el(tone ? `span.chip.${tone}` : "span.chip", null, text);

// state shows a state by its word, whichever there may be.
export const state = (name) => chip(String(name).replaceAll("_", " "), tones[name] ?? "");

export const count = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;
export const number = (n) => Number(n).toLocaleString();
export const who = (kind, id, name) => `${kind.toLowerCase()} ${id}${name && name !== id ? ` (${name})` : ""}`;

// tally is a number that only counts if it is not zero.
export const tally = (n, tone) => (n === 0 ? el("span.dim", "0") : tone ? chip(number(n), tone) : number(n));

// moment shows a time as the clock of whoever looks has it, exactly in its title.
export function moment(text) {
  if (!text) return el("span.dim", "–");
  const time = new Date(text);
  const today = time.toDateString() === new Date().toDateString();
  const shown = today ? time.toLocaleTimeString() : time.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  return el("time", { datetime: text, title: text }, shown);
}

// age shows roughly how long ago a time is, or how far ahead.
export function age(text) {
  if (!text) return el("span.dim", "–");
  const ms = Date.now() - new Date(text);
  const shown = span(Math.abs(ms));
  return el("time", { datetime: text, title: `${new Date(text).toLocaleString()} (${text})` },
    Math.abs(ms) < 1000 ? "now" : ms < 0 ? `in ${shown}` : `${shown} ago`);
}

export function span(ms) {
  const units = [[1000, "ms"], [60e3, "s"], [3600e3, "min"], [48 * 3600e3, "h"], [Infinity, "d"]];
  const at = units.findIndex(([most]) => ms < most);
  return `${Math.floor(ms / [1, 1000, 60e3, 3600e3, 24 * 3600e3][at])} ${units[at][1]}`;
}

// todo lists what there is to say about an app, the weightiest first.
export function todo(s) {
  const list = [];
  const say = (tone, text, tab) => text && list.push({ tone, text, tab });
  const drafted = ["draft", "testing", "planning"].includes(s.state);
  if (drafted) say("warn", s.unsynced || s.reason, "plan");
  else say(s.state === "paused" ? "bad" : "warn", s.reason, "");
  const e = s.lastError;
  if (s.failing > 0) say("bad", e ? `${e.kind} ${e.subject}: ${e.reason}` : `${count(s.failing, "user or group", "users and groups")} fail`, "links");
  if (s.held > 0) say("warn", `${count(s.held, "goodbye is", "goodbyes are")} held back: approve or reject`, "held");
  if (!drafted) say("warn", s.unsynced, "plan");
  say("warn", s.notice, "settings");
  say("bad", s.auditFailure, "");
  say("warn", s.finding, "");
  return list;
}

// finding shows what is to be said about an app, with where something is done about it.
export const finding = (app, { tone, text, tab }) => el(tone === "bad" ? "div.finding.error" : "div.finding.warning", null,
  tab ? el("a", { href: `#/apps/${encodeURIComponent(app)}/${tab}` }, text) : text);

// json lays out a value, or the text of one as it is: numbers keep their digits.
export const json = (value) => el("pre", indented(typeof value === "string" ? value : JSON.stringify(value)));

function indented(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let out = "", depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  const tokens = text.match(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g);
  tokens.forEach((token, i) => {
    if ("{[".includes(token)) {
      depth++;
      out += "}]".includes(tokens[i + 1]) ? token : token + line();
    } else if ("}]".includes(token)) {
      depth--;
      out += "{[".includes(tokens[i - 1]) ? token : line() + token;
    } else if (token === ",") out += token + line();
    else out += token === ":" ? ": " : token;
  });
  return out;
}

// differences shows attributes as they were and as they are.
export const differences = (fields) => (fields?.length > 0) && el("table", el("tbody", fields.map((f) => el("tr", null,
  el("td.mono", f.path),
  el("td.mono", f.old !== undefined && el("span.was", JSON.stringify(f.old))),
  el("td.mono", f.new !== undefined && el("span.is", JSON.stringify(f.new)))))));

// members shows who would join or leave, or has.
export const members = (label, ids) => (ids?.length > 0) && el("p", el("span.dim", `${label}: `),
  el("span.mono", ids.slice(0, 100).join(" ")), ids.length > 100 && ` and ${number(ids.length - 100)} more`);
