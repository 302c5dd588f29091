extension LineChart {
  static let template = MarkupTemplate(
    source: """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{width}} {{height}}" width="{{width}}" \
      height="{{height}}" role="img" aria-label="{{title}}">
      <style>{{style}}</style>
      <rect class="page" width="{{width}}" height="{{height}}"/>
      <text class="title" x="{{left}}" y="22">{{title}}</text>
      <text class="label" x="{{left}}" y="40">{{subtitle}}</text>
      {{#legend}}
      <g class="s{{color}}">
      <path class="curve" d="M{{from}} {{y}}H{{to}}"/><path class="mark" d="{{mark}}"/>
      </g>
      <text class="label" x="{{textX}}" y="{{textY}}">{{name}}</text>
      {{/legend}}
      {{#xTicks}}
      <path class="grid" d="M{{place}} {{top}}V{{bottom}}"/>\
      <text class="tick" x="{{place}}" y="{{textY}}" text-anchor="middle">{{label}}</text>
      {{/xTicks}}
      {{#yTicks}}
      <path class="grid" d="M{{left}} {{place}}H{{right}}"/>\
      <text class="tick" x="{{textX}}" y="{{textY}}" text-anchor="end">{{label}}</text>
      {{/yTicks}}
      {{#references}}
      <path class="reference" d="M{{left}} {{place}}H{{right}}"/>\
      <text class="reference" x="{{textX}}" y="{{textY}}">{{label}}</text>
      {{/references}}
      {{#curves}}
      <g class="s{{color}}">{{#joined}}<path class="curve" d="M{{.}}"/>{{/joined}}
      {{#marks}}
      <path class="mark" d="{{mark}}"{{#detail}}><title>{{.}}</title></path>{{/detail}}{{^detail}}/>{{/detail}}\
      {{#label}}<text class="tick" x="{{x}}" y="{{y}}" text-anchor="{{anchor}}">{{text}}</text>{{/label}}
      {{/marks}}
      </g>
      {{/curves}}
      <path class="axis" d="M{{left}} {{top}}V{{bottom}}H{{right}}"/>
      <text class="label" x="{{middle}}" y="{{xLabelY}}" text-anchor="middle">{{xLabel}}</text>
      <text class="label" x="0" y="0" text-anchor="middle" transform="translate(14 {{yMiddle}}) rotate(-90)">\
      {{yLabel}}</text>
      </svg>

      """)
}
