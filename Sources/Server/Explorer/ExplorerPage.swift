/// The explorer: a page on which one looks at the catalogues that a server serves.
///
/// `html` stands at `/`, `style` at `/explorer.css` and `script` at `/explorer.js`. The page asks the interface under `/v1`
/// for all that it shows, by paths relative to its own, so that it also works behind a proxy that adds a prefix. It loads
/// nothing from elsewhere, and needs no more than this policy allows:
///
///     default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;
///     base-uri 'none'; form-action 'none'; frame-ancestors 'none'
///
/// Ids, titles and attributes come from whoever filled the index. They go into the page as text nodes only, never as markup.
enum ExplorerPage {}
