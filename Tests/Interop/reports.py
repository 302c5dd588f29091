"""The page of `semid report` in a real browser, and `semid export atlas` in Embedding Atlas itself."""

import json
import os
import pathlib
import subprocess

import numpy as np
import pyarrow.parquet as pq

import browser
import harness

EVIL = '</script><b id="broken" onclick="x()">&amp; <!-- \\u003c'


def check(checks, semid, items, folder):
    second = folder / "second-model"
    with checks("semid report: two tokenizers, their results"):
        semid("train", "rq-kmeans", items.embeddings, "--codebook-size", 8, "--levels", 2, "--output", second)
        offline = semid(
            "evaluate", "offline", items.embeddings, *items.interactions, "--model", folder / "model", "--k", "10,50")
        (folder / "offline.json").write_text(json.dumps(offline))
        table = pq.read_table(items.items, columns=["item_id", "title"])
        titles = table["title"].to_pylist()
        titles[3] = EVIL
        pq.write_table(table.set_column(1, "title", [titles]), folder / "titles.parquet")
        report = semid(
            "report", items.embeddings, "--codes", f"resolved={folder / 'ids.parquet'}", "--model",
            f"resolved={folder / 'model'}", "--model", f"short={second}", "--items", folder / "titles.parquet",
            "--offline", folder / "offline.json", "--output", folder / "report.html")
        assert [tokenizer["name"] for tokenizer in report["tokenizers"]] == ["resolved", "short"], report
        assert "http://" not in (folder / "report.html").read_text().replace("http://www.w3.org/2000/svg", "")
    pages(checks, folder / "report.html", pq.read_table(folder / "ids.parquet"))
    atlas(checks, semid, items, folder)


def pages(checks, page, ids):
    try:
        program = browser.find()
    except harness.Skipped as reason:
        with checks("Chromium: the report"):
            raise reason
        return
    with browser.Browser(program) as chromium:
        with checks("Chromium: the report is quiet, and asks for nothing") as notes:
            notes.append(chromium.call("Browser.getVersion")["product"])
            chromium.show(page)
            quiet(chromium, page)
            assert chromium.evaluate('document.getElementById("broken") === null')
            assert chromium.evaluate('!!document.getElementById("tree").children.length')
        with checks("Chromium: pointing at the map shows a title, a click keeps it"):
            titles = json.loads(chromium.evaluate('document.getElementById("data").textContent'))["titles"]
            assert EVIL in titles
            x, y = point(chromium)
            shown = chromium.evaluate('document.querySelector("#tip b").textContent')
            assert shown in titles, shown
            spelled = chromium.evaluate('document.querySelector("#tip code").textContent')
            assert spelled.startswith("<a_") and spelled.endswith(">"), spelled
            chromium.mouse(x, y, click=True)
            assert chromium.evaluate('document.querySelector("#item b").textContent') == shown
            # Its prefixes are buttons: the first one picks all items that begin so.
            chromium.evaluate('document.querySelector("#item button").click()')
            assert highlighted(chromium) == counted(ids, spelled)
            quiet(chromium, page)
        with checks("Chromium: picking a prefix highlights its items, and nothing else"):
            chromium.show(page)
            before = colors(chromium)
            x, y = chromium.middle("#tree li:nth-child(2) .words")
            chromium.mouse(x, y, click=True)
            chromium.frame()
            name = chromium.evaluate('document.querySelector("#tree [aria-selected=true] code").textContent')
            expected = int(np.sum(ids["c1"].to_numpy() == int(name.split("_")[1])))
            assert highlighted(chromium) == expected, (highlighted(chromium), expected)
            assert chromium.evaluate('document.getElementById("status").textContent').startswith(f"<{name}>: ")
            assert colors(chromium) != before
            opened = chromium.evaluate('document.querySelectorAll("#tree [aria-selected=true] > ul > li").length')
            assert opened > 0
        with checks("Chromium: the keyboard goes through tree and map"):
            chromium.show(page)
            chromium.evaluate('document.querySelector("#tree [tabindex=\\"0\\"]").focus()')
            for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
                chromium.key(key)
            chromium.frame()
            level = chromium.evaluate('document.activeElement.getAttribute("aria-level")')
            assert level == "2" and 0 < highlighted(chromium) < len(ids), level
            chromium.evaluate('document.getElementById("map").focus()')
            for key in ("Escape", "Escape", "Escape", "ArrowRight", "ArrowRight"):
                chromium.key(key)
            kept = chromium.evaluate('document.querySelector("#item b").textContent')
            assert kept and highlighted(chromium) == len(ids)
            chromium.key("Enter")
            assert highlighted(chromium) < len(ids)
            quiet(chromium, page)
        with checks("Chromium: words and prefixes are found; the other tokenizer is shown"):
            chromium.show(page)
            search(chromium, "the")
            wanted = sum("the" in title.lower() or "the" in str(number).lower() for title, number in zip(
                titles, json.loads(chromium.evaluate('document.getElementById("data").textContent'))["ids"]))
            assert highlighted(chromium) == wanted, (highlighted(chromium), wanted)
            code = int(ids["c1"][0].as_py())
            search(chromium, f"<a_{code}>")
            assert highlighted(chromium) == int(np.sum(ids["c1"].to_numpy() == code))
            chromium.evaluate(
                '(s => { s.selectedIndex = 1; s.dispatchEvent(new Event("change")); })(document.getElementById("tokenizer"))')
            chromium.frame()
            assert chromium.evaluate('document.querySelectorAll("#tree > li").length') <= 8
            sections = chromium.evaluate('[...document.querySelectorAll(".of-tokenizer")].map(s => s.hidden)')
            assert sections == [True, False], sections
            assert highlighted(chromium) == len(ids)
            quiet(chromium, page)
        with checks("Chromium: every control has a name"):
            nameless = [
                node["role"]["value"] for node in chromium.call("Accessibility.getFullAXTree")["nodes"]
                if node.get("role", {}).get("value") in ("button", "combobox", "searchbox", "treeitem", "tree", "application")
                and not node.get("ignored") and not node.get("name", {}).get("value")
            ]
            assert not nameless, nameless
        with checks("Chromium: dark, and as wide as a phone"):
            tones = {}
            for dark in (False, True):
                chromium.show(page, dark=dark)
                quiet(chromium, page)
                tones[dark] = [
                    sum(chromium.evaluate(f"getComputedStyle({name}).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"))
                    for name in ("document.body", 'document.getElementById("map-pane")')]
                assert len(colors(chromium)) > 8
            assert min(tones[False]) > 600 and max(tones[True]) < 200, tones
            for dark in (False, True):
                chromium.show(page, width=360, height=740, dark=dark, touch=True, scale=2)
                quiet(chromium, page)
                assert chromium.evaluate("document.documentElement.scrollWidth") <= 360
                assert len(colors(chromium)) > 8
            x, y = place(chromium)
            chromium.tap(x, y)
            chromium.frame()
            assert chromium.evaluate('document.querySelector("#item b").textContent') in titles


