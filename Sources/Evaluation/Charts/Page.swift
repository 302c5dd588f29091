/// The frame of every page: head, style, title and lead. `lead` and `notes` are escaped here.
struct Page {
  var title: String
  var lead: String
  /// A paragraph each, before the figures.
  var notes: [String] = []
  /// Rules of style that this page has besides.
  var ownStyle = ""
  /// Elements of the head that this page has besides, as markup.
  var head = ""

  /// - Parameters:
  ///   - body: what stands in the frame, with the values of `values`.
  ///   - values: escaped where they came from outside.
  /// - Throws: `InputError` for a fault of the template.
  func html(_ body: String, _ values: [String: Any]) throws -> String {
    let own: [String: Any] = [
      "title": Markup.escape(title), "style": Self.style + ownStyle, "ownHead": head,
      "lead": Markup.escape(lead),
      "notes": notes.map(Markup.escape),
    ]
    return try MarkupTemplate(source: Self.head + body + Self.end).render(own.merging(values) { $1 })
  }

  private static let head = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    {{ownHead}}<title>{{title}}</title>
    <style>
    {{style}}
    </style>
    </head>
    <body>
    <main>
    <h1>{{title}}</h1>
    <p class="lead">{{lead}}{{#notes}}<br>{{.}}{{/notes}}</p>

    """

  private static let end = """
    </main>
    </body>
    </html>

    """
}
