extension ExplorerPage {
  /// The page's program. Its parts share one scope, in the order in which they stand here.
  static let script =
    "(() => {\n\"use strict\";\n"
    + [basics, map, tree, candidates, searching, beginning].joined(separator: "\n") + "\n})();\n"

  /// What all parts use: elements, texts, the state in the address, requests and their faults.
  static let basics = #"""
    // ---- Elements and texts ----
    const $ = id => document.getElementById(id);
    const element = (name, attributes = {}, ...children) => {
      const made = document.createElement(name);
      for (const [key, value] of Object.entries(attributes)) {
        if (value === undefined || value === null) continue;
        if (key === "class") made.className = value;
        else if (key === "click") made.addEventListener("click", value);
        else made.setAttribute(key, value);
      }
      made.append(...children.filter(child => child !== undefined && child !== null));
      return made;
    };
    const button = (text, click, attributes = {}) => element("button", {type: "button", click, ...attributes}, text);
    const count = new Intl.NumberFormat("en-US").format;
    const several = (number, one, many = one + "s") => `${count(number)} ${number === 1 ? one : many}`;
    const items = number => several(number, "item");
    const significant = new Intl.NumberFormat("en-US", {maximumSignificantDigits: 4}).format;
    const duration = seconds => seconds < 1e-3 ? `${significant(Math.round(seconds * 1e6))} µs`
      : seconds < 1 ? `${(seconds * 1e3).toPrecision(seconds < .1 ? 2 : 3)} ms` : `${seconds.toFixed(2)} s`;
    const clipped = (text, length) => {
      if (text.length <= length) return text;
      const characters = Array.from(text.slice(0, 2 * length));
      return characters.slice(0, length).join("") + "…";
    };
    /** An id as it can be read: what is no visible character, or turns the direction of text, gets a sign of its own. */
    const legible = id => id
      .replace(/[\u0000-\u001f]/g, c => String.fromCharCode(0x2400 + c.charCodeAt(0))).replace(/\u007f/g, "\u2421")
      .replace(/[\u0080-\u009f\u200b\u200e\u200f\u061c\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g,
        c => `⟨${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`)
      .replace(/^ +| +$/g, spaces => "\u2420".repeat(spaces.length));
    /** What a list calls an item: its title, or its id. */
    const called = (item, length = 160) =>
      clipped(item.title?.trim() ? item.title.replace(/\s+/g, " ").trim() : legible(item.item), length);
    const isolated = (text, attributes = {}) => element("bdi", {dir: "auto", ...attributes}, text);
    const narrow = matchMedia("(max-width: 900px)");

    // ---- IDs ----
    const letters = level => {
      let text = "";
      for (let rest = level + 1; rest > 0; rest = Math.floor((rest - 1) / 26))
        text = String.fromCharCode(97 + (rest - 1) % 26) + text;
      return text;
    };
    const token = (level, code) => `${letters(level)}_${code}`;
    const spelled = codes => codes.map((code, level) => `<${token(level, code)}>`).join("");
    /** The codes of a text, "*" for any, where it is an ID or the beginning of one; else null. */
    const codesIn = text => {
      const trimmed = text.trim();
      if (/^(\d{1,5}|\*)(\s*-\s*(\d{1,5}|\*))*$/.test(trimmed))
        return trimmed.split("-").map(part => part.trim() === "*" ? "*" : Number(part));
      if (!/^(<\s*[a-z]+_(\d{1,5}|\*)\s*>\s*)+$/.test(trimmed)) return null;
      const codes = [];
      for (const [, letter, code] of trimmed.matchAll(/<\s*([a-z]+)_(\d+|\*)\s*>/g)) {
        if (letter !== letters(codes.length)) return null;
        codes.push(code === "*" ? "*" : Number(code));
      }
      return codes;
    };
    const plain = codes => codes.join("-");
    /** The codes of a prefix that the server spelled. */
    const codesOf = prefix => codesIn(prefix) ?? [];
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const colorOf = code => {
      const hue = (code * 137.508) % 360, tone = code % 3;
      return dark.matches ? `hsl(${hue.toFixed(1)} 68% ${[66, 56, 76][tone]}%)`
        : `hsl(${hue.toFixed(1)} 66% ${[45, 36, 55][tone]}%)`;
    };

    // ---- State: all of it stands in the address, after the # ----
    const usual = {
      index: "", q: "", as: "", filter: "", k: "20", at: "", candidates: "", scan: "",
      rules: "nearest,all,exact,prefix,hamming:1,per-level:4,product:4",
    };
    const readState = () => {
      const given = new URLSearchParams(location.hash.slice(1)), state = {};
      for (const key of Object.keys(usual)) state[key] = given.get(key) ?? usual[key];
      return state;
    };
    const addressOf = state => {
      const given = new URLSearchParams();
      for (const key of Object.keys(usual)) if (state[key] !== usual[key]) given.set(key, state[key]);
      return "#" + given;
    };
    let state = readState();
    /** Goes to another state. `instead` leaves no step for the button Back. */
    const go = (changes, {instead = false} = {}) => {
      const address = addressOf({...state, ...changes});
      if (address === (location.hash || "#")) return show(true);
      if (instead) {
        history.replaceState(null, "", address);
        show();
      } else {
        location.hash = address;
      }
    };

    // ---- Requests ----
    class Fault extends Error {
      constructor(about, code, wait) {
        super(about.error);
        Object.assign(this, {about, code, wait});
      }
      /** The same request would have the same fault. */
      get isOfRequest() {
        return this.code >= 400 && this.code < 500 && ![401, 403, 408, 409, 429].includes(this.code);
      }
      get isOfFilter() {
        return this.code < 500 && (this.about.source === "filter" || /^filter\b/.test(this.about.place ?? ""));
      }
    }
    const kept = {
      text: "",
      get token() { try { return sessionStorage.getItem("semid-token") ?? ""; } catch { return this.text; } },
      set token(text) {
        this.text = text;
        try { text ? sessionStorage.setItem("semid-token", text) : sessionStorage.removeItem("semid-token"); } catch {}
        $("forget").hidden = !text;
      },
    };
    /** Text for a path or a body: halves of characters, which have no bytes, become U+FFFD. */
    const whole = text => text.replace(/[\ud800-\udfff]/gu, "\ufffd");
    const segment = text => encodeURIComponent(whole(text));
    const base = () => `v1/indexes/${segment(index.name)}`;
    let busy = 0;
    const track = by => document.documentElement.dataset.busy = busy += by;
    const send = async (path, body, signal) => {
      const headers = {Accept: "application/json"}, {token} = kept;
      if (token) headers.Authorization = `Bearer ${token}`;
      if (body) headers["Content-Type"] = "application/json";
      const started = performance.now();
      let answer, text;
      try {
        answer = await fetch(path, {
          method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal, cache: "no-store"});
        text = await answer.text();
      } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new Fault({error: "The server does not answer.", remedy: "See whether it runs and can be reached."}, 0);
      }
      const trip = (performance.now() - started) / 1e3;
      let told = null;
      try { told = JSON.parse(text); } catch {}
      if (answer.ok && told?.status === "ok") return {result: told.result, time: told.time, trip};
      const about = told?.status?.error ? told.status : {
        error: `The answer is not one of semid serve: HTTP ${answer.status}.`,
        remedy: "A proxy may stand in between; its log says more.",
      };
      const seconds = Number(answer.headers.get("Retry-After"));
      throw new Fault(about, answer.status, seconds > 0 ? seconds : undefined);
    };
    /** The answer of the server: `result`, its `time`, and the seconds of the round `trip`. Asks for a token when it must. */
    const call = async (path, {body, signal} = {}) => {
      track(1);
      try {
        for (;;) {
          const used = kept.token;
          try {
            return await send(path, body, signal);
          } catch (error) {
            if (!(error instanceof Fault) || (error.code !== 401 && error.code !== 403)) throw error;
            // Another request may have been given a token meanwhile.
            if (kept.token === used && !await askForToken(error)) throw error;
            if (signal?.aborted) throw new DOMException("", "AbortError");
          }
        }
      } finally {
        track(-1);
      }
    };

