extension ExplorerPage {
  /// What a text is taken for, and what was found.
  static let searching = #"""
    // ---- What a text is taken for ----
    let subject = null, running = null, focusFound = false;
    const readings = {item: "an item's id", id: "a semantic ID", text: "text", words: "words of titles"};
    const isNoAnswer = error => error instanceof Fault && error.isOfRequest;
    const describe = async (item, signal) => {
      // A browser takes dots out of a path, and servers limit its length: such ids go in a body.
      if (item !== "." && item !== ".." && segment(item).length <= 8000) {
        const {result} = await call(`${base()}/items/${segment(item)}`, {signal});
        return {kind: "item", ...result};
      }
      const body = {item: whole(item), expand: "exact", budget: 1, attributes: true, filter: {must: [{has_id: [whole(item)]}]}};
      const {result: {entries: [entry]}} = await call(`${base()}/candidates`, {body, signal});
      const {path} = (await call(treePath(entry.codes, 1, 0), {signal})).result;
      return {
        kind: "item", attributes: {}, ...entry.items[0], codes: entry.codes, semantic_id: entry.semantic_id, levels: path};
    };
    /** `known`: as many codes as may be known, where the server has told that the ID is not. */
    const describeCodes = async (codes, signal, known = codes.length) => {
      let end = codes.length;
      while (end && codes[end - 1] === "*") end--;
      const fixed = codes.slice(0, end);
      if (fixed.includes("*")) {
        const all = [...codes];
        while (all.length < index.levels) all.push("*");
        return {kind: "pattern", codes: all, levels: []};
      }
      if (!fixed.length) return {kind: "prefix", codes: [], levels: []};
      // Of a prefix that no item has, the longest beginning that some have.
      for (let length = Math.min(fixed.length, known); ; length--) {
        try {
          const {result} = await call(treePath(fixed.slice(0, length), 10, 0), {signal});
          if (!result.items && length > 1) continue;
          return {kind: fixed.length === index.levels ? "id" : "prefix", codes: fixed, levels: result.items ? result.path : [],
            members: length === fixed.length ? result.members : undefined, items: result.items, known: length};
        } catch (error) {
          if (error.about?.kind !== "missing") throw error;
          if (length <= 1)
            return {kind: fixed.length === index.levels ? "id" : "prefix", codes: fixed, levels: [], known: 0, items: 0};
        }
      }
    };
    const describeText = async (text, signal) => {
      const made = {kind: "text", text, levels: []};
      try {
        const {result: [encoded]} = await call(`${base()}/encode`, {body: {texts: [text]}, signal});
        const {length} = encoded.codes, about = await describeCodes(encoded.codes, signal, length - (encoded.items ? 0 : 1));
        return {...made, codes: encoded.codes, levels: about.levels, items: about.items, known: about.known};
      } catch (error) {
        if (!isNoAnswer(error)) throw error;
        return {...made, noID: error};
      }
    };
    const matching = (text, most) => {
      const words = text.toLowerCase().split(/\s+/).filter(Boolean), found = [];
      if (!words.length) return found;
      for (const point of points) {
        point.lower ??= `${(point.title ?? "").slice(0, 2000)} ${point.item.slice(0, 2000)}`.toLowerCase();
        if (words.every(word => point.lower.includes(word)) && found.push(point) >= most) break;
      }
      return found;
    };
    const describeWords = text => ({kind: "words", text, levels: [], points: matching(text, 1000)});
    const idFault = text => new Fault({
      error: `“${clipped(text, 80)}” is no semantic ID.`,
      remedy: "An ID or a prefix is written <a_12><b_4> or 12-4. * stands for any code: <a_12><b_*><c_9>.",
    }, 400);
    const readQuery = async signal => {
      const text = state.q, codes = codesIn(text);
      switch (state.as) {
      case "item": return describe(text, signal);
      case "id":
        if (!codes) throw idFault(text);
        return describeCodes(codes, signal);
      case "text": return describeText(text, signal);
      case "words": return describeWords(text);
      }
      if (codes && (text.includes("<") || codes.includes("*"))) return describeCodes(codes, signal);
      let missing = null;
      for (const item of new Set([text, text.trim()])) {
        if (!item) continue;
        try {
          return await describe(item, signal);
        } catch (error) {
          if (!isNoAnswer(error)) throw error;
          missing = error;
        }
      }
      if (codes) return describeCodes(codes, signal);
      if (index.has_encoder) return describeText(text, signal);
      await mapped;
      const words = describeWords(text);
      if (words.points.length) return words;
      throw missing ?? idFault(text);
    };
    const readingOf = found => ({pattern: "id", prefix: "id"})[found.kind] ?? found.kind;
    /** Says what the text was taken for, and lets the reader choose another reading. */
    const showReadings = reading => {
      const can = {item: true, id: codesIn(state.q) !== null, text: index.has_encoder, words: points.length > 0};
      const others = Object.keys(readings).filter(key => can[key] && key !== reading);
      $("taken").replaceChildren(
        element("span", {}, reading ? `Taken for ${readings[reading]}.` : "Not found."),
        ...others.map(key => button(`Read it as ${readings[key]}`, () => go({as: key, at: ""}), {"data-reading": key})));
    };

