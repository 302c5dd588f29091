extension ExplorerPage {
  /// The frame of the page. The script fills it.
  static let html = #"""
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="referrer" content="no-referrer">
    <title>semid explorer</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="explorer.css">
    <script src="explorer.js" defer></script>
    </head>
    <body>
    <header>
    <div class="top">
    <h1 id="name">semid explorer</h1>
    <label id="choice" hidden>Index <select id="index"></select></label>
    <button type="button" id="forget" hidden>Forget the token</button>
    </div>
    <dl id="facts" aria-label="The index"></dl>
    </header>
    <main>
    <noscript><p class="lead">The explorer needs JavaScript.</p></noscript>
    <section role="search" aria-label="Search">
    <form id="search" autocomplete="off">
    <div class="tools">
    <div class="grow box">
    <label for="query">Find</label>
    <input id="query" type="text" role="combobox" aria-expanded="false" aria-controls="suggestions"
      aria-autocomplete="list" aria-keyshortcuts="/" autocapitalize="off" spellcheck="false" enterkeyhint="search">
    <ul id="suggestions" role="listbox" aria-label="Items on the map" hidden></ul>
    </div>
    <button type="submit" class="strong">Find</button>
    </div>
    <div class="tools">
    <div class="grow box">
    <label for="filter">Filter</label>
    <input id="filter" type="text" aria-describedby="filter-said" autocapitalize="off" spellcheck="false"
      enterkeyhint="search">
    </div>
    </div>
    </form>
    <div id="filter-said" role="status"></div>
    <div id="taken" class="chips" role="group" aria-label="How the text was read"></div>
    <p id="status" role="status"></p>
    <div id="examples" class="chips" role="group" aria-label="Examples"></div>
    </section>
    <section id="found" aria-labelledby="found-title" hidden>
    <h2 id="found-title" tabindex="-1"></h2>
    <div id="subject" class="card"></div>
    </section>
    <section id="candidates" aria-labelledby="candidates-title" hidden>
    <h2 id="candidates-title">Candidates</h2>
    <div class="tools">
    <label>Items wanted <input id="budget" type="number" min="1" max="1000" step="1" inputmode="numeric"></label>
    <label>Reranked <input id="reranked" type="number" min="1" max="1000000" step="1" inputmode="numeric"
      placeholder="200"></label>
    <label>Estimated <input id="scanned" type="number" min="1" max="4294967295" step="1" inputmode="numeric"
      placeholder="32 × reranked"></label>
    <div id="rules" class="chips" role="group" aria-label="Columns"></div>
    </div>
    <p id="explained" class="lead" aria-live="polite"></p>
    <p id="legend" class="help" hidden><span class="sign" aria-hidden="true"></span>A line at the side marks items that are
    among the nearest by vector.</p>
    <div id="columns"></div>
    </section>
    <section id="browse" aria-labelledby="browse-title">
    <h2 id="browse-title">Catalogue</h2>
    <nav id="crumbs" class="chips" aria-label="Path in the tree"></nav>
    <p id="here" role="status"></p>
    <div class="panes">
    <div class="pane" id="map-pane">
    <canvas id="map" tabindex="0" role="application" aria-label="Map of the catalogue" aria-describedby="map-help"></canvas>
    <div class="zoom" role="group" aria-label="Zoom">
    <button type="button" id="zoom-in" aria-label="Zoom in">+</button>
    <button type="button" id="zoom-out" aria-label="Zoom out">−</button>
    <button type="button" id="zoom-all" aria-label="Show all">⤢</button>
    </div>
    <div id="tip" hidden></div>
    <div id="map-said"></div>
    </div>
    <div class="pane" id="tree-pane">
    <ul id="tree" role="list" aria-label="What follows in the tree"></ul>
    <div id="pages" class="chips" role="group" aria-label="Pages of the list"></div>
    </div>
    </div>
    <p id="pointed" class="unseen" aria-live="polite"></p>
    <p class="help" id="map-help">The map: point at an item to see its title, click to open it; drag to move, zoom with the
    buttons or Ctrl and the wheel. By keyboard, arrows go from item to item, Enter opens, + and − zoom. In lists, arrows
    move, Enter opens, Escape goes back. / goes to the search box.</p>
    </section>
    </main>
    <footer><a href="openapi.json">The interface of this server (OpenAPI)</a></footer>
    <dialog id="token" aria-labelledby="token-title">
    <form id="token-form" autocomplete="off">
    <h2 id="token-title">A token is needed</h2>
    <p id="token-said"></p>
    <label for="token-text">Token</label>
    <input id="token-text" type="password" autocomplete="off" spellcheck="false" required>
    <p class="help">This tab keeps it until it is closed. It is sent to this server only, in the header Authorization.</p>
    <div class="tools">
    <button type="submit" class="strong">Use it</button>
    <button type="button" id="token-cancel">Cancel</button>
    </div>
    </form>
    </dialog>
    </body>
    </html>

    """#
}
