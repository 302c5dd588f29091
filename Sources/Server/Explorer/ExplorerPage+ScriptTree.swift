extension ExplorerPage {
  /// The tree of prefixes: one prefix at a time, its children by pages, the way to it above.
  static let tree = #"""
    // ---- Tree ----
    const tree = $("tree"), perPage = 50, ofRoot = 300;
    let here = {codes: [], offset: 0}, rootChildren = [], rootTotal = 0, climbing = null;
    const treePath = (codes, limit, offset) => {
      const prefix = codes.length ? "/" + segment(plain(codes)) : "";
      return `${base()}/tree${prefix}?limit=${limit}&offset=${offset}`;
    };
    /** The way to a prefix, as buttons. */
    const showCrumbs = codes => {
      const crumb = (text, to) => button(text, () => browse(to), {
        "aria-current": to.length === codes.length ? "true" : undefined,
        "aria-label": to.length ? `Prefix ${spelled(to)}` : "All items"});
      const made = [crumb("all items", [])];
      codes.forEach((code, level) => made.push(
        element("span", {"aria-hidden": "true"}, "›"), crumb(token(level, code), codes.slice(0, level + 1))));
      if (codes.length) made.push(button(
        codes.length === index.levels ? "Search around this ID" : "Search this prefix",
        () => go({q: spelled(codes), as: "id", at: ""}), {id: "search-here"}));
      $("crumbs").replaceChildren(...made);
    };
    const childEntry = (child, codes) => {
      const level = codes.length, own = [...codes, child.code];
      // An index may have IDs of two lengths: this child stands for those that end here.
      const ends = codesOf(child.prefix).length === level, name = ends ? "(ends)" : token(level, child.code);
      const words = child.words?.length ? clipped(child.words.join(" "), 120) : "";
      const example = child.examples.length ? called(child.examples[0], 120) : "";
      const swatch = element("span", {class: "swatch", "aria-hidden": "true"});
      swatch.style.background = colorOf(own[0]);
      const about = words && example ? element("span", {class: "about"}, isolated(example)) : null;
      const made = button("", () => ends ? go({q: child.prefix, as: "id", at: ""}) : browse(own), {
        "aria-label": `${name}, ${items(child.items)}${words ? ", " + words : ""}`});
      made.append(swatch, element("code", {}, name), isolated(words || example),
        element("span", {class: "count"}, count(child.items)));
      if (about) made.append(about);
      made.dataset.code = child.code;
      return element("li", {}, made);
    };
    const memberEntry = item => {
      const made = button("", () => openItem(item.item), {class: "leaf"});
      made.append(isolated(called(item)));
      if (item.title?.trim()) made.append(element("span", {class: "about"}, isolated(clipped(legible(item.item), 80))));
      if (subject?.item === item.item) made.setAttribute("aria-current", "true");
      return element("li", {}, made);
    };
    const showPages = (offset, shown, total) => {
      const turn = to => () => showTree(here.codes, {offset: to, focus: true});
      $("pages").replaceChildren(...total > shown ? [
        button("‹ Earlier", turn(Math.max(0, offset - perPage)), offset ? {} : {disabled: ""}),
        element("span", {}, `${count(offset + 1)}–${count(offset + shown)} of ${count(total)}`),
        button("Later ›", turn(offset + perPage), offset + shown < total ? {} : {disabled: ""})] : []);
    };
    /** Shows what follows a prefix. With `focus` the list keeps the keyboard; `from` is the code that one came up from. */
    const showTree = async (codes, {offset = 0, focus = false, from} = {}) => {
      climbing?.abort();
      const {signal} = climbing = new AbortController();
      here = {codes, offset};
      showCrumbs(codes);
      draw();
      const waits = setTimeout(() => tree.replaceChildren(element("li", {class: "waiting"}, "On its way.")), 200);
      tree.setAttribute("aria-busy", "true");
      try {
        let answer;
        if (!codes.length && rootChildren.length && (offset + perPage <= rootChildren.length
          || rootChildren.length === rootTotal)) {
          const children = rootChildren.slice(offset, offset + perPage);
          answer = {prefix: "", items: index.items, path: [], children, total: rootTotal};
        } else if (!codes.length && !offset) {
          answer = (await call(treePath([], ofRoot, 0), {signal})).result;
          rootChildren = answer.children;
          rootTotal = answer.total;
          answer = {...answer, children: rootChildren.slice(0, perPage)};
          findLabels(rootChildren);
          showExamples();
        } else {
          answer = (await call(treePath(codes, perPage, offset), {signal})).result;
        }
        clearTimeout(waits);
        const entries = answer.members ? answer.members.map(memberEntry)
          : answer.children.map(child => childEntry(child, codes));
        tree.replaceChildren(...entries);
        tree.scrollTop = 0;
        showPages(offset, entries.length, answer.total);
        tellPlace(answer, codes);
        const wanted = from !== undefined ? tree.querySelector(`[data-code="${from}"]`) : null;
        rove(tree, "button", wanted ?? undefined);
        if (focus) (wanted ?? tree.querySelector("button"))?.focus();
      } catch (error) {
        if (isAbort(error)) return;
        clearTimeout(waits);
        tree.replaceChildren(element("li", {}, faultBox(error, () => showTree(codes, {offset, focus: true}))));
        $("pages").replaceChildren();
        $("here").textContent = "";
      } finally {
        clearTimeout(waits);
        if (!signal.aborted) tree.removeAttribute("aria-busy");
      }
    };
    const tellPlace = (answer, codes) => {
      if (!codes.length) {
        $("here").textContent = `${items(answer.items)}; ${several(answer.total, "first code")}.`;
        return;
      }
      const share = 100 * answer.items / Math.max(1, index.items), last = answer.path.at(-1);
      const parts = [`${items(answer.items)}, ${significant(share)}% of all`];
      if (!answer.members) parts.push(`${several(answer.total, "code follows", "codes follow")}`);
      if (last?.words?.length) parts.push(clipped(last.words.join(" "), 160));
      $("here").textContent = `${spelled(codes)}: ${parts.join(" · ")}`;
    };
    /** Goes to a prefix, with a step for the button Back. */
    const browse = codes => {
      const focus = tree.contains(document.activeElement) || tree.contains(lastFocus);
      const from = here.codes.length > codes.length ? here.codes[codes.length] : undefined;
      arrival = {focus, from};
      go({at: codes.length ? plain(codes) : "all"});
    };
    let arrival = {}, lastFocus = null;
    tree.addEventListener("keydown", event => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const made = event.target.closest("button");
      if (!made) return;
      const up = () => { if (here.codes.length) browse(here.codes.slice(0, -1)); };
      const page = by => $("pages").querySelectorAll("button")[by]?.click();
      const actions = {
        ArrowDown: () => step(tree, "button", made, 1), ArrowUp: () => step(tree, "button", made, -1),
        Home: () => step(tree, "button", made, "first"), End: () => step(tree, "button", made, "last"),
        ArrowRight: () => made.click(), ArrowLeft: up, Escape: up, Backspace: up,
        PageDown: () => page(1), PageUp: () => page(0),
      };
      if (!actions[event.key]) return;
      event.preventDefault();
      actions[event.key]();
    });
    """#
}
