import Algorithms
import Nodes
import Testing
import Values

typealias DrivenRaft = Driven<Raft>

func entry(_ term: Int, _ client: Int, _ request: Request) -> RaftEntry {
  RaftEntry(term: term, command: RaftCommand(RequestID(client: client, number: 1), request))
}

func write(_ value: Int) -> Request { .write(key: "x", value: .integer(value)) }

func append(
  term: Int, after previous: (index: Int, term: Int) = (0, 0), _ entries: [RaftEntry] = [],
  commit: Int = 0, round: Int = 0
) -> RaftMessage {
  .appendEntries(
    RaftMessage.AppendEntries(
      term: term, previousIndex: previous.index, previousTerm: previous.term, commitIndex: commit,
      round: round, entries: entries))
}

func accepted(term: Int, upTo index: Int, round: Int = 0) -> RaftMessage {
  .appended(
    RaftMessage.Appended(
      term: term, round: round, previousIndex: 0, outcome: .matches(upTo: index)))
}

func requestVote(term: Int, last: (index: Int, term: Int) = (0, 0), isPreVote: Bool = false)
  -> RaftMessage
{
  .requestVote(
    RaftMessage.RequestVote(
      term: term, lastIndex: last.index, lastTerm: last.term, isPreVote: isPreVote))
}

func vote(term: Int, isGranted: Bool = true, isPreVote: Bool = false) -> RaftMessage {
  .vote(RaftMessage.Vote(term: term, isGranted: isGranted, isPreVote: isPreVote))
}

extension Driven where N == Raft {
  /// Has the node elected leader of the term after its own by nodes 1 and, of five, 2.
  mutating func elect() {
    handle(.timer(.election))
    let term = node.term + 1
    receive(vote(term: term, isPreVote: true), from: 1)
    receive(vote(term: term, isPreVote: true), from: 2)
    receive(vote(term: term), from: 1)
    receive(vote(term: term), from: 2)
  }
}

