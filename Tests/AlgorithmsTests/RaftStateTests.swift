import Algorithms
import Nodes
import Testing
import Values

@Suite("Raft's durable state")
struct RaftDurabilityTests {
  /// A follower's file with two entries.
  static var file: [UInt8] {
    var raft = DrivenRaft(of: 3)
    raft.receive(append(term: 1, [entry(1, 1, write(1))]), from: 1)
    raft.receive(append(term: 1, after: (1, 1), [entry(1, 2, write(2))]), from: 1)
    return raft.files["log", default: []]
  }

  @Test("a torn tail is cut at every length, and the log goes on after it")
  func tornTail() {
    let file = Self.file
    for count in 0...file.count {
      var raft = DrivenRaft(of: 3, files: ["log": Array(file.prefix(count))])
      #expect(!raft.node.isHalted)
      let last = raft.node.log.lastIndex
      let terms = (last, raft.node.log.lastTerm)
      raft.receive(append(term: 5, after: terms, [entry(5, 9, write(9))]), from: 2)
      let restarted = DrivenRaft(of: 3, files: raft.files)
      #expect(!restarted.node.isHalted && restarted.node.log.lastIndex == last + 1, "\(count)")
      #expect(restarted.node.term == 5)
    }
  }

  @Test("with torn-tail what follows the torn record is lost at the next restart")
  func tornTailPassedOver() {
    let file = Array(Self.file.dropLast())
    var raft = DrivenRaft(of: 3, bugs: ["torn-tail"], files: ["log": file])
    raft.receive(append(term: 5, after: (1, 1), [entry(5, 9, write(9))]), from: 2)
    let restarted = DrivenRaft(of: 3, bugs: ["torn-tail"], files: raft.files)
    #expect(restarted.node.term == 1 && restarted.node.log.lastIndex == 1)
  }

  @Test("a byte that changes in one of the two files changes nothing, and is mended")
  func damage() {
    var raft = DrivenRaft(of: 3)
    raft.receive(append(term: 1, [entry(1, 1, write(1))]), from: 1)
    raft.receive(requestVote(term: 4, last: (9, 9)), from: 2)
    raft.receive(append(term: 5, after: (1, 1), [entry(5, 2, write(2))]), from: 1)
    for name in ["log", "mirror"] {
      for place in raft.files[name, default: []].indices {
        var files = raft.files
        files[name]?[place] ^= 0x10
        let restarted = DrivenRaft(of: 3, files: files)
        #expect(!restarted.node.isHalted && restarted.node.term == 5, "\(name) \(place)")
        #expect(restarted.node.log.encoded == raft.node.log.encoded, "\(name) \(place)")
        #expect(restarted.files == raft.files, "\(name) \(place)")
      }
    }
  }

  @Test("a file that is cut, or half of zeros, or an older one's, is made anew", arguments: [0, 1])
  func wholeFiles(which: Int) {
    let names = ["log", "mirror"]
    let file = Self.file
    for count in 0...file.count {
      for rest in [0, file.count - count] {
        var files = [names[0]: file, names[1]: file]
        files[names[which]] = Array(file.prefix(count)) + Array(repeating: 0, count: rest)
        let restarted = DrivenRaft(of: 3, files: files)
        #expect(!restarted.node.isHalted && restarted.node.log.lastIndex == 2)
        #expect(restarted.files[names[0]] == file && restarted.files[names[1]] == file)
      }
    }
  }

  @Test("with no-mirror a damaged record takes all that follows along")
  func noMirror() {
    var file = Self.file
    file[20] ^= 1
    let raft = DrivenRaft(of: 3, bugs: ["no-mirror"], files: ["log": file, "mirror": Self.file])
    #expect(!raft.node.isHalted && raft.node.log.lastIndex == 0)
  }

  @Test("a record that is bad in both files is cut at the end, and silences the node elsewhere")
  func bothFiles() {
    let file = Self.file
    for place in file.indices {
      var damaged = file
      damaged[place] ^= 1
      let raft = DrivenRaft(of: 3, files: ["log": damaged, "mirror": damaged])
      #expect(raft.node.isHalted || raft.node.log.lastIndex == 1, "\(place)")
      #expect(raft.node.isWhole == !raft.node.isHalted)
    }
  }

