extension CodeReport {
  static let body =
    FigureTable.markup + """
      {{#sections}}
      <section>
      {{#heading}}
      <h2>{{.}}</h2>
      {{/heading}}

      """ + CodeCards.markup + """
      </section>
      {{/sections}}
      <footer>{{footer}}</footer>

      """
}
