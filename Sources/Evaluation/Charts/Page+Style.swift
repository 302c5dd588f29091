extension Page {
  /// Light and dark by the reader's own setting.
  static let style = """
    :root {
      color-scheme: light dark;
      --page: #f6f7f9; --card: #ffffff; --ink: #1b1f24; --soft: #5b6570; --rule: #e3e7ec;
      --bar: #2f6fde; --reference: #b4472f;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #14171b; --card: #1d2126; --ink: #e7eaee; --soft: #9aa4af; --rule: #2f353c;
        --bar: #6aa1ff; --reference: #ff9b7d;
      }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; }
    main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 48px; }
    h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
    h2 { font-size: 19px; margin: 36px 0 12px; overflow-wrap: anywhere; }
    h3 { font-size: 14px; margin: 0 0 8px; }
    .lead { color: var(--soft); margin: 0 0 24px; }
    .scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
      padding: 4px 18px 12px; margin-bottom: 20px; }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
    th, td { padding: 5px 14px 5px 0; text-align: right; font-weight: 400; white-space: nowrap;
      border-top: 1px solid var(--rule); }
    th[scope="row"] { text-align: left; color: var(--ink); }
    thead th, thead td { border-top: 0; font-weight: 600; padding-top: 12px; }
    th.group { text-align: left; font-weight: 600; padding: 18px 0 6px; border-top: 0; }
    table.single th[scope="row"], table.single td { width: 1%; }
    table.single td.meaning { width: auto; text-align: left; color: var(--soft); white-space: normal;
      padding: 5px 0 5px 22px; min-width: 220px; }
    .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 16px; }
    figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
      padding: 14px 16px 12px; }
    figcaption { color: var(--soft); font-size: 13px; margin-top: 4px; }
    svg { width: 100%; height: auto; display: block; }
    svg text { font-size: 10.5px; fill: var(--soft); }
    svg .value { fill: var(--ink); paint-order: stroke; stroke: var(--card); stroke-width: 3px; }
    svg .bar { fill: var(--bar); }
    svg .bar:hover { fill: var(--reference); }
    svg .grid { stroke: var(--rule); stroke-width: 1; }
    svg .axis { stroke: var(--soft); stroke-width: 1; }
    svg line.reference { stroke: var(--reference); stroke-width: 1.2; stroke-dasharray: 4 3; }
    svg text.reference { fill: var(--reference); }
    footer { color: var(--soft); font-size: 13px; margin-top: 28px; }
    @media print { body { background: #fff; } figure, .scroll { break-inside: avoid; } }
    """
}
