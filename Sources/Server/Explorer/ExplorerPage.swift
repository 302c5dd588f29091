/// The explorer: a page at `/` to look at a catalogue. It has no build step, and asks no other host.
enum ExplorerPage {}
