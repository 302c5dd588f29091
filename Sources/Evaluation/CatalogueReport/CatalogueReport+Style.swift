extension CatalogueReport {
  /// What this page has beyond the frame's style.
  static let style = """
    :root { --faint: #c9ced6; --ring: #1b1f24; --picked: #e8effc; }
    @media (prefers-color-scheme: dark) { :root { --faint: #3d454e; --ring: #ffffff; --picked: #26344d; } }
    main { max-width: 1240px; }
    main > .lead { margin-bottom: 16px; }
    .tools { display: flex; flex-wrap: wrap; gap: 8px 16px; }
    .tools label { color: var(--soft); font-size: 13px; display: flex; align-items: center; gap: 8px; }
    .tools .grow { flex: 1 1 260px; }
    .tools input[type="search"], .tools select { font: inherit; font-size: 14px; color: var(--ink); background: var(--card);
      border: 1px solid var(--rule); border-radius: 8px; padding: 6px 10px; width: 100%; min-height: 36px; }
    .tools select { width: auto; max-width: 60vw; }
    #crumbs { display: flex; flex-wrap: wrap; align-items: center; gap: 4px; min-height: 30px; margin: 8px 0 0; }
    #crumbs button, #item button, .zoom button { font: inherit; font-size: 13px; color: var(--ink);
      background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 3px 9px; cursor: pointer; }
    #crumbs button[aria-current] { background: var(--picked); border-color: var(--bar); }
    #crumbs button:hover, #item button:hover, .zoom button:hover { border-color: var(--bar); }
    #crumbs span { color: var(--soft); }
    #status { color: var(--soft); font-size: 13px; margin: 4px 0 8px; min-height: 20px; overflow-wrap: anywhere; }
    .panes { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 380px); gap: 14px; }
    .pane { position: relative; background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
      height: clamp(340px, 66vh, 640px); min-width: 0; }
    #map { display: block; width: 100%; height: 100%; border-radius: 10px; cursor: crosshair; touch-action: pan-x pan-y; }
    #map.moving { cursor: grabbing; }
    :focus-visible { outline: 2px solid var(--bar); outline-offset: 1px; }
    .zoom { position: absolute; right: 10px; top: 10px; display: flex; flex-direction: column; gap: 4px; }
    .zoom button { width: 32px; height: 32px; padding: 0; font-size: 17px; line-height: 1; }
    #tip { position: absolute; pointer-events: none; max-width: min(300px, 80%); background: var(--card);
      border: 1px solid var(--rule); border-radius: 8px; padding: 7px 10px; font-size: 13px; line-height: 1.35;
      box-shadow: 0 4px 14px rgb(0 0 0 / .18); overflow-wrap: anywhere; z-index: 2; }
    #tip b, #item b { display: block; }
    #tip span, #item .about { color: var(--soft); display: block; }
    code { font: 12.5px/1.4 ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; }
    #tree-pane { overflow: auto; overscroll-behavior: contain; }
    #tree, #tree ul { list-style: none; margin: 0; padding: 0; }
    #tree { padding: 6px; }
    #tree ul { padding-left: 16px; }
    #tree [role="treeitem"] { outline: none; }
    #tree .row { display: flex; align-items: baseline; gap: 7px; padding: 4px 8px 4px 2px; border-radius: 7px;
      cursor: pointer; font-size: 13.5px; line-height: 1.35; }
    #tree .row:hover { background: var(--page); }
    #tree [aria-selected="true"] > .row { background: var(--picked); }
    #tree [role="treeitem"]:focus-visible > .row { outline: 2px solid var(--bar); }
    #tree .twist { flex: none; width: 18px; text-align: center; color: var(--soft); user-select: none; }
    #tree .swatch { flex: none; width: 10px; height: 10px; border-radius: 50%; }
    #tree .words { flex: 1; min-width: 0; overflow-wrap: anywhere; }
    #tree .count { flex: none; color: var(--soft); font-variant-numeric: tabular-nums; font-size: 12.5px; }
    #tree .leaf, #tree .more { color: var(--soft); }
    #tree .leaf .words { color: var(--ink); }
    #item { margin-top: 12px; min-height: 64px; background: var(--card); border: 1px solid var(--rule);
      border-radius: 10px; padding: 10px 14px; font-size: 14px; overflow-wrap: anywhere; }
    #item .prefixes { display: flex; flex-wrap: wrap; gap: 5px; margin-top: 6px; }
    .help { color: var(--soft); font-size: 13px; margin: 8px 2px 0; }
    footer p { margin: 0 0 6px; }
    @media (max-width: 860px) {
      main { padding: 20px 12px 36px; }
      .panes { grid-template-columns: minmax(0, 1fr); }
      #map-pane { height: min(88vw, 60vh); min-height: 300px; }
      #tree-pane { height: 48vh; }
      .scroll { padding: 4px 12px 10px; }
      th[scope="row"], thead td { white-space: normal; min-width: 7.5em; max-width: 9em; overflow-wrap: break-word; }
      th.group { max-width: none; }
    }
    @media print { .tools, .zoom, .help { display: none; } .pane { height: auto; } }
    """
}