def quiet(chromium, page):
    assert not chromium.said, chromium.said
    assert chromium.requests == [pathlib.Path(page).resolve().as_uri()], chromium.requests


def highlighted(chromium):
    return int(chromium.evaluate('document.getElementById("map").dataset.highlighted'))


def counted(ids, spelled):
    """Items whose ID begins with the first code of a spelled one."""
    code = int(spelled.split(">")[0].split("_")[1])
    return int(np.sum(ids["c1"].to_numpy() == code))


def place(chromium):
    """Where on the screen an item is drawn: the pixel of the map with the most color, the buttons aside."""
    return chromium.evaluate(
        """(() => { const c = document.getElementById("map"); c.scrollIntoView({block: "center"});
        const box = c.getBoundingClientRect(), ratio = c.width / box.width;
        const {data} = c.getContext("2d").getImageData(0, 0, c.width, c.height);
        let best = -1, place = 0;
        for (let i = 0; i < data.length; i += 4) {
          const x = i / 4 % c.width / ratio;
          if (data[i + 3] < 200 || x > box.width - 60) continue;
          const vivid = Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]);
          if (vivid > best) { best = vivid; place = i / 4; }
        }
        return [box.x + place % c.width / ratio, box.y + Math.floor(place / c.width) / ratio]; })()""")


def point(chromium):
    x, y = place(chromium)
    chromium.mouse(x, y)
    chromium.frame()
    assert chromium.evaluate('!document.getElementById("tip").hidden'), "no tip where an item is"
    return x, y


def colors(chromium):
    """The opaque colors of the map, and how often each is there."""
    return dict(chromium.evaluate(
        """(() => { const c = document.getElementById("map"), seen = {};
        const {data} = c.getContext("2d").getImageData(0, 0, c.width, c.height);
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) {
          const key = data.slice(i, i + 3).join(); seen[key] = (seen[key] || 0) + 1; }
        return Object.entries(seen).filter(entry => entry[1] > 8); })()"""))


def search(chromium, text):
    chromium.evaluate(
        f'(f => {{ f.value = {json.dumps(text)}; f.dispatchEvent(new Event("input")); }})(document.getElementById("find"))')
    chromium.frame()


def atlas(checks, semid, items, folder):
    with checks("semid export atlas") as notes:
        written = semid(
            "export", "atlas", items.embeddings, "--codes", folder / "ids.parquet", "--items", folder / "titles.parquet",
            "--output", folder / "atlas")
        command = written["export"]["command"]
        notes.append(command.replace(str(folder), "…"))
        rows = pq.read_table(folder / "atlas" / "items.parquet").to_pandas()
        # As embedding-atlas' graph metrics read them: as many neighbors for each row, itself among them.
        found = np.stack([np.array(row["ids"]) for row in rows["neighbors"]])
        assert found.shape == (len(rows), 16) and np.array_equal(found[:, 0], np.arange(len(rows)))
        assert list(rows["features"][0]) == [rows["prefix_1"][0], rows["prefix_2"][0], *list(rows["features"][0])[2:]]
    with checks("embedding-atlas: opens the export by the printed command"):
        program = os.environ.get("SEMID_ATLAS_PROGRAM")
        if not program:
            raise harness.Skipped("it is large (2.3 GB): SEMID_ATLAS=1 scripts/interop installs and runs it")
        site = folder / "site"
        arguments = [program, *command.split()[1:], "--export-application", str(site)]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        # Neither a model nor a projection was asked for.
        assert "umap" not in (done.stdout + done.stderr).lower(), done.stderr[-2000:]
        props = json.loads((site / "data" / "metadata.json").read_text())["props"]
        assert props["data"]["projection"] == {"x": "x", "y": "y"}, props["data"]
        assert props["data"]["neighbors"] == "neighbors" and props["data"]["features"] == "features"
        assert len(props["embeddingViewLabels"]) == written["export"]["labels"]
        table = pq.read_table(site / "data" / "dataset.parquet")
        assert table.num_rows == len(rows) and np.allclose(table["x"].to_numpy(), rows["x"].to_numpy())
