public import Histories
internal import Values
public import Verdicts

/// Judges that no server of a chat shows a reply before what it replies to.
///
/// Operations: `post` [room, m] and `reply` [room, m] → [room, m, t], each m once; `read` room →
/// [[m, t], …] with `"at":server`, the posts of the room in the order in which they are shown, t null
/// but for replies; `read` null → those of all rooms. Final reads are marked `"final":true`.
///
/// - `reply-before-message`: a read shows a reply and not before it what it replies to, where that is
///   of the same room; or a read of that other room at the same server, begun after the reply was
///   shown there, lacks it.
/// - `phantom`, `duplicated`: shown and never posted, or twice in one read.
/// - `lost`, `diverging`: missing from some server's last final read, though acknowledged, or though
///   another server shows it.
///
/// Where final reads had not come to rest, nothing is lost or diverging, and the verdict is unknown
/// unless something else is wrong.
public struct RepliesChecker: Checker {
  public var name: String { "replies" }

  public init() {}

  private static let meanings = [
    ("reply-before-message", "replies that a server showed before what they reply to"),
    ("phantom", "shown, though nobody can have posted them"),
    ("duplicated", "shown more than once in one read"),
    ("lost", "acknowledged, and not shown by every server in the end"),
    ("diverging", "shown by some servers, and by others not in the end"),
  ]

  /// - Complexity: O(*n* + total length of the reads + Σ *q*) where *q*, for each read, is the number
  ///   of the room's messages that were replied to in other rooms.
  public func check(_ history: History) -> Finding {
    var chat = ShownReplies(history, CaseReport(RepliesChecker.meanings))
    chat.judge()
    if let problem = chat.problem { return Finding(name, .unknown, reason: problem) }
    let final = FinalReads(history) { Set($0.elements ?? []) }
    if final.unrest == nil { chat.judgeOutcome(final.isMarked) }
    var finding = Finding(name, .valid, facts: chat.facts)
    finding.add(chat.report.anomalies)
    guard finding.verdict == .valid else { return finding }
    if let reason = chat.readCount == 0 ? "no read succeeded" : final.unrest {
      finding.verdict = .unknown
      finding.reason = reason
    } else if !chat.hasFinalReads(final.isMarked) {
      finding.reason = "no final reads: nothing is said of lost messages"
    }
    return finding
  }
}

/// A walk over a chat's history, in the order of its lines.
private struct ShownReplies {
  private struct Post {
    var room: Value
    var begin: Int
    var isAcknowledged = false
    var hasFailed = false
    /// Where a read ended that showed it, or -1.
    var shown = -1
  }

  private struct Place: Hashable {
    var server: Value
    var room: Value
  }

  /// A message that a server must show, and the reply by which that is known.
  private struct Demand {
    var message: Value
    var reply: Value
    /// Where the read ended that showed the reply.
    var end: Int
  }

  private let history: History
  private(set) var report: CaseReport
  private(set) var problem: String?
  private(set) var readCount = 0
  private var replyCount = 0
  private var posts: [Value: Post] = [:]
  private var phantoms: Set<Value> = []
  private var demands: [Place: [Demand]] = [:]
  private var demanded: [Place: Set<Value>] = [:]
  /// The rooms of which a server must show messages.
  private var demandedRooms: [Value: [Value]] = [:]

  init(_ history: History, _ report: CaseReport) {
    self.history = history
    self.report = report
  }

  var facts: ValueMap {
    ValueMap(facts: [
      "post-count": .integer(posts.count),
      "acknowledged-count": .integer(posts.values.count(where: \.isAcknowledged)),
      "read-count": .integer(readCount), "reply-count": .integer(replyCount),
    ])
  }

  private func partner(_ position: Int) -> Int {
    let partner = Int(history.partners[position])
    return partner < 0 ? position : partner
  }

  private mutating func note(_ type: String, _ operations: [Int], _ detail: String) {
    report.add(type, operations, detail)
  }

  private func index(_ position: Int) -> Int { history.operations[position].index }

  mutating func judge() {
    for (position, line) in history.operations.enumerated()
    where line.process.number != nil && problem == nil {
      switch (line.f, line.type) {
      case ("post", .invoke), ("reply", .invoke): begin(line, position)
      case ("post", .ok), ("reply", .ok): message(position).map { posts[$0]?.isAcknowledged = true }
      case ("post", .fail), ("reply", .fail): message(position).map { fail($0) }
      case ("read", .ok): read(line, position)
      case ("post", _), ("reply", _), ("read", _): break
      default: problem = "op \(line.index): a chat knows no operation \(line.f)"
      }
    }
  }

  private func message(_ position: Int) -> Value? {
    history.operations[partner(position)].value.elements?.dropFirst().first
  }

  private mutating func begin(_ line: Operation, _ position: Int) {
    guard let parts = line.value.elements, parts.count >= 2 else {
      problem = "op \(line.index): \(line.value.text(limit: 24)) is no [room, message]"
      return
    }
    if let earlier = posts[parts[1]] {
      problem =
        "op \(line.index): \(parts[1].text(limit: 24)) was posted at op \(index(earlier.begin)) already; "
        + "messages must be unique"
      return
    }
    posts[parts[1]] = Post(room: parts[0], begin: position)
  }

