/// The templates of this project.
enum StandardWordings {
  static let all: [CorpusTask: [TemplateLibrary.WordingText]] = [
    .nextItem: prompts([
      "These items were chosen one after another, oldest first: {{history}}\nWhich item comes next?",
      "Here is what someone has picked so far: {{history}}\nName the item they will pick now.",
      "{{history}}\nContinue this list with one more item.",
      "A customer's record, in order of time: {{history}}\nGive the ID of the following item.",
      "After {{history}}, what should be recommended? Answer with one ID.",
      "The latest {{history_length}} choices of a user are {{history}}. Predict the one that follows.",
    ]),
    .titlesNextItem: prompts([
      "These things were chosen one after another, oldest first: {{history_titles}}\nWhich item comes next? Answer with its ID.",
      "Someone has picked {{history_titles}}.\nGive the ID of the item they will pick now.",
      "A customer's record by name, in order of time: {{history_titles}}\nPredict the ID of the following item.",
      "Read what a user liked: {{history_titles}}\nRecommend one more item by its ID.",
      "The list so far is {{history_titles}}. Which ID continues it?",
    ]),
    .itemTitle: prompts([
      "What is the item {{item}} called?",
      "Give the title of {{item}}.",
      "{{item}} stands for one thing in the catalogue. Which?",
      "Write out the name behind the ID {{item}}.",
      "Look up {{item}} and answer with its title.",
    ]),
    .titleItem: prompts([
      "Which ID does \"{{title}}\" have?",
      "Find this in the catalogue and answer with its ID: {{title}}",
      "Give the item ID of the following product.\n{{title}}",
      "An item is called \"{{title}}\". What is its ID?",
      "Translate the title \"{{title}}\" into its ID.",
    ]),
    .itemDocument: [
      "{{item}} is {{title}}{{#brand}} by {{brand}}{{/brand}}.{{#description}} {{description}}{{/description}}",
      "Title: {{title}}\nID: {{item}}\n{{#brand}}Brand: {{brand}}\n{{/brand}}{{#categories}}Categories: {{categories}}\n"
        + "{{/categories}}{{#description}}Description: {{description}}{{/description}}",
      "{{title}} {{item}}{{#categories}} ({{categories}}){{/categories}}\n{{#description}}{{description}}{{/description}}",
    ].map { .init(text: $0) },
    .historyDocument: [
      "{{history}}",
      "In this order: {{history_titled}}.",
      "One customer, {{history_length}} items: {{history}}",
    ].map { .init(text: $0) },
  ]

  private static func prompts(_ texts: [String]) -> [TemplateLibrary.WordingText] { texts.map { .init(prompt: $0) } }
}
