@_exported public import Vectors
@_exported public import Formats
@_exported public import Tokenizers
@_exported public import TextEmbedding
@_exported public import Catalogues
@_exported public import Retrieval
@_exported public import Corpora
@_exported public import Evaluation