    // ---- What was found ----
    const shareOf = level => Math.max(.004, Math.log1p(level.items) / Math.log1p(Math.max(1, index.items)));
    const levelEntry = (level, codes) => {
      const own = codes.slice(0, level.level), bar = element("span");
      bar.style.width = `${100 * shareOf(level)}%`;
      const made = button("", () => browse(own), {"aria-label": `Level ${level.level}: ${spelled(own)}, ${items(level.items)}${
        level.children ? `, ${several(level.children, "code follows", "codes follow")}` : ""}${
        level.words?.length ? ", " + clipped(level.words.join(" "), 200) : ""}`});
      made.append(element("code", {}, `<${token(level.level - 1, level.code)}>`),
        element("span", {class: "share", "aria-hidden": "true"}, bar),
        element("span", {class: "about"}, items(level.items)
          + (level.children ? ` · ${several(level.children, "code")}` : "")),
        element("span", {class: "words"}, isolated(level.words?.length ? clipped(level.words.join(" "), 200) : "")));
      return element("li", {}, made);
    };
    const titleOf = found => {
      switch (found.kind) {
      case "item": return clipped(found.title?.trim() ? found.title : legible(found.item), 400);
      case "id": return `ID ${spelled(found.codes)}`;
      case "prefix": return found.codes.length ? `Prefix ${spelled(found.codes)}` : "All items";
      case "pattern": return `IDs like ${spelled(found.codes)}`;
      default: return `“${clipped(found.text, 200)}”`;
      }
    };
    const line = (...parts) => element("p", {class: "about"}, ...parts);
    const showSubject = () => {
      const made = [];
      $("found-title").replaceChildren(isolated(titleOf(subject)));
      if (subject.kind === "item") {
        made.push(line("Item ", element(
          "code", {class: subject.item.length > 200 ? "long" : undefined}, isolated(legible(subject.item)))));
        made.push(line("Semantic ID ", element("code", {class: "spelled"}, subject.semantic_id)));
      } else if (subject.kind === "text") {
        made.push(subject.codes
          ? line("The model encodes this text as ", element("code", {class: "spelled"}, spelled(subject.codes)),
            subject.known === subject.codes.length ? `, the ID of ${items(subject.items)}.` : ", which no item has.")
          : line("The text has no semantic ID here: ", clipped(subject.noID.message, 300)));
      } else if (subject.kind === "words") {
        made.push(line(`${items(subject.points.length)} of the ${count(points.length)} on the map have these words. `
          + (index.has_encoder ? "" : "This server has no encoder, which would search by meaning.")));
      } else if (subject.kind === "pattern") {
        made.push(line("* stands for any code of a level."));
      } else if (subject.codes.length) {
        const isKnown = subject.known === subject.codes.length;
        made.push(line(isKnown ? `${several(subject.items, "item has", "items have")} this ${
          subject.kind === "id" ? "ID" : "prefix"}.`
          : `No item has this ${subject.kind === "id" ? "ID" : "prefix"}.`
            + (subject.known ? ` ${several(subject.items, "item begins", "items begin")} with ${
              spelled(subject.codes.slice(0, subject.known))}.` : "")));
        for (const member of (subject.members ?? []).slice(0, 5))
          made.push(element("div", {class: "chips"}, button("", () => openItem(member.item))));
        made.slice(-(subject.members?.slice(0, 5).length ?? 0) || made.length)
          .forEach((chip, place) => chip.querySelector("button")?.append(isolated(called(subject.members[place]))));
      }
      if (subject.levels?.length) made.push(element("ol", {class: "levels", "aria-label": "The path through the tree"},
        ...subject.levels.map(level => levelEntry(level, subject.codes))));
      if (subject.kind === "item") {
        const values = Object.entries(subject.attributes ?? {})
          .filter(([, value]) => value !== null && value !== subject.title).slice(0, 60);
        if (values.length) made.push(element("dl", {"aria-label": "Attributes", tabindex: "0"}, ...values.flatMap(
          ([name, value]) => [element("dt", {}, isolated(clipped(legible(name), 80))),
            element("dd", {}, value === "" ? element("span", {class: "about"}, "empty")
              : isolated(clipped(attributeText(value), 2000)))])));
      }
      $("subject").replaceChildren(...made);
      $("found").hidden = false;
    };
    /** The prefix that the tree shows: the one that was gone to, else the one of what was found. */
    const placeOfTree = () => {
      if (state.at && state.at !== "all") return codesIn(state.at) ?? [];
      if (state.at || !subject?.codes) return [];
      if (subject.kind === "item") return subject.codes.slice(0, -1);
      if (subject.kind === "pattern") return subject.codes.slice(0, subject.codes.indexOf("*"));
      return subject.codes.slice(0, subject.known);
    };
    const moveTree = () => {
      const {focus, from} = arrival;
      arrival = {};
      return showTree(placeOfTree(), {focus, from});
    };
    const run = async () => {
      running?.abort();
      filling?.abort();
      const {signal} = running = new AbortController();
      columns = [];
      tellFilter(null);
      const end = () => {
        $("candidates").hidden = true;
        $("columns").replaceChildren();
        markOnMap([], undefined);
      };
      if (!state.q) {
        subject = null;
        end();
        $("found").hidden = true;
        $("taken").replaceChildren();
        $("status").textContent = "";
        showExamples();
        await moveTree();
        if (state.filter.trim() && !signal.aborted) await probe(signal);
        return;
      }
      $("examples").replaceChildren();
      $("status").textContent = "Searching.";
      $("found").setAttribute("aria-busy", "true");
      try {
        subject = await readQuery(signal);
        if (signal.aborted) return;
        showReadings(readingOf(subject));
        showSubject();
        if (focusFound) {
          $("found-title").focus({preventScroll: true});
          $("found").scrollIntoView({block: "start"});
        }
        focusFound = false;
        const climb = moveTree();
        showRules();
        const isPlain = ["item", "id", "text"].includes(subject.kind);
        $("rules").hidden = !isPlain;
        for (const id of ["reranked", "scanned"]) $(id).parentElement.hidden = !isPlain;
        await fill();
        await climb;
      } catch (error) {
        if (isAbort(error)) return;
        subject = null;
        end();
        showReadings(null);
        $("found-title").replaceChildren(isolated(`“${clipped(state.q, 200)}”`));
        $("subject").replaceChildren(faultBox(error, run));
        $("found").hidden = false;
        $("status").textContent = "";
        await moveTree();
      } finally {
        if (!signal.aborted) $("found").removeAttribute("aria-busy");
      }
    };
    const openItem = item => {
      focusFound = true;
      go({q: item, as: "item", at: ""});
    };
    """#
}
