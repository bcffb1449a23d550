import Glibc

/// Writes this process's wall and monotonic clock to a file, which is replaced at once, all the time.
func tellTime(to path: String) -> Never {
  while true {
    let text = Array("\(reading(CLOCK_REALTIME)) \(reading(CLOCK_MONOTONIC))".utf8)
    let file = open("\(path).new", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    _ = write(file, text, text.count)
    close(file)
    rename("\(path).new", path)
    usleep(2_000)
  }
}

private func reading(_ clock: clockid_t) -> Int64 {
  var time = timespec()
  clock_gettime(clock, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
