extension OpenAPIDocument {
  /// The document as it is written by hand. `paths` has an entry for every route of the server, and for no other: a test
  /// compares them.
  static let yaml = #"""
    openapi: 3.1.0
    info:
      title: semid serve
      version: "1"
      summary: Candidates by semantic ID, over HTTP.
      description: |
        An index holds items. Each item has an id, a semantic ID, and possibly a vector and attributes. All operations on an
        index stand under `/v1/indexes/{index}`.

        - Every answer of `/v1` is `{"result": …, "status": "ok", "time": seconds}`. A fault is
          `{"status": {"error": …}, "time": seconds}`; `error` is the whole message, the other fields are its parts.
        - A semantic ID is text: `<a_12><b_4><c_9>` or `12-4-9`. Answers use the first form, and have the codes beside it.
        - A field that is not known is a fault, so that a misspelled option is never passed over.
        - Numbers are JSON numbers. `vector` may also be `vector_base64`: little-endian 32-bit floats in base64.
        - The query parameter `timeout` gives the seconds that a request may take, within the server's own limit.
      license:
        name: Apache-2.0
        identifier: Apache-2.0
    tags:
      - name: search
        description: Find items.
      - name: browse
        description: Look at items, IDs and the tree of prefixes.
      - name: model
        description: The index's own tokenizer.
      - name: generation
        description: For language models that write semantic IDs.
      - name: updates
        description: Change an index. The server must be started with `--writable`.
      - name: operations
        description: Health, metrics, and the state that is served.
      - name: inference
        description: The Open Inference Protocol, version 2, as KServe and Triton speak it.
    security:
      - {}
      - bearer: []
    paths:
      /v1/indexes:
        get:
          tags: [browse]
          operationId: listIndexes
          summary: The indexes that are served.
          responses:
            "200":
              description: All indexes, by name.
              content:
                application/json:
                  schema:
                    $ref: "#/components/schemas/IndexListAnswer"
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}:
        parameters: [{ $ref: "#/components/parameters/index" }]
        get:
          tags: [browse]
          operationId: describeIndex
          summary: What an index is.
          responses:
            "200":
              description: Its size, levels, metric, attributes and state.
              content:
                application/json:
                  schema:
                    $ref: "#/components/schemas/IndexAnswer"
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/query:
        parameters: [{ $ref: "#/components/parameters/index" }, { $ref: "#/components/parameters/timeout" }]
        post:
          tags: [search]
          operationId: query
          summary: The nearest items to a vector, an item or a text; or the items of a semantic ID or prefix.
          description: |
            Give exactly one of `vector`, `vector_base64`, `item`, `text`, `semantic_id` and `prefix`. An item that is asked
            for is left out of its own answer. A body of type `application/octet-stream` is one vector of little-endian
            32-bit floats; options then stand in the query parameters `k`, `candidates`, `scan` and `exact`.
          parameters:
            - { name: k, in: query, schema: { $ref: "#/components/schemas/K" } }
            - { name: candidates, in: query, schema: { $ref: "#/components/schemas/Candidates" } }
            - { name: scan, in: query, schema: { $ref: "#/components/schemas/Scan" } }
            - { name: exact, in: query, schema: { type: boolean } }
          requestBody:
            required: true
            content:
              application/json:
                schema: { $ref: "#/components/schemas/Query" }
                example: { item: "item-17", k: 5, attributes: true }
              application/octet-stream:
                schema: { type: string, format: binary }
          responses:
            "200":
              description: The items found, nearest first; those of an ID or prefix in ID order.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/HitsAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/query/batch:
        parameters: [{ $ref: "#/components/parameters/index" }, { $ref: "#/components/parameters/timeout" }]
        post:
          tags: [search]
          operationId: queryBatch
          summary: Several queries at once.
          description: |
            Queries of one set of options are searched together. A body of type `application/octet-stream` holds vectors of
            little-endian 32-bit floats, one after another; options then stand in the query parameters.
          parameters:
            - { name: k, in: query, schema: { $ref: "#/components/schemas/K" } }
            - { name: candidates, in: query, schema: { $ref: "#/components/schemas/Candidates" } }
            - { name: scan, in: query, schema: { $ref: "#/components/schemas/Scan" } }
            - { name: exact, in: query, schema: { type: boolean } }
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  additionalProperties: false
                  required: [queries]
                  properties:
                    queries: { type: array, items: { $ref: "#/components/schemas/Query" } }
              application/octet-stream:
                schema: { type: string, format: binary }
          responses:
            "200":
              description: One result per query, in their order.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/BatchAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/candidates:
        parameters: [{ $ref: "#/components/parameters/index" }, { $ref: "#/components/parameters/timeout" }]
        post:
          tags: [search]
          operationId: candidates
          summary: The semantic IDs around one, with their items.
          description: |
            Give one of `semantic_id` and `item`. `expand` is a rule: `exact`, `prefix`, `hamming:LEVELS`,
            `per-level:CODEWORDS` or `product:CODEWORDS`. In a `semantic_id`, `*` stands for any code of a level
            (`<a_3><b_*><c_1>`); there is no rule then.
          requestBody:
            required: true
            content:
              application/json:
                schema: { $ref: "#/components/schemas/CandidatesRequest" }
                example: { semantic_id: "<a_3><b_9><c_1>", expand: "hamming:1", budget: 100 }
          responses:
            "200":
              description: The IDs in the order of the rule, each with its items.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/CandidatesAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/recall:
        parameters: [{ $ref: "#/components/parameters/index" }, { $ref: "#/components/parameters/timeout" }]
        post:
          tags: [search]
          operationId: recall
          summary: Recall of the live settings against exact search, on a sample of the items.
          description: The vectors of a sample of items are the queries. Each is left out of its own answer.
          requestBody:
            required: true
            content:
              application/json:
                schema: { $ref: "#/components/schemas/RecallRequest" }
                example: { k: 10, sample: 100 }
          responses:
            "200":
              description: Mean recall, and the time of a search and of an exact one.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/RecallAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/encode:
        parameters: [{ $ref: "#/components/parameters/index" }, { $ref: "#/components/parameters/timeout" }]
        post:
          tags: [model]
          operationId: encode
          summary: The semantic IDs of vectors or texts, by the index's own model.
          description: These IDs are what the model says. An item may have another one, where several had the same.
          requestBody:
            required: true
            content:
              application/json:
                schema: { $ref: "#/components/schemas/EncodeRequest" }
              application/octet-stream:
                schema: { type: string, format: binary }
          responses:
            "200":
              description: One ID per vector or text.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/EncodeAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/decode:
        parameters: [{ $ref: "#/components/parameters/index" }, { $ref: "#/components/parameters/timeout" }]
        post:
          tags: [model]
          operationId: decode
          summary: The vectors that semantic IDs stand for.
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  additionalProperties: false
                  required: [semantic_ids]
                  properties:
                    semantic_ids: { type: array, items: { $ref: "#/components/schemas/SemanticID" } }
          responses:
            "200":
              description: One vector per ID.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/VectorsAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/items/{item}:
        parameters:
          - { $ref: "#/components/parameters/index" }
          - { name: item, in: path, required: true, description: "The item's id, percent-encoded.", schema: { type: string } }
        get:
          tags: [browse]
          operationId: describeItem
          summary: One item.
          parameters:
            - name: vector
              in: query
              description: Whether the answer has the item's vector.
              schema: { type: boolean, default: false }
          responses:
            "200":
              description: Its semantic ID, attributes and the number of items at each level of its prefix.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/ItemAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/ids/{semanticID}:
        parameters:
          - { $ref: "#/components/parameters/index" }
          - { $ref: "#/components/parameters/semanticID" }
          - { $ref: "#/components/parameters/limit" }
          - { $ref: "#/components/parameters/offset" }
        get:
          tags: [browse]
          operationId: itemsOfID
          summary: The items of a semantic ID.
          responses:
            "200":
              description: Its items, ascending by row.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/ItemsAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/tree:
        parameters:
          - { $ref: "#/components/parameters/index" }
          - { $ref: "#/components/parameters/limit" }
          - { $ref: "#/components/parameters/offset" }
        get:
          tags: [browse]
          operationId: treeRoot
          summary: The codes of the first level, with counts and example items.
          responses:
            "200":
              description: The children of the root.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/TreeAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/tree/{semanticID}:
        parameters:
          - { $ref: "#/components/parameters/index" }
          - { $ref: "#/components/parameters/semanticID" }
          - { $ref: "#/components/parameters/limit" }
          - { $ref: "#/components/parameters/offset" }
        get:
          tags: [browse]
          operationId: tree
          summary: The children of a prefix, with counts and example items.
          responses:
            "200":
              description: The children of the prefix; of a whole ID, its items.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/TreeAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/items:
        parameters: [{ $ref: "#/components/parameters/index" }, { $ref: "#/components/parameters/timeout" }]
        put:
          tags: [updates]
          operationId: putItems
          summary: Add items, or replace those with the same id.
          description: |
            Rows (`items`) or columns (`ids`, with `vectors` or `vectors_base64`, `semantic_ids` and `attributes`). The same
            request again leaves the same items. When the answer comes, the items are on disk, and every later query sees
            them. Without `semantic_id` the index's model encodes the vector.
          requestBody:
            required: true
            content:
              application/json:
                schema: { $ref: "#/components/schemas/PutItems" }
                example: { items: [{ id: "item-9001", vector: [0.1, 0.7, 0.2], attributes: { price: 9.5 } }] }
          responses:
            "200":
              description: What was done.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/UpdateAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/items/delete:
        parameters: [{ $ref: "#/components/parameters/index" }, { $ref: "#/components/parameters/timeout" }]
        post:
          tags: [updates]
          operationId: deleteItems
          summary: Delete items by id, or those that a filter allows.
          description: Ids that no item has are counted and passed over, so that the same request may come twice.
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  additionalProperties: false
                  oneOf:
                    - required: [ids]
                    - required: [filter]
                  properties:
                    ids: { type: array, items: { type: string } }
                    filter: { $ref: "#/components/schemas/Filter" }
                example: { ids: ["item-9001"] }
          responses:
            "200":
              description: What was done.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/UpdateAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/compact:
        parameters: [{ $ref: "#/components/parameters/index" }, { $ref: "#/components/parameters/timeout" }]
        post:
          tags: [updates]
          operationId: compact
          summary: Merge all segments into one, without deleted items.
          responses:
            "200":
              description: What was done.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/UpdateAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/reload:
        parameters: [{ $ref: "#/components/parameters/index" }]
        post:
          tags: [operations]
          operationId: reload
          summary: Serve what stands at the index's path now.
          description: |
            Requests under way finish on the state that they began with. The state before is kept for `rollback`. Where
            the new state cannot be opened, the old one stays.
          responses:
            "200":
              description: The state that is served now.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/IndexAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/rollback:
        parameters: [{ $ref: "#/components/parameters/index" }]
        post:
          tags: [operations]
          operationId: rollback
          summary: Serve the state before the last reload again.
          description: |
            The index then neither follows its path nor takes updates until the next `reload`. Nothing on disk changes.
          responses:
            "200":
              description: The state that is served now.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/IndexAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/constraints:
        parameters: [{ $ref: "#/components/parameters/index" }, { $ref: "#/components/parameters/timeout" }]
        post:
          tags: [generation]
          operationId: makeConstraint
          summary: A constraint of decoding, and its first mask.
          description: |
            A constraint says which tokens may follow, so that a language model writes only IDs of the index, or of the items
            that `filter` allows. It is kept until it was not used for long, or the index changes. Asking for the same one
            again costs nothing.
          requestBody:
            required: true
            content:
              application/json:
                schema: { $ref: "#/components/schemas/ConstraintRequest" }
                example: { first_token: 32000, vocabulary_size: 33024, end: [2], padding: [0] }
          responses:
            "200":
              description: Its name, the state at the beginning and the mask there.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/ConstraintAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/constraints/advance:
        parameters: [{ $ref: "#/components/parameters/index" }, { $ref: "#/components/parameters/timeout" }]
        post:
          tags: [generation]
          operationId: advanceConstraint
          summary: The states and masks of beams after one more token each.
          description: |
            With the header `Accept: application/octet-stream` the answer is binary: the states (one little-endian 32-bit
            number per beam), then the masks, row after row.
          requestBody:
            required: true
            content:
              application/json:
                schema: { $ref: "#/components/schemas/AdvanceRequest" }
          responses:
            "200":
              description: One state and one row of the mask per beam.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/AdvanceAnswer" }
                application/octet-stream:
                  schema: { type: string, format: binary }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/resolve-text:
        parameters: [{ $ref: "#/components/parameters/index" }, { $ref: "#/components/parameters/timeout" }]
        post:
          tags: [generation]
          operationId: resolveText
          summary: The semantic IDs in a generated text, and their items.
          requestBody:
            required: true
            content:
              application/json:
                schema: { $ref: "#/components/schemas/ResolveTextRequest" }
                example: { text: "You may like <a_3><b_9><c_1>.", repair: "hamming" }
          responses:
            "200":
              description: The IDs in their order.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/ResolveTextAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v1/indexes/{index}/map:
        parameters: [{ $ref: "#/components/parameters/index" }]
        get:
          tags: [browse]
          operationId: map
          summary: The catalogue in two dimensions.
          description: |
            Up to 5,000 items: evenly spaced in ID order, placed by the two principal axes of their vectors. Without vectors,
            the fault is of kind `unsupported`.
          responses:
            "200":
              description: Points, with the code of the first level.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/MapAnswer" }
            default: { $ref: "#/components/responses/Fault" }
      /v2:
        get:
          tags: [inference]
          operationId: serverMetadata
          summary: What this server is.
          responses:
            "200":
              description: Its name, version and extensions.
              content:
                application/json:
                  schema:
                    type: object
                    required: [name, version, extensions]
                    properties:
                      name: { type: string }
                      version: { type: string }
                      extensions: { type: array, items: { type: string } }
            default: { $ref: "#/components/responses/InferenceFault" }
      /v2/health/live:
        get:
          tags: [inference]
          operationId: inferenceLive
          security: []
          summary: Whether the server runs.
          responses:
            "200": { description: It does. }
      /v2/health/ready:
        get:
          tags: [inference]
          operationId: inferenceReady
          security: []
          summary: Whether the server takes requests.
          responses:
            "200": { description: It does. }
            "503": { description: It is starting or ending. }
      /v2/models/{model}:
        parameters: [{ $ref: "#/components/parameters/model" }]
        get:
          tags: [inference]
          operationId: modelMetadata
          summary: Inputs and outputs of a model.
          responses:
            "200":
              description: As the protocol says.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/ModelMetadata" }
            default: { $ref: "#/components/responses/InferenceFault" }
      /v2/models/{model}/ready:
        parameters: [{ $ref: "#/components/parameters/model" }]
        get:
          tags: [inference]
          operationId: modelReady
          summary: Whether a model takes requests.
          responses:
            "200": { description: It does. }
            default: { $ref: "#/components/responses/InferenceFault" }
      /v2/models/{model}/infer:
        parameters: [{ $ref: "#/components/parameters/model" }]
        post:
          tags: [inference]
          operationId: infer
          summary: Encode vectors, or look up the items of IDs.
          description: |
            Each index `NAME` is two models. `NAME-encode`: `vectors` (FP32, rows × dimension) → `codes` (INT32, rows ×
            levels) and `semantic_ids` (BYTES, rows). `NAME-items`: `codes` (INT32, rows × levels) or `semantic_ids` (BYTES,
            rows) → `items` (BYTES, rows × width; empty where there are fewer) and `counts` (INT32, rows). Binary tensors
            follow the JSON, as in the protocol's extension: `Inference-Header-Content-Length` is the length of the JSON.
          requestBody:
            required: true
            content:
              application/json:
                schema: { $ref: "#/components/schemas/InferRequest" }
              application/octet-stream:
                schema: { type: string, format: binary }
          responses:
            "200":
              description: The outputs.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/InferAnswer" }
                application/octet-stream:
                  schema: { type: string, format: binary }
            default: { $ref: "#/components/responses/InferenceFault" }
      /healthz:
        get:
          tags: [operations]
          operationId: healthz
          security: []
          summary: Whether the server runs.
          responses:
            "200": { $ref: "#/components/responses/Plain" }
      /livez:
        get:
          tags: [operations]
          operationId: livez
          security: []
          summary: Whether the server runs.
          responses:
            "200": { $ref: "#/components/responses/Plain" }
      /readyz:
        get:
          tags: [operations]
          operationId: readyz
          security: []
          summary: Whether the server takes requests. It stops being ready when it ends.
          responses:
            "200": { $ref: "#/components/responses/Plain" }
            "503": { $ref: "#/components/responses/Plain" }
      /metrics:
        get:
          tags: [operations]
          operationId: metrics
          summary: Metrics in the text format of Prometheus.
          responses:
            "200": { $ref: "#/components/responses/Plain" }
            default: { $ref: "#/components/responses/Fault" }
      /openapi.json:
        get:
          tags: [operations]
          operationId: openAPI
          security: []
          summary: This document.
          responses:
            "200":
              description: OpenAPI 3.1.
              content:
                application/json:
                  schema: { type: object }
      /:
        get:
          tags: [browse]
          operationId: explorer
          security: []
          summary: The explorer, a page to look at the catalogue.
          responses:
            "200":
              description: A page.
              content:
                text/html:
                  schema: { type: string }
            default: { $ref: "#/components/responses/Fault" }
    components:
      securitySchemes:
        bearer:
          type: http
          scheme: bearer
          description: A token that the server was started with. Each has a role, read, write or admin, and may do what the
            roles before it may.
      parameters:
        index:
          name: index
          in: path
          required: true
          description: The name of an index.
          schema: { type: string }
        model:
          name: model
          in: path
          required: true
          description: "`NAME-encode` or `NAME-items`, where NAME is that of an index."
          schema: { type: string }
        semanticID:
          name: semanticID
          in: path
          required: true
          description: A semantic ID or a prefix, percent-encoded, `%3Ca_12%3E%3Cb_4%3E` or `12-4`.
          schema: { type: string }
        limit:
          name: limit
          in: query
          description: Most entries of the answer.
          schema: { type: integer, minimum: 1, maximum: 10000, default: 100 }
        offset:
          name: offset
          in: query
          description: Entries to pass over.
          schema: { type: integer, minimum: 0, maximum: 4294967295, default: 0 }
        timeout:
          name: timeout
          in: query
          description: Seconds that the request may take.
          schema: { type: number, minimum: 0.001, maximum: 3600 }
      responses:
        Fault:
          description: A fault. 400 for what this document does not allow, 401 and 403 without the right, 404 for what is not
            there, 408 after the deadline, 409 for what the state does not allow, 413 for too much, 415 for a body of another
            type, 422 for what does not fit the index, 503 when too many requests wait.
          headers:
            Retry-After:
              description: Seconds to wait, with 503.
              schema: { type: integer }
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Fault" }
        InferenceFault:
          description: A fault, as the protocol says.
          content:
            application/json:
              schema:
                type: object
                required: [error]
                properties:
                  error: { type: string }
        Plain:
          description: Text.
          content:
            text/plain:
              schema: { type: string }
      schemas:
        K:
          type: integer
          minimum: 1
          maximum: 10000
          default: 10
          description: Items wanted. The server may have a lower limit.
        Candidates:
          type: integer
          minimum: 1
          maximum: 1000000
          description: Items that are reranked, best estimate first; by default 200.
        Scan:
          type: integer
          minimum: 1
          maximum: 4294967295
          description: Items that get an estimated distance; by default 32 times `candidates`.
        SemanticID:
          type: string
          description: "`<a_12><b_4><c_9>` or `12-4-9`."
        Codes:
          type: array
          items: { type: integer, minimum: 0, maximum: 65535 }
        Vector:
          type: array
          items: { type: number }
        Attributes:
          type: object
          description: Values by name; an item has none of those that are not there.
          additionalProperties: { $ref: "#/components/schemas/AttributeValue" }
        AttributeValue:
          description: Text, a number, a boolean, a time (2024-01-31T12:30:00Z, text), or a list of texts.
          anyOf:
            - type: [string, number, boolean, "null"]
            - type: array
              items: { type: string }
        WantedAttributes:
          description: Attributes that the answer has. true for all of them, or their names.
          anyOf:
            - type: boolean
            - type: array
              items: { type: string }
        Filter:
          description: |
            The items that may be found: a condition as text (`price < 20 and brand in (Acme, Bolt)`), or an object of
            conditions, all of `must`, one of `should`, none of `must_not`.
          anyOf:
            - type: string
            - $ref: "#/components/schemas/FilterObject"
        FilterObject:
          type: object
          additionalProperties: false
          properties:
            must: { $ref: "#/components/schemas/Conditions" }
            should: { $ref: "#/components/schemas/Conditions" }
            must_not: { $ref: "#/components/schemas/Conditions" }
        Conditions:
          type: array
          items: { $ref: "#/components/schemas/Condition" }
        Condition:
          anyOf:
            - type: object
              additionalProperties: false
              required: [key, match]
              properties:
                key: { type: string }
                match:
                  anyOf:
                    - type: object
                      additionalProperties: false
                      required: [value]
                      properties: { value: { type: [string, number, boolean] } }
                    - type: object
                      additionalProperties: false
                      required: [any]
                      properties: { any: { type: array, items: { type: [string, number, boolean] } } }
                    - type: object
                      additionalProperties: false
                      required: [except]
                      properties: { except: { type: array, items: { type: [string, number, boolean] } } }
            - type: object
              additionalProperties: false
              required: [key, range]
              properties:
                key: { type: string }
                range:
                  type: object
                  additionalProperties: false
                  minProperties: 1
                  properties:
                    gt: { type: [number, string] }
                    gte: { type: [number, string] }
                    lt: { type: [number, string] }
                    lte: { type: [number, string] }
            - type: object
              additionalProperties: false
              required: [is_null]
              properties:
                is_null:
                  type: object
                  additionalProperties: false
                  required: [key]
                  properties: { key: { type: string } }
            - type: object
              additionalProperties: false
              required: [has_id]
              properties:
                has_id: { type: array, items: { type: string } }
            - $ref: "#/components/schemas/FilterObject"
        Query:
          type: object
          additionalProperties: false
          oneOf:
            - required: [vector]
            - required: [vector_base64]
            - required: [item]
            - required: [text]
            - required: [semantic_id]
            - required: [prefix]
          dependentRequired:
            expand: [semantic_id]
          properties:
            vector: { $ref: "#/components/schemas/Vector" }
            vector_base64: { type: string }
            item: { type: string, description: "The id of an item: its vector is searched for." }
            text: { type: string, description: Needs an encoder (`--encoder`). }
            semantic_id: { $ref: "#/components/schemas/SemanticID" }
            prefix: { $ref: "#/components/schemas/SemanticID" }
            k: { $ref: "#/components/schemas/K" }
            candidates: { $ref: "#/components/schemas/Candidates" }
            scan: { $ref: "#/components/schemas/Scan" }
            exact: { type: boolean, description: Whether every vector is compared. }
            expand: { $ref: "#/components/schemas/Expand" }
            filter: { $ref: "#/components/schemas/Filter" }
            attributes: { $ref: "#/components/schemas/WantedAttributes" }
            vectors: { type: boolean, description: Whether the answer has the items' vectors. }
            explain: { type: boolean, description: Whether the answer says what the search did. }
        Expand:
          type: string
          description: With `semantic_id`, also the IDs around it. `exact`, `prefix`, `hamming:LEVELS`, `per-level:CODEWORDS`
            or `product:CODEWORDS`.
        Hit:
          type: object
          additionalProperties: false
          required: [item, semantic_id, codes]
          properties:
            item: { type: string, description: The item's id. }
            semantic_id: { $ref: "#/components/schemas/SemanticID" }
            codes: { $ref: "#/components/schemas/Codes" }
            distance:
              type: number
              description: Squared distance, 1 − cosine, or the negative inner product. Of a rule that goes by codewords,
                the squared distance of the codewords.
            title: { type: string, description: Where the server was given titles. }
            attributes: { $ref: "#/components/schemas/Attributes" }
            vector: { $ref: "#/components/schemas/Vector" }
        Hits:
          type: object
          additionalProperties: false
          required: [hits]
          properties:
            hits: { type: array, items: { $ref: "#/components/schemas/Hit" } }
            total: { type: integer, description: "Of an ID or a prefix, the number of its items." }
            explain: { $ref: "#/components/schemas/Explanation" }
        Explanation:
          type: object
          additionalProperties: false
          required: [path]
          properties:
            path:
              type: string
              enum: [scan, direct, exact, lookup, expansion]
              description: "How the items were found. scan: by estimated distances, then reranked. direct: a filter left so
                few items that all of them were reranked. exact: every vector was compared. lookup: by ID. expansion: by
                the IDs around one."
            scanned: { type: integer, description: Items whose distance was estimated. }
            sifted: { type: integer, description: Items whose vector in bytes was compared. }
            reranked: { type: integer, description: Items whose vector was compared exactly. }
            budget_exhausted: { type: boolean, description: Whether the scan ended before it had met every item. }
            allowed: { type: integer, description: Items that the filter allows. }
            query_semantic_id: { $ref: "#/components/schemas/SemanticID" }
            segments: { type: integer }
            seconds:
              type: object
              description: Seconds of each part.
              additionalProperties: { type: number }
        HitsAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result: { $ref: "#/components/schemas/Hits" }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        BatchAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result: { type: array, items: { $ref: "#/components/schemas/Hits" } }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        CandidatesRequest:
          type: object
          additionalProperties: false
          oneOf:
            - required: [semantic_id]
            - required: [item]
          properties:
            semantic_id: { type: string, description: "A semantic ID; `*` stands for any code of a level." }
            item: { type: string, description: "The id of an item: its semantic ID is widened." }
            expand: { $ref: "#/components/schemas/Expand" }
            budget: { type: integer, minimum: 1, maximum: 10000, default: 100, description: "Items wanted: IDs are taken until they hold as many. Of one ID, as many items are listed, at most." }
            filter: { $ref: "#/components/schemas/Filter" }
            attributes: { $ref: "#/components/schemas/WantedAttributes" }
        CandidateEntry:
          type: object
          additionalProperties: false
          required: [semantic_id, codes, prefix, differing, items]
          properties:
            semantic_id: { $ref: "#/components/schemas/SemanticID" }
            codes: { $ref: "#/components/schemas/Codes" }
            prefix: { type: integer, description: Levels in common from the first on. }
            differing: { type: integer, description: Levels that differ. }
            distance: { type: number, description: Squared distance of the codewords that differ. }
            items: { type: array, items: { $ref: "#/components/schemas/BareItem" } }
        BareItem:
          type: object
          additionalProperties: false
          required: [item]
          properties:
            item: { type: string }
            title: { type: string }
            attributes: { $ref: "#/components/schemas/Attributes" }
        CandidatesAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result:
              type: object
              additionalProperties: false
              required: [entries, count, is_in_catalogue, budget_exhausted]
              properties:
                entries: { type: array, items: { $ref: "#/components/schemas/CandidateEntry" } }
                count: { type: integer, description: Items of all entries. }
                is_in_catalogue: { type: boolean, description: Whether an item has the ID that was asked for. }
                budget_exhausted: { type: boolean, description: Whether there are more. }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        RecallRequest:
          type: object
          additionalProperties: false
          properties:
            k: { $ref: "#/components/schemas/K" }
            sample: { type: integer, minimum: 1, maximum: 10000, default: 100, description: Items whose vectors are searched for. }
            candidates: { $ref: "#/components/schemas/Candidates" }
            scan: { $ref: "#/components/schemas/Scan" }
            filter: { $ref: "#/components/schemas/Filter" }
            seed: { type: integer, minimum: 0, maximum: 4294967295, default: 0 }
        RecallAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result:
              type: object
              additionalProperties: false
              required: [recall, sample, k, search_seconds, exact_seconds]
              properties:
                recall: { type: number, description: Mean share of the k nearest that a search finds. }
                sample: { type: integer }
                k: { type: integer }
                search_seconds: { type: number, description: Of one search. }
                exact_seconds: { type: number, description: Of one exact search. }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        EncodeRequest:
          type: object
          additionalProperties: false
          oneOf:
            - required: [vectors]
            - required: [vectors_base64]
            - required: [texts]
          properties:
            vectors: { type: array, items: { $ref: "#/components/schemas/Vector" } }
            vectors_base64: { type: string, description: Row after row. }
            texts: { type: array, items: { type: string }, description: Needs an encoder. }
        EncodedID:
          type: object
          additionalProperties: false
          required: [semantic_id, codes, items]
          properties:
            semantic_id: { $ref: "#/components/schemas/SemanticID" }
            codes: { $ref: "#/components/schemas/Codes" }
            items: { type: integer, description: Items of the index with this ID. }
        EncodeAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result: { type: array, items: { $ref: "#/components/schemas/EncodedID" } }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        VectorsAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result: { type: array, items: { $ref: "#/components/schemas/Vector" } }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        Level:
          type: object
          additionalProperties: false
          required: [level, code, prefix, items, children]
          properties:
            level: { type: integer, description: From 1. }
            code: { type: integer }
            prefix: { $ref: "#/components/schemas/SemanticID" }
            items: { type: integer, description: Items with this prefix. }
            children: { type: integer, description: Codes that follow; at the last level 0. }
            words: { type: array, items: { type: string }, description: "Words that set the titles apart, where there are titles." }
        ItemAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result:
              type: object
              additionalProperties: false
              required: [item, semantic_id, codes, levels, attributes]
              properties:
                item: { type: string }
                title: { type: string }
                semantic_id: { $ref: "#/components/schemas/SemanticID" }
                codes: { $ref: "#/components/schemas/Codes" }
                levels: { type: array, items: { $ref: "#/components/schemas/Level" } }
                attributes: { $ref: "#/components/schemas/Attributes" }
                vector: { $ref: "#/components/schemas/Vector" }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        ItemsAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result:
              type: object
              additionalProperties: false
              required: [items, total]
              properties:
                items: { type: array, items: { $ref: "#/components/schemas/Hit" } }
                total: { type: integer }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        TreeAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result:
              type: object
              additionalProperties: false
              required: [prefix, level, items, path, children, total]
              properties:
                prefix: { type: string, description: Empty for the root. }
                level: { type: integer, description: Levels of the prefix. }
                items: { type: integer, description: Items with this prefix. }
                path: { type: array, items: { $ref: "#/components/schemas/Level" }, description: The levels of the prefix. }
                children: { type: array, items: { $ref: "#/components/schemas/TreeChild" } }
                total: { type: integer, description: "Number of children; of a whole ID, of its items." }
                members: { type: array, items: { $ref: "#/components/schemas/BareItem" }, description: "Of a whole ID, its items." }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        TreeChild:
          type: object
          additionalProperties: false
          required: [code, prefix, items, children, examples]
          properties:
            code: { type: integer }
            prefix: { $ref: "#/components/schemas/SemanticID" }
            items: { type: integer }
            children: { type: integer }
            examples: { type: array, items: { $ref: "#/components/schemas/BareItem" }, description: Up to three items. }
            words: { type: array, items: { type: string } }
        PutItems:
          type: object
          additionalProperties: false
          oneOf:
            - required: [items]
            - required: [ids]
          dependentRequired:
            vectors: [ids]
            vectors_base64: [ids]
            semantic_ids: [ids]
            attributes: [ids]
          properties:
            items:
              type: array
              items:
                type: object
                additionalProperties: false
                required: [id]
                properties:
                  id: { type: string, minLength: 1 }
                  vector: { $ref: "#/components/schemas/Vector" }
                  vector_base64: { type: string }
                  semantic_id: { $ref: "#/components/schemas/SemanticID" }
                  attributes: { $ref: "#/components/schemas/Attributes" }
            ids: { type: array, items: { type: string, minLength: 1 } }
            vectors: { type: array, items: { $ref: "#/components/schemas/Vector" } }
            vectors_base64: { type: string }
            semantic_ids: { type: array, items: { $ref: "#/components/schemas/SemanticID" } }
            attributes:
              type: object
              description: One list of values per attribute.
              additionalProperties: { type: array, items: { $ref: "#/components/schemas/AttributeValue" } }
        UpdateAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result:
              type: object
              additionalProperties: false
              required: [added, replaced, deleted, unknown, items, segments]
              properties:
                added: { type: integer }
                replaced: { type: integer }
                deleted: { type: integer }
                unknown: { type: integer, description: Ids to delete that no item had. }
                items: { type: integer, description: Items of the index afterwards. }
                segments: { type: integer }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        IndexInfo:
          type: object
          additionalProperties: false
          required: [name, items, levels, level_sizes, metric, dimension, attributes, segments, deleted, generation, has_vectors, has_ids,
            has_model, has_encoder, has_titles, writable, rolled_back, can_roll_back]
          properties:
            name: { type: string }
            items: { type: integer }
            levels: { type: integer }
            level_sizes: { type: array, items: { type: integer } }
            metric: { type: string, enum: [l2, cosine, ip] }
            dimension: { type: integer, description: Of the vectors; 0 where there are none. }
            attributes:
              type: array
              items:
                type: object
                additionalProperties: false
                required: [name, type]
                properties:
                  name: { type: string }
                  type: { type: string, enum: [string, integer, float, boolean, time, list] }
            segments: { type: integer }
            deleted: { type: integer, description: Deleted items that still take space. }
            bytes: { type: integer, description: Bytes of the index's files. }
            generation: { type: string, description: "Names the state: it changes with every update and reload." }
            model: { type: string, description: Fingerprint of the model that made the codes. }
            has_vectors: { type: boolean }
            has_ids: { type: boolean }
            has_model: { type: boolean, description: Whether vectors can be encoded. }
            has_encoder: { type: boolean, description: Whether texts can be searched for. }
            has_titles: { type: boolean }
            writable: { type: boolean }
            rolled_back: { type: boolean }
            can_roll_back: { type: boolean }
        IndexAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result: { $ref: "#/components/schemas/IndexInfo" }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        IndexListAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result:
              type: object
              additionalProperties: false
              required: [indexes]
              properties:
                indexes: { type: array, items: { $ref: "#/components/schemas/IndexInfo" } }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        ConstraintRequest:
          type: object
          additionalProperties: false
          not:
            required: [first_token, tokens]
          properties:
            first_token: { type: integer, minimum: 0, maximum: 16777215, description: "The token of the first code; the
              others follow, level after level. Without it and without `tokens`, the token of a code is the code." }
            tokens:
              type: array
              description: The token of every code of every level.
              items: { type: array, items: { type: integer, minimum: 0, maximum: 16777215 } }
            vocabulary_size: { type: integer, minimum: 1, maximum: 16777216 }
            begin: { $ref: "#/components/schemas/Tokens" }
            end: { $ref: "#/components/schemas/Tokens" }
            padding: { $ref: "#/components/schemas/Tokens" }
            triggers: { $ref: "#/components/schemas/Tokens" }
            filter: { $ref: "#/components/schemas/Filter" }
        Tokens:
          type: array
          items: { type: integer, minimum: 0, maximum: 16777215 }
        ConstraintAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result:
              type: object
              additionalProperties: false
              required: [constraint, state, vocabulary_size, words, ids, mask]
              properties:
                constraint: { type: string, description: Its name for `advance`. }
                state: { type: integer, description: The state of a beam at the beginning. }
                vocabulary_size: { type: integer }
                words: { type: integer, description: 32-bit words of one row of a mask. }
                ids: { type: integer, description: IDs that may be written. }
                mask: { $ref: "#/components/schemas/Mask" }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        Mask:
          type: string
          description: Rows of little-endian 32-bit words in base64. Bit i % 32 of word i / 32 says whether token i may follow.
        AdvanceRequest:
          type: object
          additionalProperties: false
          required: [constraint]
          oneOf:
            - required: [states]
            - required: [texts]
          dependentRequired:
            tokens: [states]
          properties:
            constraint: { type: string }
            states: { type: array, items: { type: integer, minimum: 0, maximum: 4294967295 }, description: "One per beam, as
              the last answer gave them. Without `tokens`, their masks are given again." }
            tokens: { type: array, items: { type: integer, minimum: 0, maximum: 16777215 }, description: One per beam. }
            texts: { type: array, items: { $ref: "#/components/schemas/Tokens" }, description: "Instead of states and tokens: all
              tokens that each beam has written." }
        AdvanceAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result:
              type: object
              additionalProperties: false
              required: [states, is_done, mask]
              properties:
                states: { type: array, items: { type: integer } }
                is_done: { type: array, items: { type: boolean }, description: Whether nothing but padding may follow. }
                mask: { $ref: "#/components/schemas/Mask" }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        ResolveTextRequest:
          type: object
          additionalProperties: false
          required: [text]
          properties:
            text: { type: string }
            repair: { type: string, enum: [prefix, hamming], description: Take the nearest ID for one that no item has. }
            limit: { type: integer, minimum: 1, maximum: 10000, default: 10, description: Most items of each ID. }
        ResolveTextAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result:
              type: array
              items:
                type: object
                additionalProperties: false
                required: [text, start, end, kind, repaired, items, total]
                properties:
                  text: { type: string, description: As it stands in the text. }
                  start: { type: integer, description: In bytes of UTF-8. }
                  end: { type: integer }
                  kind: { type: string, enum: [valid, unknownPrefix, incomplete, malformed] }
                  level: { type: integer, description: "The level, from 1, at which it departs from all IDs." }
                  semantic_id: { $ref: "#/components/schemas/SemanticID" }
                  repaired: { type: boolean }
                  items: { type: array, items: { $ref: "#/components/schemas/BareItem" } }
                  total: { type: integer, description: Items of the ID. }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        MapAnswer:
          type: object
          additionalProperties: false
          required: [result, status, time]
          properties:
            result:
              type: object
              additionalProperties: false
              required: [points, total]
              properties:
                points:
                  type: array
                  items:
                    type: object
                    additionalProperties: false
                    required: [item, code, x, y]
                    properties:
                      item: { type: string }
                      title: { type: string }
                      code: { type: integer, description: Of the first level. }
                      x: { type: number }
                      y: { type: number }
                total: { type: integer, description: Items of the index. }
            status: { $ref: "#/components/schemas/OK" }
            time: { $ref: "#/components/schemas/Seconds" }
        ModelMetadata:
          type: object
          required: [name, versions, platform, inputs, outputs]
          properties:
            name: { type: string }
            versions: { type: array, items: { type: string } }
            platform: { type: string }
            inputs: { type: array, items: { $ref: "#/components/schemas/TensorMetadata" } }
            outputs: { type: array, items: { $ref: "#/components/schemas/TensorMetadata" } }
        TensorMetadata:
          type: object
          required: [name, datatype, shape]
          properties:
            name: { type: string }
            datatype: { type: string }
            shape: { type: array, items: { type: integer } }
        InferRequest:
          type: object
          required: [inputs]
          properties:
            id: { type: string }
            parameters: { type: object }
            inputs: { type: array, items: { $ref: "#/components/schemas/InferTensor" } }
            outputs:
              type: array
              items:
                type: object
                required: [name]
                properties:
                  name: { type: string }
                  parameters: { type: object }
        InferTensor:
          type: object
          required: [name, shape, datatype]
          properties:
            name: { type: string }
            shape: { type: array, items: { type: integer, minimum: 0 } }
            datatype: { type: string }
            parameters: { type: object }
            data: { type: array }
        InferAnswer:
          type: object
          required: [model_name, outputs]
          properties:
            id: { type: string }
            model_name: { type: string }
            model_version: { type: string }
            outputs: { type: array, items: { $ref: "#/components/schemas/InferTensor" } }
        OK:
          type: string
          const: ok
        Seconds:
          type: number
          description: Seconds that the server took.
        Fault:
          type: object
          additionalProperties: false
          required: [status, time]
          properties:
            status:
              type: object
              additionalProperties: false
              required: [error, kind]
              properties:
                error: { type: string, description: The whole message. }
                kind: { type: string, enum: [usage, malformed, missing, mismatch, unsupported, io, cannotCreate, unauthorized,
                  forbidden, method, conflict, tooLarge, mediaType, busy, deadline, internal] }
                source: { type: string }
                place: { type: string }
                expected: { type: string }
                found: { type: string }
                remedy: { type: string }
            time: { $ref: "#/components/schemas/Seconds" }
    """#
}
