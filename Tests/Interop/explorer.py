"""The page of `semid serve` in a real browser: what it shows is held against brute force."""

import contextlib
import json
import re
import subprocess
import threading
import urllib.parse
import urllib.request

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import browser
import harness

HOSTILE = [
    '<img src=x onerror="window.hit=1">', '"><script>window.hit=2</script>', "a'b\"c`d&amp;", "line\nend\tand tab",
    "L" * 10_000, "\u202egnp.exe\u202c", "\u200fשלום", "日本語 🦆", ".", "..", "a/../b", "%2F%3C", "?x=1#y",
    "javascript:window.hit=3", "3-9", "<a_3><b_1>", " ", "</textarea><svg onload=window.hit=4>",
]
TOKEN = "a-token-to-read-with"


class Things:
    """Items whose ids, titles and attributes are as bad as real ones, in an index that a server serves."""

    def __init__(self, semid, folder, count=600):
        random = np.random.default_rng(7)
        groups = random.normal(size=(70, 24))
        self.vectors = (groups[random.integers(0, 70, count)] + random.normal(size=(count, 24)) / 2).astype(np.float32)
        self.ids = HOSTILE + [f"item/{row}" for row in range(len(HOSTILE), count)]
        words = ["brass", "steel", "nylon", "oak", "copper"]
        self.titles = [
            f"Title: {id[:40]}" if row < len(HOSTILE) else f"{words[row % 5]} thing No. {row}"
            for row, id in enumerate(self.ids)]
        self.kinds = [words[row % 5] for row in range(count)]
        np.save(folder / "things.npy", self.vectors)
        (folder / "things.ids.json").write_text(json.dumps(self.ids))
        self.items = folder / "things.parquet"
        pq.write_table(pa.table({
            "item_id": self.ids, "title": self.titles, "price": list(range(count)), "kind": self.kinds}), self.items)
        embeddings, model, ids = folder / "things.npy", folder / "things-model", folder / "things-ids.parquet"
        semid("train", "rq-kmeans", embeddings, "--codebook-size", 64, "--levels", 2, "--output", model)
        semid("resolve", embeddings, "--model", model, "--output", ids)
        self.index, self.bare = folder / "things", folder / "bare"
        semid("index", "build", embeddings, "--model", model, "--codes", ids, "--attributes", self.items,
              "--attribute-columns", "price,kind", "--output", self.index)
        semid("index", "build", "--codes", ids, "--output", self.bare)
        table = pq.read_table(ids)
        self.codes = np.stack([table[name].to_numpy() for name in ("c1", "c2")], 1).astype(int)
        assert table["item_id"].to_pylist() == self.ids

    def text(self, row):
        a, b = self.codes[row]
        return f"<a_{a}><b_{b}>"

    def nearest(self, row, k, allowed=None):
        """The titles of the nearest items, itself left out."""
        distances = ((self.vectors - self.vectors[row]) ** 2).sum(1)
        distances[row] = np.inf
        if allowed is not None:
            distances[~allowed] = np.inf
        return [" ".join(self.titles[other].split()) for other in np.argsort(distances, kind="stable")[:k]]