  @Test("a node whose log is corrupted before its end stays silent")
  func corruption() {
    var file = Self.file
    file[20] ^= 1
    var raft = DrivenRaft(of: 3, files: ["log": file])
    #expect(raft.node.isHalted)
    #expect(raft.receive(requestVote(term: 9, last: (9, 9)), from: 1).isEmpty)
    #expect(raft.handle(.timer(.election)).isEmpty)
    #expect(raft.request(.read(key: "x")).isEmpty)
  }
}

@Suite("Raft's encodings")
struct RaftEncodingTests {
  @Test("every message is what its encoding says", arguments: 0..<50)
  func messages(seed: Int) {
    var draws = Draws(seed: UInt64(seed))
    for kind in 0..<6 {
      let message = RaftMessage.random(kind, &draws)
      var source = ByteSource(message.encoded)
      #expect(RaftMessage(from: &source) == message)
      #expect(source.remaining == 0)
      var cut = ByteSource(Array(message.encoded.dropLast()))
      #expect(RaftMessage(from: &cut) != message)
    }
  }

  /// A node that led, was deposed and committed nothing, and one that has just read the same file.
  @Test("states of equal encoding behave equally on every next event", arguments: 0..<100)
  func equalEncodings(seed: Int) {
    var draws = Draws(seed: UInt64(seed))
    var raft = DrivenRaft(of: 3, options: ["pre-vote": "false"])
    for _ in 0..<draws.below(12) {
      raft.handle(.timer(.election))
      if draws.below(2) == 0 { raft.receive(vote(term: raft.node.term), from: 1) }
      let message = RaftMessage.random(draws.below(4), &draws)
      if case .appendEntries(let append) = message, append.commitIndex > 0 { continue }
      raft.receive(message, from: 1 + draws.below(2))
      if raft.node.role == .leader { raft.request(.read(key: "x")) }
    }
    raft.receive(requestVote(term: raft.node.term + 1), from: 1)
    #expect(raft.node.commitIndex == 0)
    var restarted = DrivenRaft(of: 3, options: ["pre-vote": "false"], files: raft.files)
    #expect(restarted.node.encoded == raft.node.encoded)
    for _ in 0..<30 {
      let event: Event<Raft> =
        draws.below(4) == 0
        ? .timer(.election)
        : .message(from: NodeID(1), RaftMessage.random(draws.below(6), &draws))
      #expect(raft.handle(event).described() == restarted.handle(event).described())
      #expect(restarted.node.encoded == raft.node.encoded)
    }
  }
}

extension RaftMessage {
  /// A message of small numbers, which are likely to mean something to the receiver.
  static func random(_ kind: Int, _ draws: inout Draws) -> RaftMessage {
    let term = 1 + draws.below(6)
    let id = RequestID(client: draws.below(3), number: draws.below(3))
    switch kind {
    case 0:
      return AlgorithmsTests.requestVote(
        term: term, last: (draws.below(4), draws.below(4)), isPreVote: draws.below(2) == 0)
    case 1:
      return AlgorithmsTests.vote(
        term: term, isGranted: draws.below(2) == 0, isPreVote: draws.below(2) == 0)
    case 2:
      let index = draws.below(3)
      let entries = (0..<draws.below(3)).map { entry(min(term, 2 + $0), draws.below(3), write($0)) }
      return append(
        term: term, after: (index, index == 0 ? 0 : 1 + draws.below(3)), entries,
        commit: draws.below(2), round: draws.below(3))
    case 3:
      return .appended(
        Appended(
          term: term, round: draws.below(3), previousIndex: draws.below(4),
          outcome: draws.below(2) == 0
            ? .matches(upTo: 0) : .conflicts(term: draws.below(3), hint: draws.below(3))))
    case 4: return .forward(id, draws.below(2) == 0 ? .read(key: "x") : write(draws.below(9)))
    default: return .answer(id, draws.below(2) == 0 ? .written : .value(.integer(draws.below(9))))
    }
  }
}

@Suite("Raft's invariants")
struct RaftInvariantTests {
  private func states(_ nodes: [DrivenRaft]) -> ClusterStates<Raft> {
    ClusterStates(nodes.map { NodeCell($0.node) })
  }

