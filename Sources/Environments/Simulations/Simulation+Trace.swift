import Environments
public import Nodes
import Values

extension Simulation {
  /// Traces an event that a node has just handled, with what it asked for.
  @usableFromInline
  func writeTrace(_ event: Event<N>, _ machine: Machine<N>) {
    let effects = context.effects.map(describe).joined(separator: ", ")
    writeTrace(describe(event) + (effects.isEmpty ? "" : " → " + effects), of: machine)
  }

  @usableFromInline
  func writeTrace(_ text: String, of machine: Machine<N>) {
    trace?("\(timeText) \(names[machine.id]) \(text)")
  }

  func writeTrace(_ fault: Fault) {
    if case .skew(let changes) = fault {
      // A dictionary's own order differs from process to process.
      for (node, change) in changes.sorted(by: { $0.key < $1.key }) {
        trace?("\(timeText) skew \(names[node]): \(change)")
      }
    } else {
      trace?("\(timeText) \(fault)")
    }
  }

  /// Seconds with six digits.
  private var timeText: String {
    let microseconds = time / 1_000
    let fraction = String(1_000_000 + microseconds % 1_000_000).dropFirst()
    return "\(microseconds / 1_000_000).\(fraction)"
  }

  /// Adds to the digest what an event carries, and what the node asks for because of it.
  @usableFromInline
  func digestContents(_ event: Event<N>) {
    digestCarried(by: event)
    for effect in context.effects { digest(effect) }
  }

  private func digest(_ effect: Effect<N>) {
    switch effect {
    case .send(let peer, let message):
      hasher.put(peer)
      message.encode(into: &hasher)
    case .reply(let id, let reply):
      id.encode(into: &hasher)
      reply.encode(into: &hasher)
    case .call(let service, let request, let token):
      hasher.put(Array(service.rawValue.utf8))
      request.encode(into: &hasher)
      hasher.put(token.rawValue)
    case .setTimer(let timer, let delays):
      hasher.put(timer.rawValue)
      hasher.put(UInt64(bitPattern: delays.lowerBound))
      hasher.put(UInt64(bitPattern: delays.upperBound))
    case .cancelTimer(let timer): hasher.put(timer.rawValue)
    case .store(let file, let operation):
      hasher.put(Array(file.rawValue.utf8))
      digest(operation)
    case .sync: hasher.put(UInt8(0))
    case .mark(let mark): hasher.put(Array(mark.line.utf8))
    // Lines for people may show unordered collections, whose order nothing depends on.
    case .log: break
    }
  }

  private func digest(_ operation: StorageOperation) {
    switch operation {
    case .append(let bytes), .replace(let bytes): hasher.put(bytes)
    case .write(let position, let bytes):
      hasher.put(position)
      hasher.put(bytes)
    case .truncate(let count): hasher.put(count)
    case .read(let range, let token):
      hasher.put(range.lowerBound)
      hasher.put(range.upperBound)
      hasher.put(token.rawValue)
    }
  }

  private func digestCarried(by event: Event<N>) {
    switch event {
    case .start(let files):
      for file in N.File.allCases { hasher.put(files[file]) }
    case .message(let sender, let message):
      hasher.put(sender)
      message.encode(into: &hasher)
    case .request(let id, let request):
      id.encode(into: &hasher)
      request.encode(into: &hasher)
    case .answered(let token, let reply):
      hasher.put(token.rawValue)
      reply.encode(into: &hasher)
    case .timer(let timer): hasher.put(timer.rawValue)
    case .completed(let token, let result):
      hasher.put(token.rawValue)
      switch result {
      case .done: hasher.put(UInt8(0))
      case .failed: hasher.put(UInt8(1))
      case .bytes(let bytes): hasher.put(bytes)
      }
    }
  }

  private func describe(_ event: Event<N>) -> String {
    switch event {
    case .start(let files): files.isEmpty ? "starts" : "starts on what its disk kept"
    case .message(let sender, let message): "from \(names[sender]): \(message)"
    case .request(let id, let request): "client \(id.client) asks \(id.number): \(request)"
    case .answered(let token, let reply): "service answers \(token.rawValue): \(reply)"
    case .timer(let timer): "timer \(timer)"
    case .completed(let token, let result): "storage completes \(token.rawValue): \(result)"
    }
  }

  private func describe(_ effect: Effect<N>) -> String {
    switch effect {
    case .send(let peer, let message): "to \(names[peer]): \(message)"
    case .reply(let id, let reply): "answers client \(id.client)'s \(id.number): \(reply)"
    case .call(let service, let request, let token):
      "calls \(service.rawValue) \(token.rawValue): \(request)"
    case .setTimer(let timer, _): "sets \(timer)"
    case .cancelTimer(let timer): "cancels \(timer)"
    case .store(let file, let operation): "\(describe(operation)) \(file.rawValue)"
    case .sync: "syncs"
    case .mark(let mark): "marks \(mark.label)"
    case .log(let line): "logs \(line)"
    }
  }

  private func describe(_ operation: StorageOperation) -> String {
    switch operation {
    case .append(let bytes): "appends \(bytes.count) bytes to"
    case .write(let position, let bytes): "writes \(bytes.count) bytes at \(position) of"
    case .truncate(let count): "cuts to \(count) bytes"
    case .replace(let bytes): "replaces by \(bytes.count) bytes"
    case .read(let range, let token): "reads \(range) as \(token.rawValue) of"
    }
  }
}