class Server:
    """`semid serve` on a free port."""

    def __init__(self, semid, *arguments, port=0):
        command = [semid.program, "serve", *map(str, arguments), "--port", str(port), "--threads", "2"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.log = []
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if not found:
            self.process.kill()
            self.reader.join(5)
            raise AssertionError(f"{' '.join(command)}: no address, but {line!r}\n{''.join(self.log)}")
        self.address = found.group().rstrip("/") + "/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Page:
    """The explorer in a browser."""

    def __init__(self, chromium, server):
        self.chromium, self.server = chromium, server

    def show(self, width=1280, height=900, dark=False, touch=False, scale=1, **state):
        """Opens the page anew in a state."""
        self.chromium.call("Page.navigate", url="about:blank")
        address = self.server.address + ("#" + urllib.parse.urlencode(state) if state else "")
        self.chromium.show(address, width=width, height=height, dark=dark, touch=touch, scale=scale)
        self.settle()

    def settle(self):
        """Until no request is under way, and none follows."""
        for _ in range(2):
            self.chromium.frame()
            self.chromium.wait('(document.documentElement.dataset.busy ?? "0") === "0"')

    def evaluate(self, expression):
        return self.chromium.evaluate(expression)

    def text(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.textContent")

    def texts(self, selector):
        return self.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.textContent)")

    def count(self, selector):
        return self.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length")

    def press(self, selector):
        x, y = self.chromium.middle(selector)
        self.chromium.mouse(x, y, click=True)

    def click(self, selector):
        self.press(selector)
        self.after_navigation()

    def key(self, name, text=None):
        self.chromium.key(name, text)

    def enter(self):
        self.chromium.key("Enter", "\r")
        self.after_navigation()

    def type(self, text):
        self.chromium.call("Input.insertText", text=text)

    def after_navigation(self):
        # The event of a new address comes in a task of its own.
        self.evaluate("new Promise(done => setTimeout(() => done(true), 60))")
        self.settle()

    def search(self, text):
        self.evaluate('document.getElementById("query").focus(); document.getElementById("query").select()')
        self.type(text)
        self.enter()

    def column(self, rule):
        """The titles in a column, and how many items it says that it has."""
        figures = self.text(f'[data-rule="{rule}"].column .figures') or ""
        number = re.match(r"([\d,]+)", figures)
        return self.texts(f'[data-rule="{rule}"].column .rows button > bdi'), number and int(number[1].replace(",", ""))

    @property
    def address(self):
        return self.evaluate("location.href")

    @property
    def state(self):
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.address).fragment))

    def quiet(self, faults=0):
        """Nothing in the console but the browser's own lines of answers that are faults; no request to others."""
        lines = [line for line in self.chromium.said if "the server responded with a status of 4" not in line]
        assert not lines, lines
        assert len(self.chromium.said) <= faults, self.chromium.said
        others = [url for url in self.chromium.requests if not url.startswith((self.server.address, "about:", "data:"))]
        assert not others, others
        assert self.evaluate("window.hit === undefined"), "an item's text ran as a program"


def check(checks, semid, folder):
    try:
        program = browser.find()
    except harness.Skipped as reason:
        with checks("Chromium: the explorer"):
            raise reason
        return
    page = None
    with contextlib.ExitStack() as stack:
        with checks("semid serve: starts") as notes:
            things = Things(semid, folder)
            server = stack.enter_context(
                Server(semid, f"things={things.index}", f"bare={things.bare}", "--titles", f"things={things.items}"))
            notes.append(server.address)
            page = Page(stack.enter_context(browser.Browser(program)), server)
        if page is None:
            return
        looking(checks, page, things)
        searching(checks, page, things)
        keyboard(checks, page, things)
        hostile(checks, page, things)
        screens(checks, page, things)
        faults(checks, semid, page, things, folder)


