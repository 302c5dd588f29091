extension CodeReport {
  static let body = """
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
    {{#sections}}
    <section>
    {{#heading}}
    <h2>{{.}}</h2>
    {{/heading}}
    <div class="charts">
    {{#cards}}
    <figure><h3>{{title}}</h3>
    {{svg}}
    <figcaption>{{caption}}</figcaption></figure>
    {{/cards}}
    </div>
    </section>
    {{/sections}}
    <footer>{{footer}}</footer>

    """
}
