/// The figures of evaluations as a table.
struct FigureTable {
  let evaluations: [CodeEvaluation]

  init(_ evaluations: [CodeEvaluation]) { self.evaluations = evaluations }

  /// Put in where a template has the values under `figures`.
  static let markup = """
    {{#figures}}
    <div class="scroll"><table{{#isAlone}} class="single"{{/isAlone}}>\
    {{^isAlone}}<thead><tr><td></td>{{#names}}<th scope="col">{{.}}</th>{{/names}}</tr></thead>{{/isAlone}}
    {{#groups}}
    <tbody><tr><th class="group" colspan="{{span}}" scope="rowgroup">{{name}}</th></tr>
    {{#rows}}
    <tr><th scope="row" title="{{meaning}}">{{name}}</th>{{#values}}<td>{{.}}</td>{{/values}}\
    {{#isAlone}}<td class="meaning">{{meaning}}</td>{{/isAlone}}</tr>
    {{/rows}}
    </tbody>
    {{/groups}}
    </table></div>
    {{/figures}}

    """

  /// One row per figure, one column per set of codes; empty without sets.
  var values: [[String: Any]] {
    let columns = evaluations.map(\.figures)
    guard let first = columns.first else { return [] }
    let isAlone = evaluations.count == 1
    let groups = EvaluationFigure.Group.allCases.compactMap { group -> [String: Any]? in
      let rows = first.indices.filter { first[$0].group == group }
      guard !rows.isEmpty else { return nil }
      return [
        "name": Markup.escape(group.rawValue), "span": evaluations.count + (isAlone ? 2 : 1),
        "rows": rows.map { row -> [String: Any] in
          [
            "name": Markup.escape(first[row].name), "meaning": Markup.escape(first[row].meaning),
            "values": columns.map { Markup.escape($0[row].value) },
          ]
        },
      ]
    }
    return [["isAlone": isAlone, "names": evaluations.map { Markup.escape($0.name) }, "groups": groups]]
  }
}
