extension ExplorerPage {
  /// Candidates by several rules, side by side.
  static let candidates = #"""
    // ---- Rules ----
    const ruleKinds = {
      nearest: {name: "Nearest by vector", about: "What a search gives: the best by estimated distance, compared exactly."},
      all: {name: "All vectors compared", about: "The true nearest. The other columns are held against them."},
      exact: {name: "Same ID", about: "Items with this very ID."},
      prefix: {name: "Common beginning", about: "IDs that share all codes, then one fewer at the end, and so on."},
      hamming: {name: "Differing levels", parameter: "Levels that may differ", usual: 1, most: 64,
        about: "IDs that differ at no more than so many levels."},
      "per-level": {name: "One level at a time", parameter: "Codes of each level", usual: 4, most: 65536,
        about: "At one level at a time, each of so many codes whose codewords are nearest."},
      product: {name: "All levels at once", parameter: "Codes of each level", usual: 4, most: 65536,
        about: "At all levels at once, each of so many codes whose codewords are nearest."},
      match: {name: "Matches", about: "IDs that match the pattern, in their order."},
      under: {name: "Items of the prefix", about: "In the order of their IDs."},
      words: {name: "Titles with these words", about: "Of the items on the map."},
    };
    const ruleOrder = ["nearest", "all", "exact", "prefix", "hamming", "per-level", "product"];
    const parseRule = text => {
      const [kind, number] = text.split(":"), about = ruleKinds[kind];
      if (!about || !ruleOrder.includes(kind)) return null;
      if (!about.parameter) return {kind, text: kind};
      const value = /^\d{1,6}$/.test(number ?? "") ? Math.min(about.most, Math.max(1, Number(number))) : about.usual;
      return {kind, value, text: `${kind}:${value}`};
    };
    /** The rules of the address: each kind once, in the usual order. */
    const chosenRules = () => {
      const given = state.rules.split(",").map(parseRule).filter(Boolean);
      return ruleOrder.map(kind => given.find(rule => rule.kind === kind)).filter(Boolean);
    };
    const wantedItems = () => Math.min(1000, Math.max(1, Math.floor(Number(state.k)) || Number(usual.k)));
    const showRules = () => {
      const chosen = chosenRules();
      $("rules").replaceChildren(...ruleOrder.map(kind => {
        const isOn = chosen.some(rule => rule.kind === kind);
        return button(ruleKinds[kind].name, () => {
          const next = isOn ? chosen.filter(rule => rule.kind !== kind) : [...chosen, parseRule(kind)];
          const order = next.sort((a, b) => ruleOrder.indexOf(a.kind) - ruleOrder.indexOf(b.kind));
          focusAfter = `#rules [data-rule="${kind}"]`;
          go({rules: order.map(rule => rule.text).join(",")});
        }, {"aria-pressed": String(isOn), "data-rule": kind});
      }));
      if (focusAfter) document.querySelector(focusAfter)?.focus();
      focusAfter = null;
    };
    let focusAfter = null;

