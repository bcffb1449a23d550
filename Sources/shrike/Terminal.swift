import Glibc

/// Writes a line to standard error, where what is for people goes beside results.
func complain(_ text: String) {
  let bytes = Array("\(text)\n".utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}

/// Ends the program with a status.
func quit(_ status: Int32) -> Never { exit(status) }
