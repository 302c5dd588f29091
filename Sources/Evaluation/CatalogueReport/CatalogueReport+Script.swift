extension CatalogueReport {
  /// The page's program: map, tree, search. It reads the element `data`, and fetches nothing.
  ///
  /// Texts of items go into the page as text nodes only, never as markup.
  static let script = #"""
    (() => {
    "use strict";
    const $ = id => document.getElementById(id);
    const data = JSON.parse($("data").textContent);
    const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer;
    const count = new Intl.NumberFormat("en-US").format;
    const xs = new Uint16Array(bytes(data.x)), ys = new Uint16Array(bytes(data.y));
    const n = xs.length, sampled = n < data.items;
    const titleOf = item => data.titles ? data.titles[item] : data.ids[item];
    const element = (name, attributes = {}, ...children) => {
      const made = document.createElement(name);
      for (const [key, value] of Object.entries(attributes)) {
        if (key === "class") made.className = value;
        else made.setAttribute(key, value);
      }
      made.append(...children);
      return made;
    };
    const items = number => count(number) + (number === 1 ? " item" : " items");

    // ---- IDs ----
    const letters = level => {
      let text = "";
      for (let rest = level + 1; rest > 0; rest = Math.floor((rest - 1) / 26))
        text = String.fromCharCode(97 + (rest - 1) % 26) + text;
      return text;
    };
    const token = (level, code) => `${letters(level)}_${code}`;
    const prepare = raw => {
      const levels = raw.sizes.length, codes = new Uint16Array(bytes(raw.codes));
      const nodes = {
        codes: new Uint16Array(bytes(raw.nodes.codes)), counts: new Uint32Array(bytes(raw.nodes.counts)),
        parents: new Int32Array(bytes(raw.nodes.parents)), words: raw.nodes.words, examples: raw.nodes.examples,
      };
      // Children stand side by side: those of node p are starts[p + 1] ..< starts[p + 2]; of the root, p = -1.
      const starts = new Uint32Array(nodes.codes.length + 2);
      for (const parent of nodes.parents) starts[parent + 2]++;
      for (let p = 1; p < starts.length; p++) starts[p] += starts[p - 1];
      const order = Uint32Array.from({length: n}, (_, i) => i);
      order.sort((a, b) => {
        for (let l = 0; l < levels; l++) {
          const difference = codes[a * levels + l] - codes[b * levels + l];
          if (difference) return difference;
        }
        return a - b;
      });
      return {name: raw.name, sizes: raw.sizes, end: raw.end, least: raw.least, levels, codes, nodes, starts, order};
    };
    const prepared = data.tokenizers.map(() => null);
    const tokenizer = () => prepared[state.tokenizer] ??= prepare(data.tokenizers[state.tokenizer]);
    const isEnd = (t, level, code) => level === t.levels - 1 && code === t.end;
    const label = (t, level, code) => isEnd(t, level, code) ? "(no more)" : token(level, code);
    const codesOf = item => {
      const t = tokenizer();
      const own = Array.from(t.codes.subarray(item * t.levels, (item + 1) * t.levels));
      return isEnd(t, t.levels - 1, own[t.levels - 1]) ? own.slice(0, -1) : own;
    };
    const spelled = codes => codes.map((code, level) => `<${token(level, code)}>`).join("");
    const childrenOf = node => {
      const t = tokenizer(), list = [];
      for (let child = t.starts[node + 1]; child < t.starts[node + 2]; child++) list.push(child);
      return list;
    };
    const pathOf = node => {
      const t = tokenizer(), path = [];
      for (let at = node; at >= 0; at = t.nodes.parents[at]) path.unshift(t.nodes.codes[at]);
      return path;
    };
    const nodeOf = prefix => {
      const t = tokenizer();
      let node = -1;
      for (const code of prefix) {
        node = childrenOf(node).find(child => t.nodes.codes[child] === code) ?? -2;
        if (node === -2) return -2;
      }
      return node;
    };
    /** Places in the order of the IDs whose items begin with the prefix. */
    const rangeOf = prefix => {
      const t = tokenizer();
      const bound = after => {
        let low = 0, high = n;
        while (low < high) {
          const middle = (low + high) >> 1, item = t.order[middle];
          let difference = 0;
          for (let l = 0; l < prefix.length && !difference; l++)
            difference = t.codes[item * t.levels + l] - prefix[l];
          if (difference < 0 || (after && difference === 0)) low = middle + 1;
          else high = middle;
        }
        return low;
      };
      return [bound(false), bound(true)];
    };

    // ---- State ----
    const state = {tokenizer: 0, prefix: [], query: "", hovered: -1, kept: -1};
    const active = new Uint8Array(n).fill(1);
    let highlighted = n;

    // ---- Map ----
    const canvas = $("map"), pane = $("map-pane"), tip = $("tip"), context = canvas.getContext("2d");
    const view = {scale: 1, x: 0, y: 0, width: 0, height: 0, size: 1};
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const colorOf = code => {
      const hue = (code * 137.508) % 360, tone = code % 3;
      return dark.matches ? `hsl(${hue.toFixed(1)} 68% ${[66, 56, 76][tone]}%)`
        : `hsl(${hue.toFixed(1)} 66% ${[45, 36, 55][tone]}%)`;
    };
    const placeX = item => view.width / 2 + view.x + (xs[item] / 65535 - .5) * view.size * view.scale;
    const placeY = item => view.height / 2 + view.y - (ys[item] / 65535 - .5) * view.size * view.scale;
    const radius = () => Math.min(7, Math.max(1.1,
      .27 * Math.sqrt(view.width * view.height / Math.max(1, n)) * Math.sqrt(view.scale)));
    let pending = false;
    const draw = () => {
      if (pending) return;
      pending = true;
      requestAnimationFrame(() => { pending = false; paint(); });
    };
    const paint = () => {
      const ratio = devicePixelRatio || 1, style = getComputedStyle(document.documentElement);
      const {width, height} = pane.getBoundingClientRect();
      view.width = Math.max(50, width - 2);
      view.height = Math.max(50, height - 2);
      view.size = Math.min(view.width, view.height) * .94;
      if (canvas.width !== Math.round(view.width * ratio) || canvas.height !== Math.round(view.height * ratio)) {
        canvas.width = Math.round(view.width * ratio);
        canvas.height = Math.round(view.height * ratio);
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, view.width, view.height);
      const t = tokenizer(), r = radius(), level = Math.min(state.prefix.length, t.levels - 1);
      const dot = (item, size) => {
        const x = placeX(item), y = placeY(item);
        if (x < -9 || y < -9 || x > view.width + 9 || y > view.height + 9) return;
        if (size < 1.6) return context.fillRect(x - size, y - size, 2 * size, 2 * size);
        context.beginPath();
        context.arc(x, y, size, 0, 2 * Math.PI);
        context.fill();
      };
      context.fillStyle = style.getPropertyValue("--faint");
      if (highlighted < n) for (let item = 0; item < n; item++) if (!active[item]) dot(item, Math.max(1, r * .8));
      let last = -1;
      context.globalAlpha = highlighted < n ? 1 : .85;
      const grown = highlighted < n ? Math.max(r * 1.25, 2) : r;
      for (const item of t.order) {
        if (!active[item]) continue;
        const code = t.codes[item * t.levels + level];
        if (code !== last) context.fillStyle = colorOf(last = code);
        dot(item, grown);
      }
      context.globalAlpha = 1;
      if ($("labels").checked) paintLabels(style);
      for (const item of new Set([state.kept, state.hovered])) {
        if (item < 0) continue;
        context.strokeStyle = style.getPropertyValue("--ring");
        context.lineWidth = 2;
        context.beginPath();
        context.arc(placeX(item), placeY(item), Math.max(r + 3, 6), 0, 2 * Math.PI);
        context.stroke();
      }
    };
    /** The words of the prefixes below the picked one, at the middle of their items, as many as do not overlap. */
    let labels = [];
    const findLabels = () => {
      const t = tokenizer(), node = state.query ? -2 : nodeOf(state.prefix);
      labels = [];
      if (node < -1) return;
      const children = childrenOf(node).filter(child => t.nodes.words[child]);
      children.sort((a, b) => t.nodes.counts[b] - t.nodes.counts[a] || a - b);
      for (const child of children.slice(0, 60)) {
        const [from, to] = rangeOf([...state.prefix, t.nodes.codes[child]]);
        if (to - from < 3) continue;
        const own = Array.from(t.order.subarray(from, to)), middle = own.length >> 1;
        labels.push({
          x: own.map(item => xs[item]).sort((a, b) => a - b)[middle],
          y: own.map(item => ys[item]).sort((a, b) => a - b)[middle],
          text: t.nodes.words[child].split(" ").slice(0, 2).join(" "),
        });
      }
    };
    const paintLabels = style => {
      const taken = [];
      context.font = "600 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineJoin = "round";
      context.lineWidth = 4;
      context.strokeStyle = style.getPropertyValue("--card");
      context.fillStyle = style.getPropertyValue("--ink");
      for (const label of labels) {
        const x = view.width / 2 + view.x + (label.x / 65535 - .5) * view.size * view.scale;
        const y = view.height / 2 + view.y - (label.y / 65535 - .5) * view.size * view.scale;
        const half = context.measureText(label.text).width / 2 + 5;
        if (x < half || y < 10 || x > view.width - half || y > view.height - 10) continue;
        if (taken.some(other => Math.abs(other.x - x) < other.half + half && Math.abs(other.y - y) < 19)) continue;
        taken.push({x, y, half});
        context.strokeText(label.text, x, y);
        context.fillText(label.text, x, y);
      }
    };
    const nearest = (x, y, reach) => {
      let best = -1, least = reach * reach;
      for (let item = 0; item < n; item++) {
        const dx = placeX(item) - x, dy = placeY(item) - y;
        // An item of the picked prefix comes before others that are as near.
        const distance = dx * dx + dy * dy + (active[item] ? 0 : 30);
        if (distance < least) { least = distance; best = item; }
      }
      return best;
    };
    const zoom = (factor, x = view.width / 2, y = view.height / 2) => {
      const scale = Math.min(80, Math.max(1, view.scale * factor)), change = scale / view.scale;
      view.x = (view.x + view.width / 2 - x) * change + x - view.width / 2;
      view.y = (view.y + view.height / 2 - y) * change + y - view.height / 2;
      view.scale = scale;
      if (scale === 1) view.x = view.y = 0;
      draw();
    };

    // ---- What an item is ----
    const hover = (item, x = placeX(item), y = placeY(item)) => {
      if (item !== state.hovered) draw();
      state.hovered = item;
      tip.hidden = item < 0;
      if (item < 0) return;
      tip.replaceChildren(
        element("b", {}, titleOf(item)), element("code", {}, spelled(codesOf(item))),
        ...data.columns.filter(column => column.texts[item]).map(column =>
          element("span", {}, `${column.name}: ${column.texts[item]}`)));
      const width = tip.offsetWidth, height = tip.offsetHeight;
      tip.style.left = `${Math.max(4, Math.min(view.width - width - 4, x + 14))}px`;
      tip.style.top = `${y + 14 + height > view.height ? Math.max(4, y - height - 12) : y + 14}px`;
    };
    const keep = item => {
      state.kept = item;
      draw();
      if (item < 0) {
        $("item").replaceChildren(element("span", {class: "about"}, "No item is picked."));
        return;
      }
      const codes = codesOf(item), t = tokenizer();
      const prefixes = element("div", {class: "prefixes", role: "group", "aria-label": "Prefixes of the item's ID"});
      codes.forEach((code, level) => {
        const prefix = codes.slice(0, level + 1);
        const [from, to] = rangeOf(prefix), node = nodeOf(prefix);
        const button = element("button", {type: "button"}, spelled(prefix));
        const number = node >= 0 ? items(t.nodes.counts[node]) : sampled ? `fewer than ${t.least} items`
          : items(to - from);
        button.append(" · " + number);
        button.addEventListener("click", () => pick(prefix));
        prefixes.append(button);
      });
      $("item").replaceChildren(
        element("b", {}, titleOf(item)),
        element("span", {class: "about"}, data.ids[item] + " · ", element("code", {}, spelled(codes))),
        ...data.columns.filter(column => column.texts[item]).map(column =>
          element("span", {class: "about"}, `${column.name}: ${column.texts[item]}`)), prefixes);
    };

    // ---- Picking ----
    const crumbs = $("crumbs"), status = $("status"), find = $("find");
    const tell = () => {
      const t = tokenizer(), shownText = sampled ? " on the map" : "";
      if (state.query) {
        status.textContent = `“${state.query}”: ${items(highlighted)}${shownText}.`;
      } else if (state.prefix.length) {
        const node = nodeOf(state.prefix);
        const parts = [];
        if (node >= 0) {
          const number = t.nodes.counts[node];
          parts.push(`${items(number)}, ${(100 * number / data.items).toFixed(2)}% of all`);
          if (sampled) parts.push(`${count(highlighted)} on the map`);
          if (t.nodes.words[node]) parts.push(t.nodes.words[node]);
        } else {
          parts.push(items(highlighted) + shownText);
        }
        const next = state.prefix.length < t.levels ? ` Colored by level ${state.prefix.length}.` : "";
        status.textContent = `${spelled(state.prefix)}: ${parts.join(" · ")}.${next}`;
      } else {
        status.textContent = `${items(n)} on the map, colored by the first code of their IDs.`;
      }
      crumbs.replaceChildren();
      const crumb = (text, prefix, isLast) => {
        const button = element("button", {type: "button"}, text);
        if (isLast) button.setAttribute("aria-current", "true");
        button.addEventListener("click", () => pick(prefix));
        if (prefix.length) crumbs.append(element("span", {"aria-hidden": "true"}, "›"));
        crumbs.append(button);
      };
      crumb("all items", [], !state.prefix.length && !state.query);
      state.prefix.forEach((code, level) => crumb(
        label(t, level, code), state.prefix.slice(0, level + 1), level === state.prefix.length - 1));
    };
    const activate = () => {
      const t = tokenizer();
      if (state.query) {
        const wanted = state.query.toLowerCase();
        for (let item = 0; item < n; item++)
          active[item] = titleOf(item).toLowerCase().includes(wanted) || data.ids[item].toLowerCase().includes(wanted);
      } else {
        active.fill(state.prefix.length ? 0 : 1);
        const [from, to] = rangeOf(state.prefix);
        if (state.prefix.length) for (let place = from; place < to; place++) active[t.order[place]] = 1;
      }
      highlighted = active.reduce((sum, flag) => sum + flag, 0);
      canvas.dataset.highlighted = highlighted;
      canvas.setAttribute("aria-label", state.prefix.length
        ? `Map of the catalogue: ${items(highlighted)} of ${spelled(state.prefix)} stand out`
        : `Map of the catalogue: ${items(n)}`);
      findLabels();
      tell();
      draw();
    };
    const pick = (prefix, {fromTree = false} = {}) => {
      state.prefix = prefix;
      state.query = "";
      if (!fromTree) {
        find.value = "";
        reveal(prefix);
      }
      for (const other of tree.querySelectorAll('[aria-selected="true"]')) other.setAttribute("aria-selected", "false");
      const key = prefix.join("-");
      const entry = prefix.length ? tree.querySelector(`[data-prefix="${key}"]`) : null;
      if (entry) entry.setAttribute("aria-selected", "true");
      activate();
    };
    const parsed = text => {
      const t = tokenizer(), numbers = [];
      const tokens = text.match(/^(?:<?[a-z]+_\d+>?[\s/]*)+$/i) ? text.match(/[a-z]+_\d+/gi) : null;
      if (tokens) {
        for (const [level, part] of tokens.entries()) {
          const [letter, code] = part.split("_");
          if (letter.toLowerCase() !== letters(level)) return null;
          numbers.push(Number(code));
        }
      } else if (/^\d+(?:-\d+)*-?$/.test(text)) {
        numbers.push(...text.split("-").filter(part => part).map(Number));
      } else {
        return null;
      }
      if (numbers.length > t.levels) return null;
      const [from, to] = rangeOf(numbers);
      return nodeOf(numbers) >= 0 || to > from ? numbers : null;
    };
    find.addEventListener("input", () => {
      const text = find.value.trim(), prefix = text ? parsed(text) : [];
      if (prefix) {
        pick(prefix, {fromTree: true});
        reveal(prefix);
      } else {
        state.prefix = [];
        state.query = text;
        activate();
      }
    });

    // ---- Tree ----
    const tree = $("tree"), shownAtOnce = 100;
    const entries = new WeakMap();
    const entry = (level, text, parts, about) => {
      const row = element("div", {class: "row"}, ...parts);
      const made = element("li", {role: "treeitem", tabindex: "-1", "aria-level": level, "aria-label": text}, row);
      entries.set(made, about);
      return made;
    };
    const swatch = color => {
      const made = element("span", {class: "swatch", "aria-hidden": "true"});
      made.style.background = color;
      return made;
    };
    const nodeEntry = (node, path) => {
      const t = tokenizer(), prefix = [...path, t.nodes.codes[node]], number = t.nodes.counts[node];
      const name = label(t, path.length, t.nodes.codes[node]), words = t.nodes.words[node];
      const made = entry(path.length + 1, `${name}, ${items(number)}${words ? ", " + words : ""}`, [
        element("span", {class: "twist", "aria-hidden": "true"}, "▸"), swatch(colorOf(t.nodes.codes[node])),
        element("code", {}, name), element("span", {class: "words"}, words),
        element("span", {class: "count"}, count(number))], {node, prefix});
      made.setAttribute("aria-expanded", "false");
      made.setAttribute("aria-selected", "false");
      made.dataset.prefix = prefix.join("-");
      return made;
    };
    const itemEntry = (item, level) => {
      const made = entry(level, titleOf(item), [
        element("span", {class: "twist", "aria-hidden": "true"}, "·"),
        element("span", {class: "words"}, titleOf(item)), element("code", {}, codesOf(item).slice(level - 1)
          .map((code, place) => token(level - 1 + place, code)).join(" "))], {item});
      made.firstChild.classList.add("leaf");
      return made;
    };
    const textEntry = (text, level, more) => {
      const made = entry(level, text, [
        element("span", {class: "twist", "aria-hidden": "true"}, more ? "…" : "·"),
        element("span", {class: "words"}, text)], {more});
      made.firstChild.classList.add(more ? "more" : "leaf");
      return made;
    };
    /** Adds makers' entries to a list, some at once, and an entry that adds the next ones. */
    const fill = (list, makers, level) => {
      for (const make of makers.slice(0, shownAtOnce)) list.append(make());
      const rest = makers.slice(shownAtOnce);
      if (!rest.length) return;
      list.append(textEntry(`${count(rest.length)} more`, level, more => {
        const first = list.children.length - 1;
        more.remove();
        fill(list, rest, level);
        focusEntry(list.children[first]);
      }));
    };
    const makersOf = (node, path) => {
      const t = tokenizer(), children = childrenOf(node), level = path.length + 1;
      children.sort((a, b) => t.nodes.counts[b] - t.nodes.counts[a] || a - b);
      const makers = children.map(child => () => nodeEntry(child, path));
      if (node < 0) return makers;
      const inside = children.reduce((sum, child) => sum + t.nodes.counts[child], 0);
      const others = t.nodes.counts[node] - inside;
      if (!others) return makers;
      if (sampled && !children.length)
        for (const title of t.nodes.examples[node]) makers.push(() => textEntry(title, level));
      const listed = new Set(children.map(child => t.nodes.codes[child]));
      const [from, to] = rangeOf(path), own = [];
      for (let place = from; place < to; place++) {
        const item = t.order[place];
        if (path.length === t.levels || !listed.has(t.codes[item * t.levels + path.length])) own.push(item);
      }
      if (sampled && own.length < others) {
        const text = own.length ? `${items(others)} under smaller prefixes, ${count(own.length)} on the map:`
          : `${items(others)} under smaller prefixes, none on the map`;
        makers.push(() => textEntry(path.length === t.levels
          ? `${items(others)}, ${count(own.length)} on the map` : text, level));
      }
      for (const item of own) makers.push(() => itemEntry(item, level));
      return makers;
    };
    const expand = made => {
      if (made.getAttribute("aria-expanded") !== "false") return;
      const {node, prefix} = entries.get(made);
      if (!made.querySelector("ul")) {
        const list = element("ul", {role: "group"});
        fill(list, makersOf(node, prefix), prefix.length + 1);
        made.append(list);
      }
      made.lastChild.hidden = false;
      made.setAttribute("aria-expanded", "true");
      made.querySelector(".twist").textContent = "▾";
    };
    const collapse = made => {
      if (made.getAttribute("aria-expanded") !== "true") return;
      made.lastChild.hidden = true;
      made.setAttribute("aria-expanded", "false");
      made.querySelector(".twist").textContent = "▸";
    };
    /** Opens the tree down to a prefix, and brings it into sight. */
    const reveal = prefix => {
      let list = tree, found = null;
      for (let length = 1; length <= prefix.length; length++) {
        const key = prefix.slice(0, length).join("-");
        let made = [...list.children].find(child => child.dataset.prefix === key);
        while (!made) {
          const last = list.lastElementChild, about = last && entries.get(last);
          if (!about || !about.more) break;
          about.more(last);
          made = [...list.children].find(child => child.dataset.prefix === key);
        }
        if (!made) break;
        found = made;
        if (length < prefix.length) {
          expand(made);
          list = made.lastChild;
        }
      }
      if (found) {
        const box = $("tree-pane"), place = found.getBoundingClientRect(), frame = box.getBoundingClientRect();
        if (place.top < frame.top || place.top > frame.bottom - 30) box.scrollTop += place.top - frame.top - 40;
        rove(found);
      }
    };
    const rove = made => {
      for (const other of tree.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
      if (made) made.tabIndex = 0;
    };
    const focusEntry = made => {
      if (!made) return;
      rove(made);
      made.focus({preventScroll: false});
    };
    const choose = made => {
      const about = entries.get(made);
      if (about.more) return about.more(made);
      if (about.item !== undefined) return keep(about.item);
      if (about.prefix) {
        find.value = "";
        pick(about.prefix, {fromTree: true});
      }
    };
    tree.addEventListener("click", event => {
      const made = event.target.closest("li");
      if (!made) return;
      rove(made);
      if (event.target.classList.contains("twist") && made.hasAttribute("aria-expanded")) {
        made.getAttribute("aria-expanded") === "true" ? collapse(made) : expand(made);
        return;
      }
      choose(made);
      expand(made);
    });
    const visible = () => [...tree.querySelectorAll("li")].filter(made => !made.closest("ul[hidden]"));
    tree.addEventListener("keydown", event => {
      const made = event.target.closest("li");
      if (!made || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = by => { const list = visible(); focusEntry(list[list.indexOf(made) + by]); };
      const actions = {
        ArrowDown: () => step(1), ArrowUp: () => step(-1),
        ArrowRight: () => made.getAttribute("aria-expanded") === "false" ? expand(made)
          : focusEntry(made.querySelector("ul > li")),
        ArrowLeft: () => made.getAttribute("aria-expanded") === "true" ? collapse(made)
          : focusEntry(made.parentElement.closest("li")),
        Home: () => focusEntry(visible()[0]), End: () => focusEntry(visible().at(-1)),
        Enter: () => { choose(made); expand(made); }, " ": () => { choose(made); expand(made); },
        Escape: () => pick([], {fromTree: true}),
      };
      if (!actions[event.key]) return;
      event.preventDefault();
      actions[event.key]();
    });

    // ---- Pointer and keys on the map ----
    const fingers = new Map();
    let moved = false, spread = 0;
    const at = event => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener("pointerdown", event => {
      fingers.set(event.pointerId, at(event));
      moved = fingers.size > 1;
      spread = 0;
    });
    canvas.addEventListener("pointermove", event => {
      const [x, y] = at(event), before = fingers.get(event.pointerId);
      if (!before) return event.pointerType === "mouse" ? hover(nearest(x, y, 14), x, y) : undefined;
      if (fingers.size === 2) {
        fingers.set(event.pointerId, [x, y]);
        const [[ax, ay], [bx, by]] = [...fingers.values()], distance = Math.hypot(ax - bx, ay - by);
        if (spread) zoom(distance / spread, (ax + bx) / 2, (ay + by) / 2);
        spread = distance;
        return;
      }
      if (event.pointerType === "touch" && view.scale === 1) return;
      if (!moved && Math.hypot(x - before[0], y - before[1]) < 4) return;
      if (!moved) canvas.setPointerCapture(event.pointerId);
      moved = true;
      canvas.classList.add("moving");
      hover(-1);
      view.x += x - before[0];
      view.y += y - before[1];
      fingers.set(event.pointerId, [x, y]);
      draw();
    });
    const lift = event => {
      const was = fingers.delete(event.pointerId);
      canvas.classList.remove("moving");
      if (!was || moved || event.type !== "pointerup") return;
      const [x, y] = at(event), item = nearest(x, y, event.pointerType === "touch" ? 24 : 14);
      hover(item, x, y);
      keep(item);
    };
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);
    canvas.addEventListener("pointerleave", event => { if (event.pointerType === "mouse") hover(-1); });
    canvas.addEventListener("dblclick", event => zoom(2, ...at(event)));
    canvas.addEventListener("wheel", event => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 300), ...at(event));
    }, {passive: false});
    /** The nearest item in a direction: sideways counts twice. */
    const walk = (dx, dy) => {
      const from = state.kept >= 0 ? state.kept : nearest(view.width / 2, view.height / 2, 1e6);
      if (state.kept < 0) return from;
      let best = -1, least = Infinity;
      for (let item = 0; item < n; item++) {
        if (!active[item] || item === from) continue;
        const x = placeX(item) - placeX(from), y = placeY(item) - placeY(from);
        const ahead = x * dx + y * dy, aside = Math.abs(x * dy - y * dx);
        if (ahead <= .5 || aside > ahead * 1.5) continue;
        const distance = ahead + 2 * aside;
        if (distance < least) { least = distance; best = item; }
      }
      return best < 0 ? from : best;
    };
    canvas.addEventListener("keydown", event => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const go = (dx, dy) => { const item = walk(dx, dy); keep(item); hover(item); };
      const actions = {
        ArrowLeft: () => go(-1, 0), ArrowRight: () => go(1, 0), ArrowUp: () => go(0, -1), ArrowDown: () => go(0, 1),
        "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), "0": () => zoom(1e-9),
        Enter: () => {
          if (state.kept < 0) return;
          const codes = codesOf(state.kept), same = state.prefix.every((code, level) => code === codes[level]);
          pick(codes.slice(0, same ? Math.min(codes.length, state.prefix.length + 1) : 1));
        },
        Escape: () => {
          hover(-1);
          if (state.prefix.length || state.query) pick(state.prefix.slice(0, -1));
          else keep(-1);
        },
      };
      if (!actions[event.key]) return;
      event.preventDefault();
      actions[event.key]();
    });
    canvas.addEventListener("blur", () => hover(-1));
    $("labels").addEventListener("change", draw);
    $("zoom-in").addEventListener("click", () => zoom(1.6));
    $("zoom-out").addEventListener("click", () => zoom(1 / 1.6));
    $("zoom-all").addEventListener("click", () => zoom(1e-9));

    // ---- Tokenizers ----
    const show = number => {
      state.tokenizer = number;
      for (const section of document.querySelectorAll(".of-tokenizer"))
        section.hidden = Number(section.dataset.tokenizer) !== number;
      tree.replaceChildren();
      fill(tree, makersOf(-1, []), 1);
      rove(tree.firstElementChild);
      pick([]);
      keep(state.kept);
      hover(-1);
    };
    const chooser = $("tokenizer");
    if (chooser) chooser.addEventListener("change", () => show(chooser.selectedIndex));
    new ResizeObserver(draw).observe(pane);
    dark.addEventListener("change", () => show(state.tokenizer));
    show(chooser ? chooser.selectedIndex : 0);
    paint();
    document.documentElement.dataset.ready = "true";
    })();
    """#
}