    // ---- What a column asks for ----
    const searchOptions = () => {
      const options = {k: wantedItems(), explain: true};
      if (state.candidates) options.candidates = Number(state.candidates);
      if (state.scan) options.scan = Number(state.scan);
      return {...options, ...filterOptions()};
    };
    /** The filter, and the values of the attributes that it names. */
    const filterOptions = () => {
      const filter = state.filter.trim();
      if (!filter) return {};
      const lower = filter.toLowerCase();
      const named = index.attributes.map(attribute => attribute.name).filter(name => lower.includes(name.toLowerCase()));
      return named.length ? {filter, attributes: named} : {filter};
    };
    const fromHits = ({result, time, trip}) =>
      ({rows: result.hits, total: result.total, explain: result.explain, time, trip});
    const fromEntries = ({result, time, trip}) => ({
      rows: result.entries.flatMap(entry => entry.items.map(item => ({
        ...item, semantic_id: entry.semantic_id, codes: entry.codes, distance: entry.distance}))),
      ids: result.entries.length, more: result.budget_exhausted, isKnown: result.is_in_catalogue, time, trip});
    const query = async (body, signal) => fromHits(await call(`${base()}/query`, {body, signal}));
    const expand = async (body, signal) => fromEntries(await call(
      `${base()}/candidates`, {body: {...body, budget: wantedItems(), ...filterOptions()}, signal}));
    /** What was asked for, as a vector for the search. An ID stands for the vector that the model decodes. */
    const vectorOf = async signal => {
      if (subject.kind === "item") return {item: subject.item};
      if (subject.kind === "text") return {text: subject.text};
      subject.vector ??= (await call(
        `${base()}/decode`, {body: {semantic_ids: [spelled(subject.codes)]}, signal})).result[0];
      return {vector: subject.vector};
    };
    const fetchColumn = async (rule, signal) => {
      switch (rule.kind) {
      case "nearest": return query({...await vectorOf(signal), ...searchOptions()}, signal);
      case "all": return query({
        ...await vectorOf(signal), k: wantedItems(), exact: true, explain: true, ...filterOptions()}, signal);
      case "match": return expand({semantic_id: spelled(subject.codes)}, signal);
      case "under":
        return query({prefix: spelled(subject.codes), k: wantedItems(), explain: true, ...filterOptions()}, signal);
      case "words": return {rows: subject.points.slice(0, wantedItems()), total: subject.points.length};
      default: {
        if (!subject.codes) throw subject.noID;
        const from = subject.kind === "item" ? {item: subject.item} : {semantic_id: spelled(subject.codes)};
        return expand({...from, expand: rule.text}, signal);
      }
      }
    };

