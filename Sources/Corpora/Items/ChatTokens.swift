import Formats
import Vectors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The tokens by which chat templates mark who speaks and where a text ends. Inside a title they would end the prompt.
package struct ChatTokens: Hashable, Sendable {
  /// Each once, of at least two characters, not white space alone.
  package let tokens: [String]

  init(_ tokens: some Sequence<String>) {
    var seen: Set<String> = []
    self.tokens = tokens.filter { token in
      token.unicodeScalars.count > 1 && !token.allSatisfy(\.isWhitespace) && seen.insert(token).inserted
    }
  }

  /// The tokens of a tokenizer: its special `added_tokens`, and others in brackets, such as `<think>`. Words that were
  /// added to a vocabulary are not among them.
  ///
  /// - Parameter path: a `tokenizer.json`, or a folder with one in it.
  /// - Throws: `InputError` when it is none.
  package static func read(tokenizer path: String) throws -> ChatTokens {
    let inside = path + "/tokenizer.json"
    let file = try MappedFile(path: FileManager.default.fileExists(atPath: inside) ? inside : path)
    return try withExtendedLifetime(file) { try read(file.bytes, source: file.path) }
  }

  static func read(_ bytes: UnsafeRawBufferPointer, source: String) throws -> ChatTokens {
    var scanner = JSONScanner(bytes: bytes, source: source)
    guard scanner.peek() == UInt8(ascii: "{") else { throw scanner.unexpected("a tokenizer.json") }
    var tokens: [String] = []
    var hasList = false
    try scanner.object { key, scanner in
      guard key == "added_tokens" else { return try scanner.skip() }
      hasList = true
      try scanner.array { _, scanner in
        var content: String?
        var isSpecial = false
        try scanner.object { key, scanner in
          switch key {
          case "content": content = try scanner.string()
          case "special":
            isSpecial = scanner.peek() == UInt8(ascii: "t")
            try scanner.skip()
          default: try scanner.skip()
          }
        }
        if let content, isSpecial || isBracketed(content) { tokens.append(content) }
      }
    }
    try scanner.end()
    guard hasList else {
      throw InputError(.malformed, source, expected: "a tokenizer.json with added_tokens", found: "none of that name")
    }
    return ChatTokens(tokens)
  }

  private static func isBracketed(_ text: String) -> Bool {
    (text.hasPrefix("<") && text.hasSuffix(">")) || (text.hasPrefix("[") && text.hasSuffix("]"))
  }

  /// The tokens of models that people fine-tune, used where no tokenizer is named: Qwen, Llama, Mistral, Gemma, Phi,
  /// DeepSeek, gpt-oss, GLM, Command R, T5 and BERT.
  package static let common = ChatTokens(
    """
    <|im_start|> <|im_end|> <|im_sep|> <|endoftext|> <|startoftext|> <|endofprompt|> <|pad|> <|unk|> <|mask|>
    <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|> <|quad_start|> <|quad_end|> <|vision_start|>
    <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|>
    <|repo_name|> <|file_sep|> <tool_call> </tool_call> <tool_response> </tool_response> <think> </think>
    <s> </s> <unk> <pad> <mask> [INST] [/INST] <<SYS>> <</SYS>> [TOOL_CALLS] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS]
    [TOOL_RESULTS] [/TOOL_RESULTS] [SYSTEM_PROMPT] [/SYSTEM_PROMPT] [IMG] [IMG_BREAK] [IMG_END] [PREFIX] [MIDDLE] [SUFFIX]
    <|begin_of_text|> <|end_of_text|> <|start_header_id|> <|end_header_id|> <|eot_id|> <|eom_id|> <|python_tag|>
    <|finetune_right_pad_id|> <|header_start|> <|header_end|> <|eot|> <|step_id|>
    <bos> <eos> <start_of_turn> <end_of_turn> <start_of_image> <end_of_image>
    <|system|> <|user|> <|assistant|> <|observation|> <|end|> <|tool|> <|tool_call|> <|tool_response|>
    <|start|> <|message|> <|channel|> <|constrain|> <|return|> <|call|>
    <｜begin▁of▁sentence｜> <｜end▁of▁sentence｜> <｜User｜> <｜Assistant｜> <｜▁pad▁｜> <｜tool▁calls▁begin｜>
    <｜tool▁calls▁end｜> <｜tool▁call▁begin｜> <｜tool▁call▁end｜> <｜tool▁sep｜> <｜tool▁outputs▁begin｜> <｜tool▁outputs▁end｜>
    [gMASK] [sMASK] <sop> <eop> <BOS_TOKEN> <EOS_TOKEN> <PAD> <UNK> <CLS> <SEP> <MASK_TOKEN>
    <|START_OF_TURN_TOKEN|> <|END_OF_TURN_TOKEN|> <|SYSTEM_TOKEN|> <|USER_TOKEN|> <|CHATBOT_TOKEN|>
    [CLS] [SEP] [PAD] [MASK] [UNK] [BOS] [EOS]
    """.split { $0 == " " || $0 == "\n" }.map(String.init) + (0..<100).map { "<extra_id_\($0)>" })
}