  private mutating func fail(_ message: Value) {
    posts[message]?.hasFailed = true
    if let shown = posts[message]?.shown, shown >= 0 { judgePhantom(message, shown) }
  }

  private mutating func read(_ line: Operation, _ position: Int) {
    let pairs = (line.value.elements ?? []).compactMap(\.elements).filter { $0.count == 2 }
    guard let server = line.extra[fact: "at"], pairs.count == line.value.elements?.count else {
      problem =
        "op \(line.index): a read should answer [[message, replied to], …], with \"at\":server"
      return
    }
    readCount += 1
    let invocation = partner(position)
    let room = history.operations[invocation].value
    var shown: Set<Value> = []
    for pair in pairs {
      let (message, target) = (pair[0], pair[1])
      judgePhantom(message, position)
      if !shown.insert(message).inserted {
        note(
          "duplicated", [line.index],
          "\(message.text(limit: 24)): twice in the read at op \(line.index)")
      }
      guard target != .null else { continue }
      replyCount += 1
      guard let post = posts[target] else { continue }
      if room == .null || post.room == room {
        guard !shown.contains(target) else { continue }
        note(
          "reply-before-message", [index(post.begin), line.index],
          "the read at op \(line.index) shows \(message.text(limit: 24)), but not before it "
            + "\(target.text(limit: 24)), which it replies to, posted at op \(index(post.begin))")
      } else if demanded[Place(server: server, room: post.room), default: []].insert(target)
        .inserted
      {
        let isFirst = demands[Place(server: server, room: post.room)] == nil
        if isFirst { demandedRooms[server, default: []].append(post.room) }
        demands[Place(server: server, room: post.room), default: []].append(
          Demand(message: target, reply: message, end: position))
      }
    }
    let rooms = room == .null ? (demandedRooms[server] ?? []) : [room]
    for room in rooms { judgeDemands(shown, server, room, invocation, line) }
  }

  private mutating func judgePhantom(_ message: Value, _ position: Int) {
    posts[message]?.shown = position
    let post = posts[message]
    guard post == nil || post?.hasFailed == true, phantoms.insert(message).inserted else { return }
    let why =
      post.map { "its post at op \(index($0.begin)) failed" } ?? "nobody had posted it"
    note(
      "phantom", (post.map { [index($0.begin)] } ?? []) + [index(position)],
      "\(message.text(limit: 24)): shown in the read at op \(index(position)), but \(why)")
  }

  /// Looks for what a server must show by what it has shown in other rooms.
  private mutating func judgeDemands(
    _ shown: Set<Value>, _ server: Value, _ room: Value, _ invocation: Int, _ line: Operation
  ) {
    for demand in demands[Place(server: server, room: room)] ?? []
    where demand.end < invocation && !shown.contains(demand.message) {
      note(
        "reply-before-message", [index(demand.end), line.index],
        "the read at op \(index(demand.end)) shows \(demand.reply.text(limit: 24)); that at op "
          + "\(line.index), later and of the same server, lacks \(demand.message.text(limit: 24)), "
          + "which it replies to")
    }
  }

  /// The last final read of each server, or of each of its rooms that was read after that.
  private func lastFinals(_ isFinal: (Int, Int) -> Bool) -> [Int] {
    var finals: [Value: [Value: Int]] = [:]
    for (position, line) in history.operations.enumerated()
    where line.f == "read" && line.type == .ok && isFinal(partner(position), position) {
      let room = history.operations[partner(position)].value
      let server = line.extra[fact: "at"] ?? .null
      if room == .null { finals[server] = [:] }
      finals[server, default: [:]][room] = position
    }
    return finals.values.flatMap(\.values).sorted()
  }

  func hasFinalReads(_ isFinal: (Int, Int) -> Bool) -> Bool { !lastFinals(isFinal).isEmpty }

  mutating func judgeOutcome(_ isFinal: (Int, Int) -> Bool) {
    let finals = lastFinals(isFinal)
    let rooms = finals.map { history.operations[partner($0)].value }
    let shown = finals.map { position in
      Set((history.operations[position].value.elements ?? []).compactMap { $0.elements?.first })
    }
    for (message, post) in posts.sorted(by: { $0.value.begin < $1.value.begin }) {
      let lacking = shown.indices.first {
        (rooms[$0] == .null || rooms[$0] == post.room) && !shown[$0].contains(message)
      }
      guard let lacking else { continue }
      let absence = "missing from the final read at op \(index(finals[lacking]))"
      if post.isAcknowledged {
        note(
          "lost", [index(post.begin), index(finals[lacking])],
          "\(message.text(limit: 24)): posted at op \(index(post.begin)), \(absence)")
      } else if !post.hasFailed, let having = shown.firstIndex(where: { $0.contains(message) }) {
        note(
          "diverging", [index(finals[having]), index(finals[lacking])],
          "\(message.text(limit: 24)): in the final read at op \(index(finals[having])), \(absence)"
        )
      }
    }
  }
}
