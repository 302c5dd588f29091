extension CatalogueReport {
  static let body =
    """
    <noscript><p class="lead">The map and the tree of the IDs need JavaScript.</p></noscript>
    <section class="explorer" aria-label="Map and IDs">
    <div class="tools">
    {{#choice}}
    <label>Tokenizer <select id="tokenizer">{{#names}}<option>{{.}}</option>{{/names}}</select></label>
    {{/choice}}
    <label class="grow">Find <input id="find" type="search" autocomplete="off" spellcheck="false" \
    placeholder="words of a title, or a prefix such as 12-4"></label>
    <label><input id="labels" type="checkbox" checked> Words on the map</label>
    </div>
    <nav id="crumbs" aria-label="Picked prefix"></nav>
    <p id="status" role="status"></p>
    <div class="panes">
    <div class="pane" id="map-pane">
    <canvas id="map" tabindex="0" role="application" aria-label="Map of the catalogue" \
    aria-describedby="map-help"></canvas>
    <div class="zoom" role="group" aria-label="Zoom">
    <button type="button" id="zoom-in" aria-label="Zoom in">+</button>
    <button type="button" id="zoom-out" aria-label="Zoom out">−</button>
    <button type="button" id="zoom-all" aria-label="Show all">⤢</button>
    </div>
    <div id="tip" hidden></div>
    </div>
    <div class="pane" id="tree-pane">
    <ul id="tree" role="tree" aria-label="Prefixes of the IDs"></ul>
    </div>
    </div>
    <div id="item" class="card" aria-live="polite"></div>
    <p class="help" id="map-help">Point at an item, or tap it, to see what it is; click to keep it. Drag to move, use the
    buttons or Ctrl and the wheel to zoom. By keyboard: arrows go from item to item, Enter picks the item's prefix, Escape
    goes back, + and − zoom.</p>
    </section>
    <section>
    <h2>Figures of the codes</h2>
    <p class="lead">{{aboutFigures}}</p>

    """ + FigureTable.markup + """
      </section>
      {{#tokenizers}}
      <section class="of-tokenizer" data-tokenizer="{{number}}">
      <h2>IDs of {{name}}</h2>
      <p class="lead">{{about}}</p>

      """ + CodeCards.markup + """
      </section>
      {{/tokenizers}}
      {{#hasRecall}}
      <section>
      <h2>Recall against speed</h2>
      {{#recall}}
      <figure>
      {{svg}}
      </figure>
      {{/recall}}
      </section>
      {{/hasRecall}}
      {{#hasOffline}}
      <section>
      <h2>Held-out interactions</h2>
      {{#offline}}
      <h3>{{name}}</h3>
      <p class="lead">{{lead}}</p>
      {{section}}
      {{/offline}}
      </section>
      {{/hasOffline}}
      <footer>{{#about}}<p>{{.}}</p>{{/about}}</footer>
      <script type="application/json" id="data">{{data}}</script>
      <script>
      {{script}}
      </script>

      """
}
