extension ExplorerPage {
  /// The map: a canvas of up to 5,000 items, colored by their first code.
  static let map = #"""
    // ---- Map ----
    const canvas = $("map"), tip = $("tip"), context = canvas.getContext("2d");
    const view = {scale: 1, x: 0, y: 0, width: 0, height: 0, size: 1};
    let points = [], placeOf = new Map(), labels = [], hovered = -1, walked = -1, hits = new Set(), own = -1;
    const screenX = place => view.width / 2 + view.x + points[place].u * view.size * view.scale;
    const screenY = place => view.height / 2 + view.y - points[place].v * view.size * view.scale;
    const radius = () => Math.min(7, Math.max(1.4,
      .27 * Math.sqrt(view.width * view.height / Math.max(1, points.length)) * Math.sqrt(view.scale)));
    const pickedCode = () => here.codes[0];
    /** Once the reader has gone to a prefix by hand, its items stand out, and no longer what was found. */
    const marksHits = () => hits.size > 0 && !(state.at && state.at !== "all");
    const isActive = place => pickedCode() === undefined || points[place].code === pickedCode();
    let pending = false;
    const draw = () => {
      if (pending) return;
      pending = true;
      requestAnimationFrame(() => { pending = false; paint(); });
    };
    const paint = () => {
      const ratio = devicePixelRatio || 1, style = getComputedStyle(document.documentElement);
      const {width, height} = $("map-pane").getBoundingClientRect();
      view.width = Math.max(50, width - 2);
      view.height = Math.max(50, height - 2);
      view.size = Math.min(view.width, view.height) * .94;
      if (canvas.width !== Math.round(view.width * ratio) || canvas.height !== Math.round(view.height * ratio)) {
        canvas.width = Math.round(view.width * ratio);
        canvas.height = Math.round(view.height * ratio);
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, view.width, view.height);
      const r = radius();
      const dot = (place, size) => {
        const x = screenX(place), y = screenY(place);
        if (x < -9 || y < -9 || x > view.width + 9 || y > view.height + 9) return;
        if (size < 1.6) return context.fillRect(x - size, y - size, 2 * size, 2 * size);
        context.beginPath();
        context.arc(x, y, size, 0, 2 * Math.PI);
        context.fill();
      };
      const ring = (place, size, width, color) => {
        context.strokeStyle = color;
        context.lineWidth = width;
        context.beginPath();
        context.arc(screenX(place), screenY(place), size, 0, 2 * Math.PI);
        context.stroke();
      };
      const byHits = marksHits(), active = place => byHits ? hits.has(place) : isActive(place);
      const some = byHits || pickedCode() !== undefined;
      context.fillStyle = style.getPropertyValue("--faint");
      if (some) for (let place = 0; place < points.length; place++) if (!active(place)) dot(place, Math.max(1, r * .8));
      let last = -1;
      context.globalAlpha = some ? 1 : .85;
      for (let place = 0; place < points.length; place++) {
        if (!active(place)) continue;
        if (points[place].code !== last) context.fillStyle = colorOf(last = points[place].code);
        dot(place, some ? Math.max(r * 1.25, byHits ? 4 : 2) : r);
      }
      context.globalAlpha = 1;
      paintLabels(style);
      if (own >= 0) {
        ring(own, Math.max(r + 4, 8), 4, style.getPropertyValue("--card"));
        ring(own, Math.max(r + 4, 8), 2.5, style.getPropertyValue("--reference"));
      }
      for (const place of new Set([walked, hovered]))
        if (place >= 0) ring(place, Math.max(r + 3, 6), 2, style.getPropertyValue("--ring"));
    };
    /** The words of the first codes, at the middle of their items, as many as do not overlap. */
    const findLabels = children => {
      const byCode = new Map();
      for (const point of points) byCode.has(point.code) ? byCode.get(point.code).push(point) : byCode.set(point.code, [point]);
      labels = [];
      for (const child of [...children].sort((a, b) => b.items - a.items).slice(0, 60)) {
        const group = byCode.get(child.code), text = child.words?.slice(0, 2).join(" ");
        if (!text || !group || group.length < 3) continue;
        const middle = axis => group.map(point => point[axis]).sort((a, b) => a - b)[group.length >> 1];
        labels.push({text: clipped(text, 30), u: middle("u"), v: middle("v")});
      }
      draw();
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
        const x = view.width / 2 + view.x + label.u * view.size * view.scale;
        const y = view.height / 2 + view.y - label.v * view.size * view.scale;
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
      const byHits = marksHits();
      for (let place = 0; place < points.length; place++) {
        const dx = screenX(place) - x, dy = screenY(place) - y;
        // What stands out comes before other items that are as near.
        const distance = dx * dx + dy * dy + ((byHits ? hits.has(place) : isActive(place)) ? 0 : 30);
        if (distance < least) { least = distance; best = place; }
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
    const hover = (place, x, y) => {
      if (place !== hovered) draw();
      hovered = place;
      tip.hidden = place < 0;
      if (place < 0) return;
      const point = points[place];
      x ??= screenX(place);
      y ??= screenY(place);
      tip.replaceChildren(
        element("b", {}, isolated(called(point, 200))), element("code", {}, isolated(clipped(legible(point.item), 60))),
        element("span", {}, ` · first code ${point.code}`));
      tip.style.left = `${Math.max(4, Math.min(view.width - tip.offsetWidth - 4, x + 14))}px`;
      tip.style.top = `${y + 14 + tip.offsetHeight > view.height ? Math.max(4, y - tip.offsetHeight - 12) : y + 14}px`;
    };
    const openPoint = place => openItem(points[place].item);

    // ---- Pointer and keys on the map ----
    const fingers = new Map();
    let moved = false, spread = 0, touched = -1;
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
      const [x, y] = at(event), byTouch = event.pointerType === "touch", place = nearest(x, y, byTouch ? 24 : 14);
      // A finger cannot hover: the first tap shows the title, the second one opens the item.
      const opens = place >= 0 && (!byTouch || place === touched);
      hover(place, x, y);
      touched = byTouch ? place : -1;
      if (opens) openPoint(place);
    };
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);
    canvas.addEventListener("pointerleave", event => { if (event.pointerType === "mouse") hover(-1); });
    canvas.addEventListener("wheel", event => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 300), ...at(event));
    }, {passive: false});
    /** The nearest item in a direction: sideways counts twice. */
    const walk = (dx, dy) => {
      const from = walked >= 0 ? walked : own >= 0 ? own : nearest(view.width / 2, view.height / 2, 1e6);
      if (walked < 0 || from < 0) return from;
      let best = -1, least = Infinity;
      for (let place = 0; place < points.length; place++) {
        if (place === from || !isActive(place)) continue;
        const x = screenX(place) - screenX(from), y = screenY(place) - screenY(from);
        const ahead = x * dx + y * dy, aside = Math.abs(x * dy - y * dx);
        if (ahead <= .5 || aside > ahead * 1.5) continue;
        const distance = ahead + 2 * aside;
        if (distance < least) { least = distance; best = place; }
      }
      return best < 0 ? from : best;
    };
    canvas.addEventListener("keydown", event => {
      if (event.ctrlKey || event.metaKey || event.altKey || !points.length) return;
      const move = (dx, dy) => {
        walked = walk(dx, dy);
        hover(walked);
        $("pointed").textContent = called(points[walked]);
      };
      const actions = {
        ArrowLeft: () => move(-1, 0), ArrowRight: () => move(1, 0), ArrowUp: () => move(0, -1), ArrowDown: () => move(0, 1),
        "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), "0": () => zoom(1e-9),
        Enter: () => { if (walked >= 0) openPoint(walked); },
        Escape: () => { walked = -1; hover(-1); draw(); },
      };
      if (!actions[event.key]) return;
      event.preventDefault();
      actions[event.key]();
    });
    canvas.addEventListener("blur", () => hover(-1));
    $("zoom-in").addEventListener("click", () => zoom(1.6));
    $("zoom-out").addEventListener("click", () => zoom(1 / 1.6));
    $("zoom-all").addEventListener("click", () => zoom(1e-9));
    new ResizeObserver(draw).observe($("map-pane"));

    /** Items that stand out, and the one that was asked for. */
    const markOnMap = (found, asked) => {
      hits = new Set(found.map(item => placeOf.get(item)).filter(place => place !== undefined));
      own = placeOf.get(asked) ?? -1;
      canvas.dataset.marked = hits.size;
      draw();
    };
    let mapOf = null;
    const clearMap = () => {
      points = [];
      placeOf = new Map();
      labels = [];
      hovered = walked = own = touched = -1;
      hits = new Set();
      tip.hidden = true;
      zoom(1e-9);
      $("map-pane").parentElement.classList.remove("plain");
    };
    /** Fetches the map of the index; a fault stays in the map's place, and hinders nothing else. */
    const loadMap = async () => {
      const wanted = mapOf = index;
      clearMap();
      $("map-said").replaceChildren(element("p", {class: "waiting"}, "The map is on its way."));
      try {
        const {result} = await call(`${base()}/map`);
        if (mapOf !== wanted) return;
        // Colors change rarely when items of a code are drawn one after another.
        points = result.points.filter(point => Number.isFinite(point.x) && Number.isFinite(point.y))
          .sort((a, b) => a.code - b.code);
        const range = axis => points.reduce(
          ([least, most], point) => [Math.min(least, point[axis]), Math.max(most, point[axis])], [Infinity, -Infinity]);
        const [left, right] = range("x"), [low, high] = range("y"), size = Math.max(right - left, high - low) || 1;
        for (const point of points) {
          point.u = (point.x - (left + right) / 2) / size;
          point.v = (point.y - (low + high) / 2) / size;
        }
        placeOf = new Map(points.map((point, place) => [point.item, place]));
        const part = result.total > points.length ? `${count(points.length)} of ${items(result.total)}` : items(result.total);
        canvas.setAttribute("aria-label", `Map of the catalogue: ${part}, colored by the first code`);
        canvas.dataset.points = points.length;
        canvas.dataset.total = result.total;
        $("map-said").replaceChildren(
          ...result.total > points.length ? [element("p", {class: "help"}, `${part}`)] : []);
        findLabels(rootChildren);
        remark();
        if (subject) showReadings(readingOf(subject));
      } catch (error) {
        if (mapOf !== wanted) return;
        $("map-pane").parentElement.classList.add("plain");
        $("map-said").replaceChildren(faultBox(error, loadMap));
      }
    };
    """#
}