def looking(checks, page, things):
    first = {int(code): int(number) for code, number in zip(*np.unique(things.codes[:, 0], return_counts=True))}
    with checks("semid serve: the page's policy, and no way for a text to become markup"):
        for path in ("", "explorer.js", "explorer.css"):
            with urllib.request.urlopen(page.server.address + path) as answer:
                policy, text = answer.headers["Content-Security-Policy"], answer.read().decode()
            assert "default-src 'none'" in policy and "unsafe" not in policy, policy
            sinks = re.findall(r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|Function|srcdoc)\b", text)
            assert not sinks, (path, sinks)
            assert not re.search(r"\bhttps?://|\sstyle=|\son\w+=", text), path
    with checks("Chromium: the explorer shows the index, and asks its server only"):
        page.show()
        assert page.texts("#index option") == ["bare", "things"]
        page.show(index="things")
        facts = page.text("#facts")
        for part in ("Items600", "2 of 64 codes", "of 24 numbers", "read-only", "price", "kind"):
            assert part in facts, facts
        assert page.count("#examples button") > 2
        page.quiet()
    with checks("Chromium: the tree has the counts of the codes, by pages"):
        shown = dict(zip(
            page.texts("#tree button > code"), [int(text) for text in page.texts("#tree button > .count")]))
        codes = sorted(first)
        assert shown == {f"a_{code}": first[code] for code in codes[:50]}, shown
        assert len(codes) > 50, "the test needs a second page"
        page.click("#pages button:last-child")
        assert page.texts("#tree button > code") == [f"a_{code}" for code in codes[50:]]
        page.click("#pages button:first-child")
        page.click("#tree li:nth-child(3) button")
        assert page.state["at"] == str(codes[2])
        second = sorted({int(b) for a, b in things.codes if a == codes[2]})
        assert page.texts("#tree button > code") == [f"b_{code}" for code in second]
        assert page.texts("#crumbs button")[:2] == ["all items", f"a_{codes[2]}"]
        page.click("#tree li:first-child button")
        row = next(row for row, own in enumerate(things.codes.tolist()) if own == [codes[2], second[0]])
        assert things.titles[row] in page.text("#tree")
        page.evaluate("history.back()")
        page.after_navigation()
        assert page.state["at"] == str(codes[2])
        page.click("#crumbs button")
        assert page.count("#tree button") == 50
        page.quiet()
    with checks("Chromium: pointing at the explorer's map shows a title, a click opens the item"):
        page.show(index="things")
        assert page.evaluate('document.getElementById("map").dataset.points') == str(len(things.ids))
        x, y = page.evaluate(
            """(() => { const c = document.getElementById("map"); c.scrollIntoView({block: "center"});
            const box = c.getBoundingClientRect(), ratio = c.width / box.width;
            const {data} = c.getContext("2d").getImageData(0, 0, c.width, c.height);
            let best = -1, place = 0;
            for (let i = 0; i < data.length; i += 4) {
              if (data[i + 3] < 200 || i / 4 % c.width / ratio > box.width - 60) continue;
              const vivid = Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]);
              if (vivid > best) { best = vivid; place = i / 4; }
            }
            return [box.x + place % c.width / ratio, box.y + Math.floor(place / c.width) / ratio]; })()""")
        page.chromium.mouse(x, y)
        page.chromium.frame()
        shown = page.text("#tip b")
        assert shown in things.titles, shown
        page.chromium.mouse(x, y, click=True)
        page.after_navigation()
        assert page.text("#found-title") == shown
        page.quiet()