@Suite("Raft's elections")
struct RaftElectionTests {
  @Test("a majority of pre-votes leads to a campaign, and a majority of votes to a leader")
  func election() {
    var raft = DrivenRaft(of: 3)
    #expect(
      raft.handle(.timer(.election)).sent().map(\.message.kind) == [
        "request-pre-vote", "request-pre-vote",
      ])
    #expect(raft.node.role == .preCandidate && raft.node.term == 0)
    let campaign = raft.receive(vote(term: 1, isPreVote: true), from: 1)
    #expect(raft.node.role == .candidate && raft.node.term == 1)
    #expect(raft.node.votedFor == NodeID(0))
    #expect(campaign.sent().map(\.message.kind) == ["request-vote", "request-vote"])
    let elected = raft.receive(vote(term: 1), from: 2)
    #expect(raft.node.role == .leader && raft.node.log.lastIndex == 1)
    #expect(elected.sent().map(\.to) == [1, 2])
    #expect(elected.timers().contains(.heartbeat))
  }

  @Test("the vote is handed to the disk before the answer")
  func voteIsDurable() {
    var raft = DrivenRaft(of: 3)
    let effects = raft.receive(requestVote(term: 3), from: 1)
    let kinds = effects.compactMap { effect -> String? in
      switch effect {
      case .store: "store"
      case .sync: "sync"
      case .send: "send"
      default: nil
      }
    }
    #expect(kinds == ["store", "store", "sync", "send"])
    var restarted = DrivenRaft(of: 3, files: raft.files)
    #expect(restarted.node.term == 3 && restarted.node.votedFor == NodeID(1))
    #expect(granted(restarted.receive(requestVote(term: 3), from: 2)) == [false])
    #expect(granted(restarted.receive(requestVote(term: 3), from: 1)) == [true])
  }

  @Test("with volatile-vote a restarted node votes twice in a term")
  func volatileVote() {
    var raft = DrivenRaft(of: 3, bugs: ["volatile-vote"])
    raft.receive(requestVote(term: 3), from: 1)
    var restarted = DrivenRaft(of: 3, bugs: ["volatile-vote"], files: raft.files)
    #expect(granted(restarted.receive(requestVote(term: 3), from: 2)) == [true])
  }

  @Test("a candidate with a shorter log, or one of an older term, gets no vote")
  func upToDate() {
    var raft = DrivenRaft(of: 3)
    raft.receive(append(term: 2, [entry(1, 1, write(1)), entry(2, 2, write(2))]), from: 1)
    #expect(granted(raft.receive(requestVote(term: 3, last: (1, 2)), from: 2)) == [false])
    #expect(granted(raft.receive(requestVote(term: 4, last: (9, 1)), from: 2)) == [false])
    #expect(granted(raft.receive(requestVote(term: 5, last: (2, 2)), from: 2)) == [true])
  }

  @Test("a node that hears a leader grants no pre-vote until its own timer fires")
  func preVoteNeedsSilence() {
    var raft = DrivenRaft(of: 3)
    raft.receive(append(term: 1), from: 1)
    #expect(granted(raft.receive(requestVote(term: 2, isPreVote: true), from: 2)) == [false])
    #expect(raft.node.term == 1)
    raft.handle(.timer(.election))
    #expect(granted(raft.receive(requestVote(term: 2, isPreVote: true), from: 2)) == [true])
    #expect(raft.node.term == 1)
  }

  @Test("votes of another term or of the same node twice do not count")
  func foreignVotes() {
    var raft = DrivenRaft(of: 5, options: ["pre-vote": "false"])
    raft.handle(.timer(.election))
    raft.receive(vote(term: 1), from: 1)
    raft.receive(vote(term: 1), from: 1)
    raft.receive(vote(term: 0), from: 2)
    raft.receive(vote(term: 1, isPreVote: true), from: 3)
    #expect(raft.node.role == .candidate)
    raft.receive(vote(term: 1), from: 4)
    #expect(raft.node.role == .leader)
  }

  @Test("a leader steps down when a majority is silent, or at a higher term")
  func stepsDown() {
    var raft = DrivenRaft(of: 3)
    raft.elect()
    raft.receive(accepted(term: 1, upTo: 1), from: 1)
    raft.handle(.timer(.election))
    #expect(raft.node.role == .leader)
    raft.handle(.timer(.election))
    #expect(raft.node.role == .follower && raft.node.term == 1)
    raft.elect()
    #expect(raft.node.role == .leader && raft.node.term == 2)
    raft.receive(requestVote(term: 9), from: 1)
    #expect(raft.node.role == .follower && raft.node.term == 9)
  }

  @Test("a node that is alone leads when its vote is durable, and commits when its entry is")
  func alone() {
    var raft = DrivenRaft(of: 1)
    let campaign = raft.handle(.timer(.election))
    #expect(raft.node.role == .candidate)
    complete(tokens(campaign), of: &raft)
    #expect(raft.node.role == .leader)
    let written = raft.request(write(1))
    #expect(written.replies().isEmpty && raft.node.commitIndex < 2)
    let done = raft.handle(.completed(tokens(written).last ?? Token(0), .done))
    #expect(done.replies() == [.written])
  }

  private func tokens(_ effects: [Effect<Raft>]) -> [Token] {
    effects.compactMap { if case .sync(let token) = $0 { token } else { nil } }
  }

  private func complete(_ tokens: [Token], of raft: inout DrivenRaft) {
    for token in tokens { complete(self.tokens(raft.handle(.completed(token, .done))), of: &raft) }
  }

  private func granted(_ effects: [Effect<Raft>]) -> [Bool] {
    effects.sent().compactMap {
      if case .vote(let vote) = $0.message { vote.isGranted } else { nil }
    }
  }
}

@Suite("Raft's replication")
struct RaftReplicationTests {
  @Test("a write is answered when a majority has it")
  func commit() {
    var raft = DrivenRaft(of: 5)
    raft.elect()
    for peer in 1...4 { raft.receive(accepted(term: 1, upTo: 1), from: peer) }
    let proposed = raft.request(write(7))
    #expect(proposed.replies().isEmpty)
    #expect(proposed.sent().map(\.to) == [1, 2, 3, 4])
    #expect(raft.receive(accepted(term: 1, upTo: 2), from: 1).replies().isEmpty)
    #expect(raft.receive(accepted(term: 1, upTo: 2), from: 1).replies().isEmpty)
    #expect(raft.receive(accepted(term: 1, upTo: 2), from: 4).replies() == [.written])
    #expect(raft.node.appliedIndex == 2)
  }

  @Test("with early-ack a write is answered before anybody else has it")
  func earlyAck() {
    var raft = DrivenRaft(of: 5, bugs: ["early-ack"])
    raft.elect()
    #expect(raft.request(write(7)).replies() == [.written])
  }

