import Nodes
import Values

/// Scribbles on its files, and remembers what they should hold after each of its operations.
struct Scribe: Node {
  enum File: String, CaseIterable {
    case left
    case right
  }

  enum Timer: UInt8, CaseIterable { case scribble }

  typealias Message = Pinger.Ping

  /// What the files held at start.
  var survivors: [[UInt8]] = [[], []]
  /// What the files hold after each operation, the first of them being what survived.
  var versions: [[[UInt8]]] = []
  /// Up to which version all was synced, as far as the node was told.
  var durable = 0
  /// The version that a sync with this token makes durable, and how many syncs are done.
  var asked: [Int] = []
  var doneCount = 0
  var letter: UInt8 = 0
  /// Where reads are asked for: what each should return, and what it did.
  var expected: [[UInt8]] = []
  var found: [Int: [UInt8]] = [:]

  init(_ configuration: Configuration) {}

  mutating func handle(_ event: Event<Scribe>, _ context: inout Context<Scribe>) {
    switch event {
    case .start(let files):
      survivors = File.allCases.map { files[$0] }
      versions = [survivors]
      context.setTimer(.scribble, after: .microseconds(50))
    case .timer:
      for _ in 0...context.choose(below: 3, site: "how much") { scribble(&context) }
      context.setTimer(.scribble, within: .microseconds(20)...(.microseconds(200)))
    case .completed(let token, .bytes(let bytes)):
      found[-token.rawValue] = bytes
    case .completed(let token, .done):
      durable = max(durable, asked[token.rawValue])
      doneCount += 1
    case .completed, .message, .request, .answered: break
    }
  }

  private mutating func scribble(_ context: inout Context<Scribe>) {
    let place = context.choose(below: 2, site: "file")
    let file = File.allCases[place]
    var files = versions[versions.count - 1]
    letter &+= 1
    let bytes = [UInt8](repeating: letter, count: context.choose(below: 9, site: "length"))
    switch context.choose(below: 8, site: "operation") {
    case 0:
      asked.append(versions.count - 1)
      return context.sync(token: Token(asked.count - 1))
    case 1:
      let position = context.choose(below: files[place].count + 3, site: "position")
      while files[place].count < position + bytes.count { files[place].append(0) }
      files[place].replaceSubrange(position..<position + bytes.count, with: bytes)
      context.write(bytes, to: file, at: position)
    case 2:
      let count = context.choose(below: files[place].count + 1, site: "cut")
      files[place].removeLast(files[place].count - count)
      context.truncate(file, to: count)
    case 3:
      files[place] = bytes
      context.replace(file, with: bytes)
    case 4:
      let end = context.choose(below: files[place].count + 3, site: "end")
      expected.append(Array(files[place].prefix(end)))
      return context.read(0..<end, of: file, token: Token(1 - expected.count))
    default:
      files[place] += bytes
      context.append(bytes, to: file)
    }
    versions.append(files)
  }

  func encode(into sink: inout some ByteSink) {
    sink.put(versions.count)
    sink.put(durable)
    sink.put(letter)
  }
}
