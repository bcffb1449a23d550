import Glibc
import Processes
import Values

/// Connects to a host's SSH port.
enum Dialer {
  /// - Returns: A socket.
  static func connect(_ login: Login) throws(SSHError) -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let error = getaddrinfo(login.address, "\(login.port)", &hints, &found)
    guard error == 0 else {
      guard error == EAI_AGAIN else {
        throw .nameNotFound(login.name, name: login.address)
      }
      throw .unreachable(
        login.name, address: login.address,
        problem: "its name can't be looked up: "
          + String(cString: gai_strerror(error)), attempts: 1)
    }
    defer { freeaddrinfo(found) }
    let deadline = monotonicTime() + login.connectTimeout
    var problem = ""
    var next = found
    while let candidate = next?.pointee {
      switch connect(candidate, until: deadline) {
      case .success(let socket): return socket
      case .failure(let number):
        problem =
          number.value == ETIMEDOUT
          ? "no answer within \(login.connectTimeout.durationText)" : errorText(number.value)
      }
      next = candidate.ai_next
    }
    throw .unreachable(login.name, address: login.place, problem: problem, attempts: 1)
  }

  private struct ErrorNumber: Error {
    var value: Int32
  }

  private static func connect(
    _ candidate: addrinfo, until deadline: Nanoseconds
  ) -> Result<Int32, ErrorNumber> {
    let kind = candidate.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(candidate.ai_family, kind, candidate.ai_protocol)
    guard descriptor >= 0 else { return .failure(ErrorNumber(value: errno)) }
    var number: Int32 = 0
    if Glibc.connect(descriptor, candidate.ai_addr, candidate.ai_addrlen) != 0 {
      number = errno == EINPROGRESS ? awaitConnection(descriptor, until: deadline) : errno
    }
    guard number == 0 else {
      close(descriptor)
      return .failure(ErrorNumber(value: number))
    }
    var yes: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    return .success(descriptor)
  }

  private static func awaitConnection(_ descriptor: Int32, until deadline: Nanoseconds) -> Int32 {
    while true {
      var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let time = deadline - monotonicTime()
      guard time > 0 else { return ETIMEDOUT }
      if poll(&watched, 1, Int32(clamping: time / .milliseconds(1) + 1)) > 0 { break }
    }
    var number: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size)
    return number
  }
}
