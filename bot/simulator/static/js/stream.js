/**
 * Server-sent events that survive a restart of the server.
 *
 * The browser's own EventSource gives up for good when a server answers with an error, and cannot be told where to resume; so the
 * stream is read with fetch, and every connection names the last event seen in `Last-Event-ID`. A page nobody looks at lets go of
 * its connection after a while: browsers allow six per server, and forgotten tabs would use them up.
 */

const HIDDEN_GRACE = 30_000;
const SLOWEST = 8_000;

export class Stream {
  #url; #handlers; #abort = null; #delay = 500; #timer = 0; #stopped = true;

  /** @param {{event: (data: object) => void, open: (again: boolean) => void, lost: () => void}} handlers */
  constructor(url, handlers, lastId = null) {
    this.#url = url;
    this.#handlers = handlers;
    this.lastId = lastId;
    this.opened = false;
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
  }

  start() {
    this.#stopped = false;
    this.#connect();
  }

  /** Connect anew, after this event: the server began a new count. */
  resumeFrom(id) {
    this.lastId = id;
    this.#abort?.abort();
  }

  #visibilityChanged() {
    clearTimeout(this.#timer);
    if (document.hidden) this.#timer = setTimeout(() => this.#pause(), HIDDEN_GRACE);
    else if (this.#stopped) this.start();
  }

  #pause() {
    this.#stopped = true;
    this.#abort?.abort();
  }

  async #connect() {
    while (!this.#stopped) {
      await this.#read().catch(() => undefined);
      if (this.#stopped) return;
      this.#handlers.lost();
      await new Promise((done) => setTimeout(done, this.#delay));
      this.#delay = Math.min(SLOWEST, this.#delay * 2);
    }
  }

  async #read() {
    this.#abort = new AbortController();
    const headers = { accept: "text/event-stream", ...(this.lastId === null ? {} : { "Last-Event-ID": String(this.lastId) }) };
    const answer = await fetch(this.#url, { headers, signal: this.#abort.signal, cache: "no-store" });
    if (!answer.ok) throw new Error(`${this.#url}: ${answer.status}`);
    this.#delay = 500;
    this.#handlers.open(this.opened);
    this.opened = true;
    await this.#consume(answer.body.pipeThrough(new TextDecoderStream()).getReader());
  }

  async #consume(reader) {
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = blocks.pop();
      blocks.forEach((block) => this.#dispatch(block));
    }
  }

  #dispatch(block) {
    const { id, data } = parseBlock(block);
    if (data === "") return;
    const parsed = JSON.parse(data);
    this.lastId = id ?? parsed.seq ?? this.lastId;
    this.#handlers.event(parsed);
  }
}

/** One event block to its id and joined data lines; comments and other fields are left out. */
export function parseBlock(block) {
  const fields = block.split("\n").filter((line) => line !== "" && !line.startsWith(":")).map(parseLine);
  const data = fields.filter(([name]) => name === "data").map(([, value]) => value).join("\n");
  return { id: fields.findLast(([name]) => name === "id")?.[1] ?? null, data };
}

function parseLine(line) {
  const colon = line.indexOf(":");
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
}