    // ---- Columns ----
    let columns = [], filling = null;
    const shownAtOnce = () => columns.length === 1 && !narrow.matches ? 40 : 10;
    const rowOf = (row, column, truth) => {
      const code = element("code");
      (row.codes ?? []).forEach((value, level) => {
        const text = `<${token(level, value)}>`, asked = subject.codes?.[level];
        code.append(asked !== undefined && asked !== "*" && asked !== value ? element("mark", {}, text) : text);
      });
      const isItself = row.item === subject.item, isNear = truth?.has(row.item);
      const made = button("", () => openItem(row.item), {class: isItself ? "itself" : isNear ? "near" : undefined});
      made.append(isolated(called(row)));
      made.append(element("span", {class: "distance"}, Number.isFinite(row.distance) ? significant(row.distance) : ""));
      if (row.codes) made.append(code);
      if (row.attributes) {
        const values = Object.entries(row.attributes).map(([name, value]) => `${name}: ${attributeText(value)}`);
        if (values.length) made.append(element("span", {class: "about"}, isolated(clipped(values.join(" · "), 160))));
      }
      if (isItself) made.append(element("span", {class: "about"}, "the item itself"));
      if (isNear) made.append(element("span", {class: "unseen"}, "among the nearest"));
      return element("li", {}, made);
    };
    const attributeText = value => Array.isArray(value) ? value.join(", ") : typeof value === "number" ? ungrouped(value)
      : String(value);
    const ungrouped = new Intl.NumberFormat("en-US", {maximumFractionDigits: 6, useGrouping: false}).format;
    /** The items that all vectors give, against which the other columns are held. */
    const truthOf = () => {
      const all = columns.find(column => column.rule.kind === "all");
      return all?.found ? new Set(all.found.rows.map(row => row.item)) : null;
    };
    const headOf = column => {
      const {kind, value} = column.rule, about = ruleKinds[kind];
      const head = element("div", {class: "head"}, element("h3", {}, about.name));
      if (about.parameter) {
        const field = element("input", {
          type: "number", min: 1, max: about.most, value, inputmode: "numeric", "data-parameter": kind,
          "aria-label": `${about.name}: ${about.parameter.toLowerCase()}`, title: about.parameter});
        field.addEventListener("change", () => {
          focusColumn = kind;
          go({rules: chosenRules().map(rule =>
            rule.kind === kind ? parseRule(`${kind}:${field.value}`).text : rule.text).join(",")});
        });
        head.append(field);
      }
      return head;
    };
    let focusColumn = null;
    const showColumn = column => {
      const {rule, found, fault} = column, about = ruleKinds[rule.kind], truth = truthOf();
      const made = [headOf(column), element("p", {class: "about"}, about.about)];
      if (fault) {
        made.push(faultBox(fault, () => fill()));
      } else if (!found) {
        made.push(element("p", {class: "waiting"}, "On its way."));
      } else {
        const figures = [found.total > found.rows.length ? `${count(found.rows.length)} of ${items(found.total)}`
          : items(found.rows.length) + (found.more ? ", and more" : "")];
        if (found.ids !== undefined && found.ids !== found.rows.length) figures.push(several(found.ids, "ID"));
        if (found.time !== undefined) figures.push(`server ${duration(found.time)}`, `round trip ${duration(found.trip)}`);
        made.push(element("p", {class: "figures"}, figures.join(" · ")));
        if (truth?.size && rule.kind !== "all") {
          const others = found.rows.map(row => row.item).filter(item => item !== subject.item);
          const both = new Set(others.filter(item => truth.has(item))).size;
          if (others.length) made.push(
            element("p", {class: "figures"}, `${count(both)} of the ${several(truth.size, "nearest item")}`));
        }
        if (found.rows.length) {
          const from = column.page * shownAtOnce(), rows = found.rows.slice(from, from + shownAtOnce());
          made.push(element("ol", {class: "rows", role: "list", start: from + 1, "aria-label": about.name},
            ...rows.map(row => rowOf(row, column, rule.kind === "all" ? null : truth))));
          if (found.rows.length > shownAtOnce()) {
            const turn = by => () => { column.page += by; showColumn(column); focusRow(column); };
            made.push(element("div", {class: "chips"},
              button("‹ Earlier", turn(-1), from ? {} : {disabled: ""}),
              element("span", {}, `${count(from + 1)}–${count(from + rows.length)}`),
              button("Later ›", turn(1), from + rows.length < found.rows.length ? {} : {disabled: ""})));
          }
        } else {
          made.push(element("p", {class: "about"}, 
            rule.kind === "exact" && found.isKnown === false ? "No item has this ID." : "Nothing was found."));
        }
      }
      const focusable = "ol button, input";
      const had = [...column.place.querySelectorAll(focusable)].indexOf(document.activeElement);
      column.place.replaceChildren(...made);
      if (had >= 0) column.place.querySelectorAll(focusable)[had]?.focus();
      column.place.setAttribute("aria-busy", String(!found && !fault));
      const list = column.place.querySelector("ol");
      if (list) rove(list, "button");
      if (focusColumn === rule.kind && column.place.querySelector("input")) {
        column.place.querySelector("input").focus();
        if (found || fault) focusColumn = null;
      }
    };
    const focusRow = column => column.place.querySelector("ol button")?.focus();
    /** One after another, so that the times are those of a request alone. */
    const fill = async () => {
      filling?.abort();
      const {signal} = filling = new AbortController();
      const rules = subject.kind === "pattern" ? [{kind: "match"}] : subject.kind === "prefix" ? [{kind: "under"}]
        : subject.kind === "words" ? [{kind: "words"}] : chosenRules();
      columns = rules.map(rule => {
        const name = ruleKinds[rule.kind].name;
        const place = element("section", {class: "column", "aria-label": name, "data-rule": rule.kind});
        return {rule, place, page: 0};
      });
      $("columns").replaceChildren(...columns.map(column => column.place));
      $("columns").classList.toggle("alone", columns.length === 1);
      $("candidates-title").textContent = ["pattern", "prefix", "words"].includes(subject.kind) ? "Items" : "Candidates";
      $("candidates").hidden = false;
      $("explained").replaceChildren();
      $("legend").hidden = true;
      for (const column of columns) showColumn(column);
      for (const column of columns) {
        try {
          column.found = await fetchColumn(column.rule, signal);
        } catch (error) {
          if (isAbort(error)) return;
          column.fault = error;
          if (error instanceof Fault && error.isOfFilter) {
            // It would be the same in every column: it is told once, where the filter stands.
            for (const other of columns) other.place.remove();
            columns = [];
            $("candidates").hidden = true;
            return tellFilter(error);
          }
        }
        if (signal.aborted) return;
        if (column.rule.kind === "all") columns.forEach(showColumn);
        else showColumn(column);
        explain();
        $("legend").hidden = columns.length < 2 || !truthOf()?.size;
        remark();
      }
      tellCounts();
    };
    const remark = () => {
      const first = columns.find(column => column.found);
      markOnMap(first ? first.found.rows.map(row => row.item) : [], subject?.item);
    };
    const tellCounts = () => {
      const done = columns.filter(column => column.found), failed = columns.length - done.length;
      const found = new Set(done.flatMap(column => column.found.rows.map(row => row.item))).size;
      const lists = columns.length === 1 ? "" : `${several(done.length, "list")}, `;
      $("status").textContent = `${lists}${items(found)}.`
        + (failed ? ` ${several(failed, "list")} could not be made; each says why.` : "");
      const allowed = done.map(column => column.found.explain?.allowed).find(number => number !== undefined);
      if (state.filter.trim() && allowed !== undefined) tellFilter(null, allowed);
    };

