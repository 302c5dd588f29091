extension ExplorerPage {
  /// Light and dark by the reader's own setting, in the colors of the reports' pages.
  static let style = #"""
    :root {
      color-scheme: light dark;
      --page: #f6f7f9; --card: #ffffff; --ink: #1b1f24; --soft: #5b6570; --rule: #e3e7ec; --edge: #8b95a1;
      --bar: #2f6fde; --reference: #b4472f; --strong: #ffffff;
      --faint: #c9ced6; --ring: #1b1f24; --picked: #e8effc; --marked: #fdecc8;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #14171b; --card: #1d2126; --ink: #e7eaee; --soft: #9aa4af; --rule: #2f353c; --edge: #6b7580;
        --bar: #6aa1ff; --reference: #ff9b7d; --strong: #10141a;
        --faint: #3d454e; --ring: #ffffff; --picked: #26344d; --marked: #54431a;
      }
    }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    body { margin: 0; background: var(--page); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; }
    body > header, main, body > footer { max-width: 1400px; margin: 0 auto; padding: 0 20px; }
    body > header { padding-top: 24px; }
    body > footer { padding: 20px; font-size: 13px; }
    a { color: var(--bar); }
    h1 { font-size: 26px; line-height: 1.25; margin: 0; overflow-wrap: anywhere; flex: 1 1 auto; min-width: 0; }
    h2 { font-size: 19px; margin: 28px 0 8px; overflow-wrap: anywhere; }
    h2:focus { outline: none; }
    h3 { font-size: 14px; margin: 0; overflow-wrap: anywhere; }
    p { margin: 0; overflow-wrap: anywhere; }
    .lead, .help, .about { color: var(--soft); }
    .lead { margin: 6px 0 12px; font-size: 14px; }
    .help { font-size: 13px; margin: 8px 2px 0; }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    code { font: 12.5px/1.4 ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
      overflow-wrap: anywhere; }
    bdi { overflow-wrap: anywhere; }
    mark { background: var(--marked); color: inherit; border-radius: 3px; }
    .top, .tools { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; }
    .tools { margin-top: 8px; }
    label { color: var(--soft); font-size: 13px; }
    .tools > label, .top > label { display: flex; align-items: center; gap: 8px; }
    .grow { flex: 1 1 200px; min-width: 0; }
    .box { position: relative; display: flex; align-items: center; gap: 8px; }
    .box label { flex: none; width: 3.2em; }
    input, select, button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--edge);
      border-radius: 8px; min-height: 36px; }
    input, select { font-size: 14px; padding: 6px 10px; min-width: 0; }
    .box input, dialog input { width: 100%; }
    #query { font-size: 16px; min-height: 42px; }
    input[type="number"] { width: 7em; }
    #reranked, #scanned { width: 10.5em; }
    input[aria-invalid="true"] { border-color: var(--reference); }
    select { max-width: 60vw; }
    button { font-size: 13px; padding: 4px 12px; cursor: pointer; }
    button.strong { background: var(--bar); border-color: var(--bar); color: var(--strong); font-weight: 600; }
    .tools button.strong { min-height: 42px; padding: 4px 20px; }
    button:hover { border-color: var(--bar); }
    button:disabled { opacity: .5; cursor: default; }
    :focus-visible { outline: 2px solid var(--bar); outline-offset: 1px; }
    .chips { display: flex; flex-wrap: wrap; align-items: center; gap: 5px; }
    .chips:empty { display: none; }
    .chips > * { max-width: 100%; }
    .chips button { min-height: 30px; padding: 3px 10px; text-align: start; border-color: var(--rule);
      overflow-wrap: anywhere; }
    .chips button:hover { border-color: var(--bar); }
    .chips button[aria-pressed="true"], .chips button[aria-current] { background: var(--picked); border-color: var(--bar); }
    .chips span { color: var(--soft); font-size: 13px; }
    #taken { margin-top: 10px; font-size: 13px; color: var(--soft); }
    #examples { margin-top: 8px; }
    #status, #here { color: var(--soft); font-size: 13px; margin: 6px 0; }
    #facts { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 6px 0 12px; font-size: 13px; }
    #facts div { display: flex; gap: 5px; min-width: 0; }
    dt { color: var(--soft); flex: none; }
    dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
    #suggestions { position: absolute; z-index: 5; top: 100%; left: 50px; right: 0; margin: 2px 0 0; padding: 4px;
      list-style: none; background: var(--card); border: 1px solid var(--edge); border-radius: 8px;
      box-shadow: 0 6px 20px rgb(0 0 0 / .2); max-height: 60vh; overflow: auto; }
    #suggestions li { padding: 6px 9px; border-radius: 6px; font-size: 14px; cursor: pointer; overflow-wrap: anywhere; }
    #suggestions li:hover, #suggestions [aria-selected="true"] { background: var(--picked); }
    .card, .pane, .column { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; min-width: 0; }
    .card { padding: 12px 16px; font-size: 14px; }
    .fault { border-left: 3px solid var(--reference); padding: 4px 10px; margin: 8px 0; font-size: 13.5px;
      overflow-wrap: anywhere; }
    .fault p + p { color: var(--soft); margin-top: 2px; }
    .fault button { margin-top: 6px; min-height: 30px; }
    .fault pre { margin: 4px 0; white-space: pre-wrap; overflow-wrap: anywhere;
      font: 13px/1.5 ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; }
    .fault pre mark { border-bottom: 2px solid var(--reference); }
    #subject .long { display: block; max-height: 7em; overflow: auto; }
    #subject dl { display: grid; grid-template-columns: fit-content(40%) minmax(0, 1fr); gap: 2px 14px; margin: 10px 0 0;
      max-height: 12em; overflow: auto; border-top: 1px solid var(--rule); padding-top: 8px; }
    #subject dt { overflow-wrap: anywhere; }
    .levels { list-style: none; margin: 12px 0 0; padding: 0; }
    .levels button { display: grid; width: 100%; grid-template-columns: 5.5em minmax(60px, 180px) 11em minmax(0, 1fr);
      gap: 4px 14px; align-items: center; text-align: start; border: 0; border-top: 1px solid var(--rule);
      border-radius: 0; background: none; padding: 6px 2px; font-size: 13.5px; }
    .levels button:hover { background: var(--page); }
    .levels .share { display: block; height: 8px; border-radius: 4px; background: var(--rule); overflow: hidden; }
    .levels .share > span { display: block; height: 100%; background: var(--bar); min-width: 2px; }
    .levels .about { font-variant-numeric: tabular-nums; }
    #columns, .rows button { position: relative; }
    #columns { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(270px, 100%), 1fr)); gap: 12px; }
    #columns.alone { grid-template-columns: minmax(0, 1fr); }
    .alone .rows { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(260px, 100%), 1fr));
      column-gap: 12px; }
    .column { display: flex; flex-direction: column; padding: 10px 0 6px; }
    .column > :not(ol) { padding-left: 12px; padding-right: 12px; }
    .column .head { display: flex; align-items: center; gap: 8px; min-height: 32px; }
    .column .head h3 { flex: 1; min-width: 0; }
    .column .head input { width: 4.6em; min-height: 30px; padding: 2px 6px; }
    .column .about { font-size: 12.5px; line-height: 1.4; }
    .column .figures { font-size: 12.5px; margin: 4px 0 2px; font-variant-numeric: tabular-nums; }
    .column .fault { margin: 8px 12px; padding-left: 10px; }
    .rows { list-style: none; margin: 4px 0 0; padding: 0; }
    .rows button { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 8px; width: 100%; text-align: start;
      border: 0; border-left: 3px solid transparent; border-top: 1px solid var(--rule); border-radius: 0; background: none;
      padding: 5px 12px 5px 9px; line-height: 1.35; }
    .rows button:hover, #tree button:hover { background: var(--page); }
    .rows button:focus-visible, #tree button:focus-visible, .levels button:focus-visible { outline-offset: -2px; }
    .rows .near { border-left-color: var(--bar); }
    .rows .itself { color: var(--soft); }
    .sign { display: inline-block; width: 3px; height: 1em; margin-right: 6px; background: var(--bar); vertical-align: -2px; }
    .rows bdi, #tree bdi { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; line-clamp: 2;
      overflow: hidden; }
    .rows .distance { color: var(--soft); font-variant-numeric: tabular-nums; font-size: 12.5px; }
    .rows code, .rows .about { grid-column: 1 / -1; color: var(--soft); font-size: 11.5px; }
    .rows mark { color: var(--ink); }
    .column .chips { margin-top: 6px; }
    .waiting { color: var(--soft); font-size: 13px; padding: 6px 0; }
    .waiting::before { content: ""; display: inline-block; width: 9px; height: 9px; margin-right: 7px; border-radius: 50%;
      background: var(--bar); animation: breathe 1.2s ease-in-out infinite alternate; }
    @keyframes breathe { from { opacity: .2; } to { opacity: 1; } }
    @media (prefers-reduced-motion: reduce) { .waiting::before { animation: none; } }
    .panes { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 460px); gap: 14px; }
    .pane { position: relative; height: clamp(340px, 64vh, 620px); }
    #crumbs { min-height: 30px; }
    #map { display: block; width: 100%; height: 100%; border-radius: 10px; cursor: crosshair; touch-action: pan-x pan-y; }
    #map.moving { cursor: grabbing; }
    #map-said { position: absolute; inset: auto 12px 12px 12px; pointer-events: none; }
    #map-said > * { pointer-events: auto; }
    .panes.plain { grid-template-columns: minmax(0, 1fr); }
    .plain #map-pane { height: auto; padding: 6px 12px; }
    .plain #map, .plain .zoom { display: none; }
    .plain #map-said { position: static; }
    .zoom { position: absolute; right: 10px; top: 10px; display: flex; flex-direction: column; gap: 4px; }
    .zoom button { width: 34px; height: 34px; min-height: 0; padding: 0; font-size: 17px; line-height: 1; }
    #tip { position: absolute; pointer-events: none; max-width: min(300px, 80%); background: var(--card);
      border: 1px solid var(--rule); border-radius: 8px; padding: 7px 10px; font-size: 13px; line-height: 1.35;
      box-shadow: 0 4px 14px rgb(0 0 0 / .18); overflow-wrap: anywhere; z-index: 2; }
    #tip b { display: block; }
    #tip span { color: var(--soft); }
    #tree-pane { display: flex; flex-direction: column; }
    #tree { list-style: none; margin: 0; padding: 6px; overflow: auto; overscroll-behavior: contain; flex: 1; }
    #tree button { display: grid; grid-template-columns: 10px minmax(3.4em, auto) minmax(0, 1fr) auto; gap: 0 8px;
      align-items: baseline; align-content: center; width: 100%; text-align: start; border: 0; border-radius: 7px;
      background: none; padding: 5px 8px; line-height: 1.35; }
    #tree button.leaf { grid-template-columns: minmax(0, 1fr); }
    #tree [aria-current="true"] { background: var(--picked); }
    #tree .swatch { width: 10px; height: 10px; border-radius: 50%; align-self: center; }
    #tree .about { grid-column: 3 / -1; font-size: 12.5px; }
    #tree .leaf .about { grid-column: 1; }
    #tree .count { color: var(--soft); font-variant-numeric: tabular-nums; font-size: 12.5px; }
    #pages { padding: 6px 10px; border-top: 1px solid var(--rule); }
    dialog { width: min(440px, calc(100vw - 24px)); background: var(--card); color: var(--ink);
      border: 1px solid var(--edge); border-radius: 12px; padding: 18px 20px; }
    dialog h2 { margin-top: 0; }
    dialog label { display: block; margin-top: 10px; }
    dialog::backdrop { background: rgb(0 0 0 / .45); }
    @media (max-width: 900px) {
      body > header, main, body > footer { padding-left: 12px; padding-right: 12px; }
      .panes { grid-template-columns: minmax(0, 1fr); }
      .panes:not(.plain) #map-pane { height: min(88vw, 60vh); min-height: 300px; }
      #tree-pane { height: auto; max-height: 70vh; }
      #columns:not(.alone) { grid-template-columns: none; grid-auto-flow: column; grid-auto-columns: min(84%, 340px);
        overflow-x: auto; scroll-snap-type: x proximity; padding-bottom: 8px; }
      .column { scroll-snap-align: start; }
      .levels button { grid-template-columns: 5em minmax(0, 1fr); }
      .levels .words { grid-column: 1 / -1; }
      .levels .share { order: 5; grid-column: 1 / -1; }
    }
    @media print { .zoom, .help, #search { display: none; } .pane { height: auto; } }
    """#
}