def searching(checks, page, things):
    row = 300
    own = things.codes[row]
    with checks("Chromium: an item, its path, and its candidates by each rule, as brute force has them"):
        page.show(index="things")
        page.search(things.ids[row])
        assert "Taken for an item's id." in page.text("#taken"), page.text("#taken")
        assert page.text("#found-title") == things.titles[row]
        assert page.text("#subject .spelled") == things.text(row)
        assert f"price{row}" in page.text("#subject dl") and f"kind{things.kinds[row]}" in page.text("#subject dl")
        counts = [int(np.sum((things.codes[:, :level] == own[:level]).all(1))) for level in (1, 2)]
        levels = page.texts(".levels .about")
        assert [int(text.split()[0]) for text in levels] == counts, levels
        for rule in ("nearest", "all"):
            assert page.column(rule) == (things.nearest(row, 10), 20), rule
        differing = (things.codes != own).sum(1)
        assert page.column("hamming")[1] == min(20, int((differing <= 1).sum())), page.column("hamming")
        assert page.column("exact") == ([things.titles[row]], 1)
        beginning = {things.titles[other] for other in np.flatnonzero(things.codes[:, 0] == own[0])}
        assert set(page.column("prefix")[0][: counts[0]]) <= beginning
        for rule in ("per-level", "product"):
            assert page.column(rule)[1] >= 1
        assert page.text('[data-rule="nearest"].column .figures + .figures') == "20 of the 20 nearest items"
        assert "compared" in page.text("#explained"), page.text("#explained")
        times = page.texts(".column .figures:nth-of-type(2)")
        assert all("server" in text and "round trip" in text for text in times), times
        assert page.evaluate('document.getElementById("map").dataset.marked') == "20"
        page.quiet()
    with checks("Chromium: rules are chosen and changed; the address has them"):
        page.click('#rules [data-rule="product"]')
        assert page.count(".column") == 6 and "product" not in page.state["rules"]
        page.evaluate("""(field => { field.value = 2; field.dispatchEvent(new Event("change")); })(
          document.querySelector('[data-parameter="hamming"]'))""")
        page.after_navigation()
        assert "hamming:2" in page.state["rules"] and page.column("hamming")[1] == 20
        page.evaluate("""(field => { field.value = 7; field.dispatchEvent(new Event("change")); })(
          document.getElementById("budget"))""")
        page.after_navigation()
        assert page.state["k"] == "7" and page.column("all") == (things.nearest(row, 7), 7)
        page.evaluate("history.go(-3)")
        page.after_navigation()
        assert page.count(".column") == 7 and page.column("all")[1] == 20
        page.quiet()
    with checks("Chromium: IDs, prefixes and patterns in both spellings; an item's id that looks like one"):
        a, b = own
        for text in (f"<a_{a}>", f"{a}-*"):
            page.search(text)
            assert page.text("#found-title") == f"Prefix <a_{a}>", page.text("#found-title")
            number = int((things.codes[:, 0] == a).sum())
            assert page.text("#subject").startswith(f"{number} item")
            assert page.count(".column .rows li") == min(20, number)
        page.search(f"*-{b}")
        assert page.column("match")[1] == min(20, int((things.codes[:, 1] == b).sum()))
        page.search(things.text(row))
        assert page.text("#found-title") == f"ID {things.text(row)}" and things.titles[row] in page.text("#subject")
        assert page.column("exact") == ([things.titles[row]], 1)
        page.search("3-9")
        assert "Taken for an item's id." in page.text("#taken"), page.text("#taken")
        page.click('[data-reading="id"]')
        assert page.text("#found-title") in ("ID <a_3><b_9>", "Prefix <a_3><b_9>"), page.text("#found-title")
        page.search("oak thing No. 303")
        assert "Taken for words of titles." in page.text("#taken") and page.column("words")[0] == ["oak thing No. 303"]
        page.search("99-1")
        assert page.count("#subject .fault") + page.text("#subject").count("No item has") == 1, page.text("#subject")
        page.quiet(faults=20)
    with checks("Chromium: a filter holds everywhere; a faulty one is told at its character"):
        page.show(index="things", q=things.ids[row], filter="price < 100 and kind = oak")
        allowed = (np.arange(len(things.ids)) < 100) & (np.array(things.kinds) == "oak")
        wanted = things.nearest(row, 10, allowed), int(allowed.sum())
        assert page.column("all") == wanted, (page.column("all"), wanted)
        assert page.text("#filter-said") == f"{allowed.sum()} of 600 items pass the filter."
        shown = page.texts('[data-rule="all"].column .rows .about')
        assert shown and all("kind: oak" in text for text in shown), shown
        page.quiet()
        page.show(index="things", q=things.ids[row], filter="price < 100 ) or kind = oak")
        assert page.text("#filter-said pre mark") == ")", page.text("#filter-said")
        assert page.evaluate('document.getElementById("filter").getAttribute("aria-invalid")') == "true"
        assert page.evaluate('document.getElementById("candidates").hidden')
        page.quiet(faults=1)
        page.show(index="things", filter="kind = e\u0301 )")
        assert page.text("#filter-said pre mark") == ")", "characters are not what the server counts"
        page.show(index="things", filter="kind = oak")
        assert page.text("#filter-said") == f"{np.sum(np.array(things.kinds) == 'oak')} of 600 items pass the filter."
        page.quiet()
    with checks("Chromium: the page stays small, however much is asked for"):
        page.show(index="things", q=things.ids[row], k="600")
        assert page.column("all")[1] == 599
        assert page.count("*") < 1200, page.count("*")
        before = page.column("all")[0]
        page.click('[data-rule="all"].column .chips button:last-child')
        assert page.column("all")[0] == things.nearest(row, 20)[10:] != before
        page.quiet()


