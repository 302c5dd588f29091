/// A pipeline with comments, to start from: `semid run --example`.
package enum PipelineExample {
  package static let text = """
    # A pipeline of semid: from raw reviews to a table of results. Run it with
    #
    #     semid run pipeline.yaml
    #
    # `kind` says which verb does a step. All other keys are the options of that verb, without their dashes:
    # `semid help train rq-kmeans` lists those of a tokenizer of that kind. Flags take true or false. Sections that you
    # leave out are not run. Paths start from the folder of this file. ${NAME} and ${NAME:-default} are variables of the
    # environment.

    # The folder of results.
    output: results

    # 1. Interactions and items: kind amazon, recbole, csv or debian. Or `prepared: DIRECTORY`, made by semid prepare.
    prepare:
      kind: amazon
      reviews: Shop.jsonl.gz
      items: meta_Shop.jsonl.gz
      # core: 5               # users and items with five interactions at least
      # min-rating: 4
      # split: last-two       # or time

    # 2. Vectors of the items' texts. With an encoder: `model: DIRECTORY` of sentence-transformers, in place of `kind`.
    #    Or `embeddings: FILE`, in place of this section.
    embed:
      kind: lsa
      dimensions: 32
      template: "{title}. {description} {brand}"

    # 3. Tokenizers, under names of your own: kind rq-kmeans, rq-kmeans-plus, rq-vae or vq-vae. Each also encodes the
    #    items. `model: DIRECTORY` alone takes a model that is trained already.
    tokenizers:
      rq-kmeans:
        kind: rq-kmeans
        codebook-size: 32
      balanced:
        kind: rq-kmeans
        codebook-size: 32
        balance: strict

    # 4. One ID per item: kind resolve (once) or registry (kept while the catalogue grows).
    ids:
      kind: resolve

    # 5. An index of each tokenizer's IDs.
    index:
      attribute-columns: [brand, price]

    # 6. What language models train on: sequences, instructions, pretrain, mini-onerec, lc-rec, map, vocabulary,
    #    constraint. The names are yours; `kind` is needed where a name is not one of these.
    corpora:
      sequences:
        max-history: 20
      constraint:

    # 7. Measurements: of the codes, and of recommendations that are made with them.
    evaluate:
      codes:
      offline:
        profile: [last5, mean]
        rules: [prefix, distance]

    """
}
