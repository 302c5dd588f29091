extension ExplorerPage {
  static let html = "<!doctype html><title>semid</title><p>explorer</p>"
  static let script = ""
  static let style = ""
}