    // ---- How the items were found, in words ----
    const explanation = about => {
      const sentences = [], number = key => about[key] === undefined ? null : items(about[key]);
      switch (about.path) {
      case "scan":
        sentences.push(`The search estimated the distances of ${number("scanned") ?? "some items"} by their IDs`
          + (about.sifted ? `, compared ${count(about.sifted)} of them by vectors rounded to bytes` : "")
          + (about.reranked !== undefined ? `, and compared ${count(about.reranked)} by their exact vectors.` : "."));
        break;
      case "direct":
        sentences.push(`The filter leaves so few items that the exact vectors of all ${
          number("reranked") ?? number("allowed") ?? "of them"} were compared.`);
        break;
      case "exact":
        sentences.push(`The vectors of ${number("reranked") ?? "all items"} were compared; nothing was estimated.`);
        break;
      case "lookup": sentences.push("The items were looked up by their IDs."); break;
      case "expansion": sentences.push("The items were found by the IDs around one."); break;
      default: sentences.push(`The items were found by the path “${about.path}”.`);
      }
      if (about.budget_exhausted) sentences.push(
        "The scan ended at its limit before it had met every item: a larger number under “Estimated” meets more.");
      if (about.allowed !== undefined && about.path !== "direct") sentences.push(`The filter allows ${items(about.allowed)}.`);
      if (about.query_semantic_id && about.query_semantic_id !== subject.semantic_id)
        sentences.push(`The model encodes the query as ${about.query_semantic_id}.`);
      if (about.segments > 1) sentences.push(`The index has ${several(about.segments, "segment")}.`);
      const parts = Object.entries(about.seconds ?? {});
      if (parts.length) sentences.push(
        `It took ${parts.map(([part, seconds]) => `${duration(seconds)} for ${part.replaceAll("_", " ")}`).join(", ")}.`);
      return sentences.join(" ");
    };
    const explain = () => {
      const told = columns.filter(column => column.found?.explain);
      const text = told.slice(0, 1).map(column =>
        `${ruleKinds[column.rule.kind].name}: ${explanation(column.found.explain)}`).join(" ");
      if ($("explained").textContent !== text) $("explained").textContent = text;
    };
    $("columns").addEventListener("keydown", event => {
      const list = event.target.closest("ol"), made = event.target.closest("li button");
      if (!list || !made || event.ctrlKey || event.metaKey || event.altKey) return;
      const lists = [...$("columns").querySelectorAll("ol")], row = [...list.querySelectorAll("button")].indexOf(made);
      const aside = by => {
        const to = lists[lists.indexOf(list) + by], rows = to ? [...to.querySelectorAll("button")] : [];
        const next = rows[Math.min(row, rows.length - 1)];
        if (next) { rove(to, "button", next); next.focus(); }
      };
      const actions = {
        ArrowDown: () => step(list, "button", made, 1), ArrowUp: () => step(list, "button", made, -1),
        ArrowRight: () => aside(1), ArrowLeft: () => aside(-1),
        Home: () => step(list, "button", made, "first"), End: () => step(list, "button", made, "last"),
        Escape: () => $("query").focus(),
      };
      if (!actions[event.key]) return;
      event.preventDefault();
      actions[event.key]();
    });
    """#
}