  @Test(
    "entries of earlier terms are committed only together with one of the leader's own",
    arguments: [false, true])
  func earlierTerms(isPlanted: Bool) {
    var raft = DrivenRaft(of: 3, bugs: isPlanted ? ["commit-old-term"] : [])
    raft.receive(append(term: 1, [entry(1, 1, write(1))]), from: 1)
    raft.elect()
    raft.receive(accepted(term: 2, upTo: 1), from: 1)
    #expect(raft.node.commitIndex == (isPlanted ? 1 : 0))
    raft.receive(accepted(term: 2, upTo: 2), from: 1)
    #expect(raft.node.commitIndex == 2)
  }

  @Test("a follower removes what conflicts and keeps what an old message repeats")
  func conflict() {
    var raft = DrivenRaft(of: 3)
    let old = [entry(1, 1, write(1)), entry(1, 2, write(2)), entry(1, 3, write(3))]
    raft.receive(append(term: 1, old), from: 1)
    raft.receive(append(term: 1, Array(old.prefix(1))), from: 1)
    #expect(raft.node.log.lastIndex == 3)
    let effects = raft.receive(append(term: 2, after: (1, 1), [entry(2, 4, write(4))]), from: 2)
    #expect(raft.node.log.lastIndex == 2 && raft.node.log.term(at: 2) == 2)
    #expect(outcomes(effects) == [.matches(upTo: 2)])
    let restarted = DrivenRaft(of: 3, files: raft.files)
    #expect(restarted.node.log.encoded == raft.node.log.encoded)
    #expect(restarted.node.log.lastChain == raft.node.log.lastChain)
  }

  @Test("a follower says where its log parts from the leader's")
  func hints() {
    var raft = DrivenRaft(of: 3)
    #expect(
      outcomes(raft.receive(append(term: 3, after: (5, 3)), from: 1))
        == [.conflicts(term: 0, hint: 1)])
    raft.receive(
      append(term: 3, [entry(1, 1, write(1)), entry(2, 2, write(2)), entry(2, 3, write(3))]),
      from: 1)
    #expect(
      outcomes(raft.receive(append(term: 3, after: (3, 3)), from: 1))
        == [.conflicts(term: 2, hint: 2)])
  }

  @Test("a leader steps back by terms, and sends the rest at once when the place is found")
  func stepsBack() {
    var raft = DrivenRaft(of: 3, options: ["entries-per-message": "2"])
    let entries = (1...6).map { entry($0 < 4 ? 1 : 3, $0, write($0)) }
    raft.receive(append(term: 3, entries), from: 1)
    raft.elect()
    let conflict = RaftMessage.appended(
      RaftMessage.Appended(
        term: 4, round: 0, previousIndex: 6, outcome: .conflicts(term: 2, hint: 3)))
    let probes = appends(raft.receive(conflict, from: 1))
    #expect(probes.map(\.previousIndex) == [2] && probes.map(\.entries.count) == [2])
    #expect(appends(raft.receive(conflict, from: 1)).isEmpty)
    let rest = appends(raft.receive(accepted(term: 4, upTo: 4), from: 1))
    #expect(rest.map(\.previousIndex) == [4, 6])
  }

  @Test("a lost message is made good after the next heartbeat")
  func lostMessage() {
    var leader = DrivenRaft(of: 3)
    var follower = DrivenRaft(1, of: 3)
    leader.elect()
    leader.request(write(1))
    var messages = toFollower(leader.handle(.timer(.heartbeat)))
    var exchanged = 0
    while let message = messages.first, exchanged < 10 {
      messages.removeFirst()
      exchanged += 1
      for (_, answer) in follower.receive(message, from: 0).sent() {
        messages += toFollower(leader.receive(answer, from: 1))
      }
    }
    #expect(follower.node.log.lastIndex == 2 && leader.node.commitIndex == 2)
  }

  private func toFollower(_ effects: [Effect<Raft>]) -> [RaftMessage] {
    effects.sent().filter { $0.to == 1 }.map(\.message)
  }

  private func outcomes(_ effects: [Effect<Raft>]) -> [RaftMessage.Outcome] {
    effects.sent().compactMap {
      if case .appended(let appended) = $0.message { appended.outcome } else { nil }
    }
  }

  private func appends(_ effects: [Effect<Raft>]) -> [RaftMessage.AppendEntries] {
    effects.sent().compactMap {
      if case .appendEntries(let append) = $0.message { append } else { nil }
    }
  }
}