  @Test("two leaders of one term are seen")
  func electionSafety() {
    var nodes = [DrivenRaft(0, of: 3), DrivenRaft(1, of: 3)]
    var invariant = ElectionSafety()
    nodes[0].elect()
    #expect(invariant.check(NodeID(0), in: states(nodes)) == nil)
    nodes[1].handle(.timer(.election))
    nodes[1].receive(vote(term: 1, isPreVote: true), from: 2)
    nodes[1].receive(vote(term: 1), from: 2)
    #expect(invariant.check(NodeID(1), in: states(nodes))?.invariant == "election-safety")
  }

  @Test("with no-truncate two logs have an entry of one term and index after different ones")
  func logMatching() {
    var nodes = [DrivenRaft(0, of: 3), DrivenRaft(1, of: 3, bugs: ["no-truncate"])]
    var invariant = LogMatching()
    nodes[1].receive(append(term: 1, [entry(1, 1, write(1))]), from: 2)
    #expect(invariant.check(NodeID(1), in: states(nodes)) == nil)
    for place in nodes.indices {
      nodes[place].receive(
        append(term: 3, [entry(2, 2, write(2)), entry(3, 3, write(3))]), from: 2)
    }
    #expect(invariant.check(NodeID(0), in: states(nodes)) == nil)
    #expect(invariant.check(NodeID(1), in: states(nodes))?.invariant == "log-matching")
  }

  @Test("log matching remembers entries that are gone, and looks back as far as a log changed")
  func logMatchingAfterCut() {
    var nodes = [DrivenRaft(0, of: 3), DrivenRaft(1, of: 3)]
    var invariant = LogMatching()
    nodes[0].receive(append(term: 1, [entry(1, 1, write(1)), entry(1, 2, write(2))]), from: 2)
    #expect(invariant.check(NodeID(0), in: states(nodes)) == nil)
    nodes[0].receive(append(term: 2, [entry(2, 3, write(3)), entry(2, 4, write(4))]), from: 2)
    #expect(invariant.check(NodeID(0), in: states(nodes)) == nil)
    nodes[1].receive(append(term: 1, [entry(1, 1, write(1))]), from: 2)
    #expect(invariant.check(NodeID(1), in: states(nodes)) == nil)
    nodes[1].receive(append(term: 1, after: (1, 1), [entry(1, 2, write(5))]), from: 2)
    #expect(invariant.check(NodeID(1), in: states(nodes))?.invariant == "log-matching")
  }

  @Test("a leader that lacks a committed entry is seen, unless a later term committed it")
  func leaderCompleteness() {
    for isLater in [false, true] {
      var nodes = [DrivenRaft(0, of: 3), DrivenRaft(1, of: 3)]
      var invariant = LeaderCompleteness()
      nodes[1].receive(
        append(term: isLater ? 9 : 1, [entry(1, 1, write(1))], commit: 1), from: 2)
      #expect(invariant.check(NodeID(1), in: states(nodes)) == nil)
      nodes[0].receive(vote(term: 4, isGranted: false), from: 1)
      nodes[0].elect()
      #expect(nodes[0].node.role == .leader && nodes[0].node.term == 5)
      #expect((invariant.check(NodeID(0), in: states(nodes)) == nil) == isLater)
    }
  }

  @Test("an entry that is committed late must be known to a leader of a later term")
  func leaderCompletenessLate() {
    var nodes = [DrivenRaft(0, of: 3), DrivenRaft(1, of: 3)]
    var invariant = LeaderCompleteness()
    nodes[0].receive(vote(term: 4, isGranted: false), from: 1)
    nodes[0].elect()
    #expect(invariant.check(NodeID(0), in: states(nodes)) == nil)
    nodes[1].receive(append(term: 1, [entry(1, 1, write(1))], commit: 1), from: 2)
    #expect(invariant.check(NodeID(1), in: states(nodes))?.invariant == "leader-completeness")
  }

  @Test("two nodes that apply different entries are seen")
  func stateMachineSafety() {
    var nodes = [DrivenRaft(0, of: 3), DrivenRaft(1, of: 3)]
    var invariant = StateMachineSafety()
    nodes[0].receive(append(term: 1, [entry(1, 1, write(1))], commit: 1), from: 2)
    nodes[1].receive(append(term: 2, [entry(2, 1, write(2))], commit: 1), from: 2)
    #expect(invariant.check(NodeID(0), in: states(nodes)) == nil)
    #expect(invariant.check(NodeID(1), in: states(nodes))?.invariant == "state-machine-safety")
  }
}
