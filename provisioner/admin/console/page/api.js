// Calls of the admin API, with the key that somebody has given this tab.

const kept = "scimwright-api-key";
let key = sessionStorage.getItem(kept) ?? "";

export const hasKey = () => key !== "";

export function setKey(given) {
  key = given;
  if (given) sessionStorage.setItem(kept, given);
  else sessionStorage.removeItem(kept);
}

// A Problem is an answer that is no success, in the API's words; Gone, that there is none.
export class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}
export class Gone extends Error {}

// at writes a path: at`/apps/${name}/log`.
export const at = (parts, ...names) => String.raw(parts, ...names.map(encodeURIComponent));

// reach makes a request and returns the answer's text, "" if there is none.
export async function reach(method, path, { body, query, signal } = {}) {
  const asked = new URLSearchParams(Object.entries(query ?? {}).filter(([, value]) => value));
  let answer, text;
  try {
    answer = await fetch(`/api/v1${path}${asked.size > 0 ? `?${asked}` : ""}`, {
      method, signal, cache: "no-store", credentials: "omit", redirect: "error",
      headers: { Authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: typeof body === "string" || body === undefined ? body : JSON.stringify(body),
    });
    text = await answer.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Gone("the service does not answer");
  }
  if (answer.ok) return text;
  const problem = new Problem(answer.status, described(text) || `${answer.status} ${answer.statusText}`);
  if (answer.status === 401) dispatchEvent(new CustomEvent("refused", { detail: problem.message }));
  throw problem;
}

function described(text) {
  try {
    const { detail, errors } = JSON.parse(text);
    const more = (errors ?? []).filter((e) => !detail.includes(e.message)).map((e) => `${e.location ?? ""} ${e.message}`.trim());
    return [detail, ...more].join("; ");
  } catch {
    return "";
  }
}

// call makes a request and returns the answer, null if there is none.
export async function call(method, path, options) {
  const text = await reach(method, path, options);
  return text ? JSON.parse(text) : null;
}

export const get = (path, options) => call("GET", path, options);
export const post = (path, body, options) => call("POST", path, { ...options, body });

// ifThere returns null for what does not exist.
export async function ifThere(asked) {
  try {
    return await asked;
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}
