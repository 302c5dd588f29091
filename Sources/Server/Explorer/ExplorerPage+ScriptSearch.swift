extension ExplorerPage {
  /// The search box: what a text is taken for, what was found, the filter; and how the page begins.
  static let searching = #"""
    // ---- What a text is taken for ----
    let subject = null, running = null, focusFound = false;
    const readings = {item: "an item's id", id: "a semantic ID", text: "text", words: "words of titles"};
    const isNoAnswer = error => error instanceof Fault && [400, 404, 413, 414, 431].includes(error.code);
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
          if (!(error instanceof Fault) || error.code !== 404) throw error;
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
        const values = Object.entries(subject.attributes ?? {}).filter(([, value]) => value !== null).slice(0, 60);
        if (values.length) made.push(element("dl", {"aria-label": "Attributes", tabindex: "0"}, ...values.flatMap(
          ([name, value]) => [element("dt", {}, isolated(clipped(legible(name), 80))),
            element("dd", {}, value === "" ? element("span", {class: "about"}, "empty")
              : isolated(clipped(attributeText(value), 2000)))])));
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

    // ---- Filter ----
    /** What the filter does, or its fault with the place in the text. */
    const tellFilter = (fault, allowed) => {
      const said = $("filter-said"), input = $("filter");
      input.removeAttribute("aria-invalid");
      if (!fault) {
        said.replaceChildren(...allowed === undefined ? [] : [
          element("p", {class: "help"}, `${count(allowed)} of ${items(index.items)} pass the filter.`)]);
        return;
      }
      if (!fault.isOfFilter) return said.replaceChildren(faultBox(fault, run));
      input.setAttribute("aria-invalid", "true");
      $("status").textContent = state.q ? "Nothing was searched: the filter has a fault." : "";
      const {about} = fault, place = /\bcharacter (\d+)$/.exec(about.place ?? "");
      if (!place) return said.replaceChildren(faultBox(fault));
      // The server's message names the place in the request; the reader sees the filter alone.
      const error = `The filter cannot be read at ${place[0]}: expected ${about.expected}, found ${about.found}.`;
      const box = faultBox(new Fault({...about, error}, fault.code));
      // A character is what a reader takes for one, with its accents.
      const text = state.filter.trim();
      const characters = Intl.Segmenter ? [...new Intl.Segmenter("en").segment(text)].map(part => part.segment)
        : Array.from(text);
      const at = Math.min(characters.length, Number(place[1]) - 1);
      const before = characters.slice(0, at).join(""), found = characters[at] ?? " ";
      box.append(element("pre", {"aria-hidden": "true"}, before, element("mark", {}, found),
        characters.slice(at + 1).join("")));
      const start = state.filter.length - state.filter.trimStart().length + before.length;
      if (document.activeElement === input) input.setSelectionRange(start, start + found.length);
      said.replaceChildren(box);
    };
    /** Asks what a filter lets pass where there is nothing to search for. */
    const probe = async signal => {
      const prefix = spelled([rootChildren[0]?.code ?? 0]);
      try {
        const body = {prefix, k: 1, explain: true, filter: state.filter.trim()};
        const {result} = await call(`${base()}/query`, {body, signal});
        tellFilter(null, result.explain?.allowed);
      } catch (error) {
        if (!isAbort(error)) tellFilter(error);
      }
    };

    // ---- Examples and suggestions ----
    const showExamples = () => {
      if (state.q || !rootChildren.length) return;
      const made = [], some = rootChildren.filter((_, place) =>
        place % Math.max(1, Math.floor(rootChildren.length / 4)) === 0).slice(0, 4);
      for (const child of some) {
        const item = child.examples[0];
        if (!item) continue;
        const chip = button("", () => openItem(item.item));
        chip.append(isolated(called(item, 34)));
        made.push(chip);
      }
      const first = some[0];
      if (index.has_encoder && first?.words?.length) {
        const text = first.words.slice(0, 2).join(" ");
        made.push(button(`“${text}”`, () => go({q: text, as: "text", at: ""})));
      }
      if (first) made.push(button(spelled([first.code]), () => go({q: spelled([first.code]), as: "", at: ""})));
      $("examples").replaceChildren(...made.length ? [element("span", {}, "For example"), ...made] : []);
    };
    const field = $("query"), list = $("suggestions");
    let picked = -1, offered = [];
    const closeSuggestions = () => {
      list.hidden = true;
      picked = -1;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    };
    const offer = () => {
      offered = field.value.trim().length < 2 || codesIn(field.value) ? [] : matching(field.value, 8);
      if (!offered.length) return closeSuggestions();
      picked = -1;
      list.replaceChildren(...offered.map((point, place) => {
        const made = element("li", {role: "option", id: `option-${place}`, "aria-selected": "false"},
          isolated(called(point, 120)));
        made.addEventListener("pointerdown", event => {
          event.preventDefault();
          closeSuggestions();
          openItem(point.item);
        });
        return made;
      }));
      list.hidden = false;
      field.setAttribute("aria-expanded", "true");
      field.removeAttribute("aria-activedescendant");
    };
    const pick = by => {
      if (list.hidden) return offer();
      picked = (picked + by + offered.length + 1 + (picked < 0 && by < 0 ? 1 : 0)) % (offered.length + 1);
      if (picked === offered.length) picked = -1;
      [...list.children].forEach((made, place) => {
        made.setAttribute("aria-selected", String(place === picked));
        if (place === picked) made.scrollIntoView({block: "nearest"});
      });
      if (picked < 0) field.removeAttribute("aria-activedescendant");
      else field.setAttribute("aria-activedescendant", `option-${picked}`);
    };
    field.addEventListener("input", offer);
    field.addEventListener("blur", closeSuggestions);
    field.addEventListener("keydown", event => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        pick(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter" && picked >= 0) {
        event.preventDefault();
        const {item} = offered[picked];
        closeSuggestions();
        openItem(item);
      } else if (event.key === "Escape") {
        event.preventDefault();
        if (!list.hidden) return closeSuggestions();
        if (!field.value && state.q) go({q: "", as: "", at: ""});
        field.value = "";
      }
    });
    $("search").addEventListener("submit", event => {
      event.preventDefault();
      closeSuggestions();
      // A field of one line leaves the ends of lines out of an id: what it shows may be less than what was asked.
      const isSame = field.value === fieldShown;
      go({q: isSame ? state.q : field.value, as: isSame ? state.as : "", filter: $("filter").value, at: isSame ? state.at : ""});
    });
    $("filter").addEventListener("keydown", event => {
      if (event.key !== "Escape" || !$("filter").value) return;
      event.preventDefault();
      $("filter").value = "";
      if (state.filter) go({filter: ""});
    });
    for (const [id, key, most] of [["budget", "k", 1000], ["reranked", "candidates", 1e6], ["scanned", "scan", 4294967295]])
      $(id).addEventListener("change", () => {
        const number = Math.floor(Number($(id).value));
        go({[key]: number >= 1 ? String(Math.min(most, number)) : usual[key]});
      });
    $("index").addEventListener("change", () => {
      const changed = {index: $("index").value === indexes[0].name ? "" : $("index").value};
      go({...usual, ...changed});
    });
    document.addEventListener("keydown", event => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || $("token").open) return;
      if (event.target.closest?.("input, select, textarea")) return;
      event.preventDefault();
      field.focus();
      field.select();
    });

    // ---- The index, and how the page begins ----
    const fact = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));
    const showIndex = () => {
      const sizes = index.level_sizes, isEven = sizes.every(size => size === sizes[0]);
      $("name").replaceChildren(isolated(clipped(legible(index.name), 200)));
      document.title = `${clipped(legible(index.name), 60)} · semid explorer`;
      const metric = {l2: "squared distance", cosine: "cosine", ip: "inner product"}[index.metric] ?? index.metric;
      $("facts").replaceChildren(
        fact("Items", count(index.items)),
        fact("Levels", isEven ? `${index.levels} of ${count(sizes[0])} codes` : sizes.map(count).join(" × ") + " codes"),
        fact("Metric", metric),
        fact("Vectors", index.has_vectors ? `of ${count(index.dimension)} numbers` : "none"),
        fact("Generation", clipped(index.generation, 24)),
        fact("Updates", index.rolled_back ? "rolled back" : index.writable ? "writable" : "read-only"),
        ...index.has_encoder ? [fact("Text search", "yes")] : [],
        ...index.attributes.length ? [fact("Attributes", clipped(
          index.attributes.map(attribute => legible(attribute.name)).join(", "), 200))] : []);
      const number = index.attributes.find(attribute => attribute.type === "integer" || attribute.type === "float");
      const text = index.attributes.find(attribute => attribute.type === "string");
      const examples = [number && `${number.name} < 20`, text && `${text.name} = "…"`].filter(Boolean);
      $("filter").placeholder = clipped(examples.join(" and ") || "this index has no attributes", 80);
      field.placeholder = index.has_encoder ? "text, an item's id, <a_3><b_9> or 3-9-*"
        : points.length || index.has_titles ? "an item's id, words of its title, <a_3><b_9> or 3-9-*"
        : "an item's id, <a_3><b_9> or 3-9-*";
      const chooser = $("index");
      chooser.replaceChildren(...indexes.map(other => {
        const made = element("option", {}, clipped(legible(other.name), 60));
        made.value = other.name;
        made.selected = other.name === index.name;
        return made;
      }));
      $("choice").hidden = indexes.length < 2;
    };
    const searchKeys = ["q", "as", "filter"], columnKeys = ["k", "rules", "candidates", "scan"];
    let shown = null, mapped = null, fieldShown = "";
    const show = async (again = false) => {
      state = readState();
      if (!indexes.length) return;
      const before = shown, named = state.index ? indexes.find(other => other.name === state.index) : indexes[0];
      shown = state;
      if (!named) return stop(new Fault({
        error: `The server has no index “${clipped(state.index, 80)}”.`, remedy: "Choose one above.",
      }, 404));
      const isOther = named !== index;
      if (isOther) {
        index = named;
        rootChildren = [];
        rootTotal = 0;
        showIndex();
        mapped = loadMap();
      }
      $("search").parentElement.querySelectorAll("input, button").forEach(made => made.disabled = false);
      $("browse").hidden = false;
      field.value = state.q;
      fieldShown = field.value;
      $("filter").value = state.filter;
      $("budget").value = wantedItems();
      $("reranked").value = state.candidates;
      $("scanned").value = state.scan;
      const differs = keys => !before || keys.some(key => state[key] !== before[key]);
      if (isOther || again || differs(searchKeys)) await run();
      else if (differs(columnKeys)) {
        showRules();
        if (subject) await fill();
      } else if (differs(["at"])) await moveTree();
    };
    /** There is nothing to look at: says why. */
    const stop = fault => {
      index = null;
      $("browse").hidden = $("candidates").hidden = true;
      $("found-title").textContent = "No catalogue";
      $("subject").replaceChildren(faultBox(fault, begin));
      $("found").hidden = false;
      if (indexes.length) {
        const chooser = $("index");
        chooser.replaceChildren(element("option", {value: ""}, "choose"), ...indexes.map(other => {
          const made = element("option", {}, clipped(legible(other.name), 60));
          made.value = other.name;
          return made;
        }));
        $("choice").hidden = false;
      }
    };
    const begin = async () => {
      kept.token = kept.token;
      declined = false;
      index = null;
      try {
        indexes = (await call("v1/indexes")).result.indexes;
        if (!indexes.length) throw new Fault({error: "The server has no index."}, 404);
        $("found").hidden = true;
        await show(true);
      } catch (error) {
        stop(error);
      }
      document.documentElement.dataset.ready = "true";
    };
    addEventListener("hashchange", () => show());
    // A page that is looked at again after a while may be of a state that is no longer served.
    document.addEventListener("visibilitychange", async () => {
      if (document.visibilityState !== "visible" || !index) return;
      try {
        const {result} = await call(base()), old = index;
        if (!index || result.name !== index.name || result.generation === index.generation) return;
        indexes = indexes.map(other => other === old ? result : other);
        await show();
      } catch {}
    });
    dark.addEventListener("change", () => {
      draw();
      if (index) moveTree();
    });
    begin();
    """#
}