    // ---- Token ----
    let asking = null, declined = false;
    const askForToken = fault => {
      if (declined) return Promise.resolve(false);
      return asking ??= new Promise(done => {
        const dialog = $("token");
        $("token-title").textContent = fault.code === 403 ? "Another token is needed" : "A token is needed";
        $("token-said").textContent = fault.message;
        $("token-text").value = "";
        // Escape closes a dialog, in some cases without the event `cancel`: what counts is that it has closed.
        let given = false;
        dialog.onclose = () => {
          $("token-form").onsubmit = $("token-cancel").onclick = dialog.onclose = null;
          asking = null;
          declined = !given;
          done(given);
        };
        $("token-form").onsubmit = event => {
          event.preventDefault();
          const text = $("token-text").value.trim();
          if (!text) return;
          // A header holds visible ASCII only.
          if (!/^[\x21-\x7e]+$/.test(text)) {
            $("token-said").textContent = "A token has letters, digits and signs of ASCII only, and no spaces.";
            return;
          }
          kept.token = text;
          given = true;
          dialog.close();
        };
        $("token-cancel").onclick = () => dialog.close();
        dialog.showModal();
      });
    };
    $("forget").addEventListener("click", () => {
      kept.token = "";
      begin();
    });

    // ---- Faults, where they happened ----
    /** What went wrong, what to do about it, and a button that tries again. */
    const faultBox = (error, again) => {
      if (!(error instanceof Fault)) console.error(error);
      const about = error instanceof Fault ? error.about : {error: `The page failed: ${error.message}`};
      const made = element("div", {class: "fault", role: "alert"}, element("p", {}, clipped(about.error, 600)));
      if (about.remedy && !about.error.includes(about.remedy)) made.append(element("p", {}, clipped(about.remedy, 400)));
      if (error.wait) made.append(element("p", {}, `Try again in ${several(error.wait, "second")}.`));
      if (again && !error.isOfRequest) {
        const needsToken = error.code === 401 || error.code === 403;
        made.append(button(needsToken ? "Give a token" : "Try again", () => { declined = false; again(); }));
      }
      return made;
    };
    const isAbort = error => error?.name === "AbortError";

    /** The index that is looked at, and all that are served. */
    let index = null, indexes = [];

    // ---- Lists that arrows go through ----
    /** One entry of a list can be reached by Tab; arrows move from it. */
    const rove = (list, selector, from) => {
      const all = [...list.querySelectorAll(selector)];
      const to = from ?? all.find(entry => entry.tabIndex === 0) ?? all[0];
      for (const entry of all) entry.tabIndex = entry === to ? 0 : -1;
    };
    const step = (list, selector, from, by) => {
      const all = [...list.querySelectorAll(selector)], place = all.indexOf(from);
      const to = by === "first" ? all[0] : by === "last" ? all.at(-1) : all[place + by];
      if (!to) return;
      rove(list, selector, to);
      to.focus();
    };
    """#
}
