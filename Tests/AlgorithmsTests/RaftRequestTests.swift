import Algorithms
import Nodes
import Testing
import Values

@Suite("Raft's reads")
struct RaftReadTests {
  @Test("a read waits for an entry of the leader's own term and for a round that began after it")
  func readIndex() {
    var raft = DrivenRaft(of: 3)
    raft.elect()
    let asked = raft.request(.read(key: "x"))
    #expect(rounds(asked) == [1, 1] && asked.replies().isEmpty)
    // The round is confirmed, but nothing of this term is committed.
    #expect(raft.receive(accepted(term: 1, upTo: 0, round: 1), from: 1).replies().isEmpty)
    #expect(raft.receive(accepted(term: 1, upTo: 1, round: 1), from: 1).replies().count == 1)
    // Answers to messages from before the next read confirm nothing.
    #expect(raft.request(.read(key: "x"), number: 2).replies().isEmpty)
    #expect(raft.receive(accepted(term: 1, upTo: 1, round: 1), from: 2).replies().isEmpty)
    #expect(raft.receive(accepted(term: 1, upTo: 1, round: 2), from: 2).replies().count == 1)
  }

  @Test("reads that come while a round runs share the next one")
  func batching() {
    var raft = DrivenRaft(of: 3)
    raft.elect()
    raft.receive(accepted(term: 1, upTo: 1), from: 1)
    #expect(rounds(raft.request(.read(key: "x"), client: 1)) == [1, 1])
    #expect(rounds(raft.request(.read(key: "x"), client: 2)).isEmpty)
    #expect(rounds(raft.request(.read(key: "x"), client: 3)).isEmpty)
    let first = raft.receive(accepted(term: 1, upTo: 1, round: 1), from: 1)
    #expect(first.replies().count == 1 && rounds(first) == [2, 2])
    #expect(raft.receive(accepted(term: 1, upTo: 1, round: 2), from: 1).replies().count == 2)
  }

  @Test("with stale-reads a leader answers at once")
  func staleReads() {
    var raft = DrivenRaft(of: 3, bugs: ["stale-reads"])
    raft.elect()
    #expect(raft.request(.read(key: "x")).replies().count == 1)
  }

  @Test("a leader that steps down refuses the reads that wait")
  func refusal() {
    var raft = DrivenRaft(of: 3)
    raft.elect()
    raft.request(.read(key: "x"))
    raft.receive(.forward(RequestID(client: 2, number: 1), .read(key: "x")), from: 2)
    let effects = raft.receive(requestVote(term: 5, last: (9, 9)), from: 2)
    #expect(codes(effects.replies()) == [.temporarilyUnavailable])
    #expect(effects.sent().map(\.message.kind).contains("answer"))
  }

  private func rounds(_ effects: [Effect<Raft>]) -> [Int] {
    effects.sent().compactMap {
      if case .appendEntries(let append) = $0.message { append.round } else { nil }
    }
  }
}

func codes(_ replies: [Reply]) -> [ErrorCode] {
  replies.compactMap { if case .failed(let error) = $0 { error.code } else { nil } }
}

@Suite("Raft's requests")
struct RaftRequestTests {
  @Test("without a leader a request is refused, and stays refused when its copy comes late")
  func refused() {
    var raft = DrivenRaft(of: 3)
    #expect(codes(raft.request(write(1)).replies()) == [.temporarilyUnavailable])
    #expect(codes(raft.request(.read(key: "x"), client: 2).replies()) == [.temporarilyUnavailable])
    raft.receive(append(term: 1), from: 1)
    let late = raft.request(write(1))
    #expect(late.sent().isEmpty && codes(late.replies()) == [.temporarilyUnavailable])
    #expect(raft.request(write(2), number: 2).sent().map(\.message.kind) == ["forward"])
  }

  @Test("a request that was handed on is never refused")
  func neverRefused() {
    var raft = DrivenRaft(of: 3)
    raft.receive(append(term: 1), from: 1)
    #expect(raft.request(write(1)).sent().map(\.to) == [1])
    raft.handle(.timer(.election))
    #expect(raft.request(write(1)).replies().isEmpty)
    var deposed = DrivenRaft(of: 3)
    let id = RequestID(client: 1, number: 1)
    #expect(deposed.receive(.forward(id, write(1)), from: 2).isEmpty)
  }

  @Test("a forwarded request is answered to the node that has the client")
  func forwarded() {
    var raft = DrivenRaft(of: 3)
    raft.elect()
    let id = RequestID(client: 4, number: 1)
    raft.receive(.forward(id, write(1)), from: 2)
    let effects = raft.receive(accepted(term: 1, upTo: 2), from: 1)
    #expect(effects.replies().isEmpty)
    #expect(effects.sent().contains { $0.to == 2 && $0.message == .answer(id, .written) })
    var follower = DrivenRaft(2, of: 3)
    #expect(follower.receive(.answer(id, .written), from: 0).replies() == [.written])
  }

  @Test("a copy of a request is neither appended nor applied again")
  func duplicates() {
    var raft = DrivenRaft(of: 3)
    raft.elect()
    let id = RequestID(client: 4, number: 1)
    for _ in 0..<3 { raft.receive(.forward(id, write(1)), from: 2) }
    #expect(raft.node.log.lastIndex == 2)
    raft.receive(accepted(term: 1, upTo: 2), from: 1)
    let copy = raft.receive(.forward(id, write(1)), from: 1)
    #expect(copy.sent().map(\.message) == [.answer(id, .written)])
    #expect(raft.node.log.lastIndex == 2)
    raft.request(write(2), client: 4, number: 2)
    #expect(raft.request(write(1), client: 4, number: 1).isEmpty)
  }

  @Test("a new leader recognizes a request in its log that is not applied yet")
  func recalled() {
    var raft = DrivenRaft(of: 3)
    raft.receive(append(term: 1, [entry(1, 7, write(1))]), from: 1)
    raft.elect()
    raft.receive(.forward(RequestID(client: 7, number: 1), write(1)), from: 2)
    #expect(raft.node.log.lastIndex == 2)
    let done = raft.receive(accepted(term: 2, upTo: 2), from: 1)
    #expect(done.sent().contains { $0.to == 2 && $0.message.kind == "answer" })
  }

  @Test("compare-and-set tells a missing key from another value, and can create")
  func compareAndSet() {
    var raft = DrivenRaft(of: 1)
    var answers: [Reply] = []
    func run(_ effects: [Effect<Raft>]) {
      answers += effects.replies()
      for case .sync(let token?) in effects { run(raft.handle(.completed(token, .done))) }
    }
    run(raft.handle(.timer(.election)))
    func cas(_ from: Int, _ to: Int, _ number: Int, creates: Bool = false) {
      run(
        raft.request(
          .compareAndSet(
            key: "x", from: .integer(from), to: .integer(to), createIfMissing: creates),
          number: number))
    }
    cas(1, 2, 1)
    cas(1, 2, 2, creates: true)
    cas(1, 3, 3)
    cas(2, 3, 4)
    run(raft.request(.read(key: "x"), number: 5))
    #expect(codes(answers) == [.keyDoesNotExist, .preconditionFailed])
    #expect(
      answers.filter { codes([$0]).isEmpty }
        == [.compareAndSetDone, .compareAndSetDone, .value(3)])
  }

  @Test("what Raft does not know is refused as such")
  func unknown() {
    var raft = DrivenRaft(of: 3)
    #expect(codes(raft.request(.generate).replies()) == [.notSupported])
  }
}
