extension DecodingConstraint {
  /// Python that generates under a dictionary of prefixes, with `model` and `inputs` of Hugging Face's libraries.
  ///
  /// A decoder's input begins with the prompt or, where an encoder reads the prompt, with one token, the decoder's
  /// start. A shorter sequence, and one that is no beginning of an ID, raise an error.
  package static let example = """
    import json

    constraint = json.load(open("prefixes.json"))
    prompt_length = inputs["input_ids"].shape[1]
    if model.config.is_encoder_decoder:
        prompt_length = 1  # the decoder's start token

    def allowed(batch, tokens):
        if len(tokens) < prompt_length:
            raise ValueError("fewer tokens than the prompt has")
        written = "-".join(map(str, tokens[prompt_length:].tolist()))
        if f"-{constraint['end']}-" in f"-{written}-":
            return constraint["padding"]
        return constraint["allowed"][written]  # KeyError: no ID

    output = model.generate(
        **inputs, prefix_allowed_tokens_fn=allowed, num_beams=20,
        num_return_sequences=20, max_new_tokens=constraint["length"])
    """

  /// Python for a dictionary with triggers: an ID begins behind a trigger, wherever the model writes it.
  ///
  /// Only the tokens behind the last trigger count, so that a prompt may hold IDs that the catalogue does not have.
  package static let triggerExample = """
    import json
    import torch

    constraint = json.load(open("prefixes.json"))
    free = torch.arange(constraint["vocabulary_size"])

    def allowed(batch, tokens):
        tokens = tokens.tolist()
        begun = [n for n, t in enumerate(tokens)
                 if t in constraint["trigger"]]
        if not begun:
            return free
        written = "-".join(map(str, tokens[begun[-1] + 1:]))
        if f"-{constraint['end']}-" in f"-{written}-":
            return free
        return constraint["allowed"][written]  # KeyError: no ID

    output = model.generate(
        **inputs, prefix_allowed_tokens_fn=allowed, max_new_tokens=200)
    """
}
