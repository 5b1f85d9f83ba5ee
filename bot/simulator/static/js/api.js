/** The simulator's and the lender's control APIs, one function a call. */

export class ApiError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function call(method, path, body) {
  const options = { method, headers: { accept: "application/json" } };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) Object.assign(options, { body: JSON.stringify(body), headers: { ...options.headers, "content-type": "application/json" } });
  const answer = await fetch(path, options);
  const text = await answer.text();
  if (!answer.ok) throw new ApiError(answer.status, detailOf(text));
  return text === "" ? null : JSON.parse(text);
}

function detailOf(text) {
  try {
    const parsed = JSON.parse(text);
    return typeof parsed.error === "string" ? parsed.error : "";
  } catch {
    return "";
  }
}

const user = (id, verb, body = {}) => call("POST", `/simulator/users/${id}/${verb}`, body);

export const simulator = {
  state: () => call("GET", "/simulator/state"),
  createUser: (fields) => call("POST", "/simulator/users", fields),
  chat: (id, after) => call("GET", `/simulator/users/${id}/chat?after=${after}`),
  start: (id, payload) => user(id, "start", payload ? { payload } : {}),
  text: (id, text, { reply_to, thread } = {}) => user(id, "text", without({ text, reply_to, thread })),
  press: (id, message_id, data) => user(id, "press", { message_id, data }),
  contact: (id) => user(id, "contact", { own: true }),
  location: (id) => user(id, "location"),
  sticker: (id) => user(id, "sticker"),
  edit: (id, message_id, text) => user(id, "edit", { message_id, text }),
  block: (id) => user(id, "block"),
  unblock: (id) => user(id, "unblock"),
  replyKeyboard: (id, text) => user(id, "reply-keyboard", { text }),
  open: (id, link) => call("GET", `/simulator/users/${id}/open?link=${encodeURIComponent(link)}`),
  faults: () => call("GET", "/simulator/faults"),
  setFaults: (faults) => call("PUT", "/simulator/faults", faults),
  file(id, { kind, file, name, caption, thread }) {
    const form = new FormData();
    form.set("kind", kind);
    if (caption) form.set("caption", caption);
    if (thread) form.set("thread", String(thread));
    form.set("file", file, name ?? file.name);
    return user(id, "file", form);
  },
  /** Who works for the demo's lender, in that language; none where there is a simulator alone. */
  async staff(language) {
    try {
      return (await call("POST", `/demo/staff?${new URLSearchParams({ language })}`)).staff;
    } catch (error) {
      if (error.status === 404 || error.status === 405) return [];
      throw error;
    }
  },
  async invitation(name, language) {
    try {
      return (await call("GET", `/demo/invitation?${new URLSearchParams({ name, language })}`)).link;
    } catch {
      return null;
    }
  },
};

const application = (reference, verb, body = {}) => call("POST", `/lender/control/applications/${encodeURIComponent(reference)}/${verb}`, body);

export const lender = {
  applications: () => call("GET", "/lender/control/applications"),
  options: () => call("GET", "/lender/control/options"),
  settings: () => call("GET", "/lender/control/settings"),
  setSettings: (settings) => call("PUT", "/lender/control/settings", settings),
  step: (reference, stage) => application(reference, "step", without({ stage })),
  delay: (reference, seconds) => application(reference, "delay", { seconds }),
  requestDocument: (reference, document) => application(reference, "request-document", { document }),
  decide: (reference, decision) => application(reference, "decide", decision),
  resend: (reference) => application(reference, "resend"),
};

const without = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
