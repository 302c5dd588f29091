extension ColumnChart {
  static let template = MarkupTemplate(
    source: """
      <svg viewBox="0 0 {{width}} {{height}}" role="img" aria-label="{{title}}">
      {{#ticks}}
      <line class="grid" x1="{{left}}" x2="{{right}}" y1="{{y}}" y2="{{y}}"/>
      <text class="tick" x="{{textX}}" y="{{textY}}" text-anchor="end">{{label}}</text>
      {{/ticks}}
      {{#columns}}
      {{#bar}}
      <rect class="bar" x="{{x}}" y="{{y}}" width="{{width}}" height="{{height}}"><title>{{detail}}</title></rect>
      {{/bar}}
      {{#label}}
      <text class="tick" x="{{middle}}" y="{{labelY}}" text-anchor="middle">{{.}}</text>
      {{/label}}
      {{/columns}}
      {{#reference}}
      <line class="reference" x1="{{left}}" x2="{{right}}" y1="{{y}}" y2="{{y}}"/>
      <text class="reference" x="{{right}}" y="10" text-anchor="end">– – {{label}}</text>
      {{/reference}}
      {{#captions}}
      <text class="value" x="{{middle}}" y="{{y}}" text-anchor="middle">{{text}}</text>
      {{/captions}}
      <line class="axis" x1="{{left}}" x2="{{right}}" y1="{{base}}" y2="{{base}}"/>
      <text class="label" x="{{center}}" y="{{xLabelY}}" text-anchor="middle">{{xLabel}}</text>
      <text class="label" x="{{left}}" y="10" text-anchor="start">{{yLabel}}</text>
      </svg>
      """)
}