def keyboard(checks, page, things):
    with checks("Chromium: the keyboard goes through all of the explorer"):
        page.show(index="things")
        page.key("/", "/")
        assert page.evaluate("document.activeElement.id") == "query"
        page.type("nylon thing No. 55")
        page.chromium.frame()
        assert page.count("#suggestions li") == 2, page.texts("#suggestions li")  # 552 and 557
        page.key("ArrowDown")
        page.key("ArrowDown")
        picked = page.text('#suggestions [aria-selected="true"]')
        assert page.evaluate('document.getElementById("query").getAttribute("aria-activedescendant")') == "option-1"
        page.enter()
        assert page.text("#found-title") == picked and page.evaluate("document.activeElement.id") == "found-title"
        page.evaluate("""document.querySelector('[data-rule="nearest"] .rows button').focus()""")
        page.key("ArrowDown")
        page.key("ArrowRight")
        assert page.evaluate("document.activeElement.closest('section').dataset.rule") == "all"
        wanted = page.text('[data-rule="all"] .rows li:nth-child(2) bdi')
        page.enter()
        assert page.text("#found-title") == wanted
        # From the item's prefix up to the root, and down again.
        page.evaluate("document.querySelector('#tree button').focus()")
        before = page.texts("#crumbs [aria-current]")
        page.key("Escape")
        page.after_navigation()
        assert page.state["at"] == "all", page.state
        assert page.evaluate("document.activeElement.querySelector('code').textContent") == before[0]
        page.key("Home")
        page.key("ArrowDown")
        page.key("ArrowRight")
        page.after_navigation()
        assert page.evaluate("document.activeElement.closest('#tree') !== null") and page.state["at"] != "all"
        page.evaluate("document.getElementById('map').focus()")
        for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
            page.key(key)
        told = page.text("#pointed")
        assert told in things.titles, told
        page.enter()
        assert page.text("#found-title") == told
        page.quiet()
    with checks("Chromium: every control of the explorer has a name; focus can be seen"):
        nameless = [
            node["role"]["value"] for node in page.chromium.call("Accessibility.getFullAXTree")["nodes"]
            if node.get("role", {}).get("value")
            in ("button", "combobox", "textbox", "spinbutton", "list", "region", "application")
            and not node.get("ignored") and not node.get("name", {}).get("value")
        ]
        assert not nameless, nameless
        page.evaluate("document.getElementById('query').focus()")
        page.key("Tab")
        width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert width == "2px", width
        small = page.evaluate("""[...document.querySelectorAll("button")]
          .filter(b => b.offsetParent && b.offsetHeight < 24).map(b => b.textContent)""")
        assert not small, small


def hostile(checks, page, things):
    with checks("Chromium: ids and titles are texts, whatever they say"):
        for row, id in enumerate(HOSTILE):
            page.show(**{"index": "things", "q": id, "as": "item"})
            assert page.text("#found-title") == things.titles[row], (id[:40], page.text("#found-title"))
            assert page.text("#subject .spelled") == things.text(row), id[:40]
            assert page.column("all")[1] == 20, id[:40]
            assert page.count("img, svg, #subject script") == 0
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), id[:40]
            page.quiet()
        # What turns the direction of text, or cannot be seen, is shown as a sign.
        page.show(**{"index": "things", "q": HOSTILE[5], "as": "item"})
        assert page.text("#subject code") == "⟨202E⟩gnp.exe⟨202C⟩"
        page.show(**{"index": "things", "q": HOSTILE[3], "as": "item"})
        assert page.text("#subject code") == "line␊end␉and tab"
        page.quiet()


