extension ExplorerPage {
  /// The fields on top: filter, examples, suggestions; the index, and how the page begins.
  static let beginning = #"""
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
      for (const work of [running, filling, climbing]) work?.abort();
      index = mapOf = null;
      $("browse").hidden = $("candidates").hidden = true;
      // Nothing stays of an index that may no longer be looked at.
      for (const id of ["facts", "taken", "examples", "status", "filter-said", "columns", "tree"]) $(id).replaceChildren();
      clearMap();
      $("name").textContent = "semid explorer";
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
