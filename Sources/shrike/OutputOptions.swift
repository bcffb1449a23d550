import ArgumentParser

/// Where results go, and how they are told.
struct OutputOptions: ParsableArguments {
  @Option(help: "The folder in which runs leave their folders.")
  var results = "results"

  @Flag(help: "Print the verdict as JSON, and everything else to standard error.")
  var json = false

  @Flag(help: "Copy the nodes' standard error to ours.")
  var logStderr = false

  @Flag(help: "Record the messages that nodes send in messages.jsonl.")
  var logNetSend = false

  @Flag(help: "Record the messages that are delivered in messages.jsonl.")
  var logNetRecv = false
}