def screens(checks, page, things):
    with checks("Chromium: the explorer dark, and as wide as a phone"):
        tones = {}
        for dark in (False, True):
            page.show(index="things", q=things.ids[300], dark=dark)
            tones[dark] = [
                sum(page.evaluate(f"getComputedStyle({name}).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"))
                for name in ("document.body", 'document.querySelector(".column")', 'document.getElementById("map-pane")')]
        assert min(tones[False]) > 600 and max(tones[True]) < 200, tones
        for state in ({}, {"q": things.ids[300]}, {"q": HOSTILE[4], "as": "item"}, {"q": "5"}, {"filter": "price <"}):
            page.show(index="things", width=360, height=740, touch=True, scale=2, **state)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 360, (state, width)
            page.quiet(faults=2)


def faults(checks, semid, page, things, folder):
    with checks("Chromium: what an index cannot do is told in its place"):
        page.show(index="bare", q=things.ids[300])
        for rule in ("nearest", "all", "per-level", "product"):
            fault = page.text(f'[data-rule="{rule}"].column .fault')
            assert fault and len(fault) > 20, rule
        assert page.column("hamming")[1] >= 1
        assert page.text("#map-said .fault") and page.evaluate('document.getElementById("map").offsetHeight') == 0
        page.show(index="none")
        assert "no index" in page.text("#subject .fault"), page.text("#subject")
        page.show(**{"index": "things", "q": "no such item", "as": "item"})
        assert page.text("#subject .fault") and page.text("#taken").startswith("Not found.")
        page.quiet(faults=9)
    with checks("Chromium: a token is asked for, and stands in no address"):
        tokens = folder / "tokens.txt"
        tokens.write_text(f"read {TOKEN}\n")
        with Server(semid, f"things={things.index}", "--tokens", tokens) as guarded:
            own = Page(page.chromium, guarded)
            own.chromium.call("Page.navigate", url=guarded.address)
            own.chromium.wait('document.getElementById("token")?.open')
            assert own.evaluate("document.activeElement.id") == "token-text"
            own.key("Escape")
            own.chromium.wait('!!document.querySelector("#subject .fault button")')
            own.press("#subject .fault button")
            own.chromium.wait('document.getElementById("token").open')
            own.type("another-token-than-that")
            own.key("Enter", "\r")
            own.chromium.wait('document.getElementById("token").open && !document.getElementById("token-text").value')
            own.type(TOKEN)
            own.enter()
            own.chromium.wait('document.getElementById("facts").textContent.includes("600")')
            own.settle()
            assert TOKEN not in own.address and not any(TOKEN in url for url in own.chromium.requests)
            own.search(things.ids[300])
            assert own.column("all")[1] == 20
            own.press("#forget")
            own.chromium.wait('document.getElementById("token").open')
            assert own.evaluate("sessionStorage.length") == 0
            own.key("Escape")
    with checks("Chromium: a server that has ended is told, and asked again"):
        with Server(semid, f"things={things.index}") as short:
            own = Page(page.chromium, short)
            own.show()
            port = urllib.parse.urlsplit(short.address).port
            short.end()
            own.search(things.ids[300])
            assert "does not answer" in own.text("#subject .fault"), own.text("#subject")
            with Server(semid, f"things={things.index}", port=port):
                own.click("#subject .fault button")
                own.chromium.wait('document.querySelectorAll(".column .rows").length >= 5')
                assert own.text("#subject .spelled") == things.text(300)
