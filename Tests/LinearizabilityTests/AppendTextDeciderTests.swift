import Linearizability
import Testing

/// A text whose reads answer the text itself.
struct PlainText: SequentialObject {
  enum Operation: Hashable, Sendable {
    case read(String)
    case write(String)
    case append(String)
  }

  var initial = ""

  func step(_ state: String, _ operation: Operation) -> String? {
    switch operation {
    case .read(let text): text == state ? state : nil
    case .write(let text): text
    case .append(let text): state + text
    }
  }

  /// The same history with the texts by number.
  func numbered(
    _ history: ObjectHistory<Operation>
  ) -> (AppendText, ObjectHistory<AppendText.Operation>) {
    var texts: [[UInt8]] = []
    func number(_ text: String) -> Int32 {
      let bytes = Array(text.utf8)
      if let known = texts.firstIndex(of: bytes) { return Int32(known) }
      texts.append(bytes)
      return Int32(texts.count - 1)
    }
    let numbered = history.map { operation -> AppendText.Operation in
      switch operation {
      case .append(let text): .append(number(text))
      case .write(let text): .write(number(text))
      case .read(let text): .read(number(text))
      }
    }
    return (AppendText(texts: texts, initial: Array(initial.utf8)), numbered)
  }
}

@Suite("The order of a text that is appended to and written anew")
struct AppendTextDeciderTests {
  private typealias Timed = (PlainText.Operation, from: Int, to: Int?)

  /// The operations of the certificate; 0 where the history is linearizable.
  private func size(_ operations: [Timed], initial: String = "") -> Int? {
    let (object, history) = PlainText(initial: initial).numbered(history(operations))
    switch object.decide(history) {
    case nil: return nil
    case .linearizable: return 0
    case .nonlinearizable(let certificate):
      let part = history.part(certificate.fates(count: history.count))
      #expect(Judge(object, usesDeciders: false).judge([part]).invalid != nil)
      return part.count
    }
  }

  @Test("a read that lacks what was appended before it takes two operations to show")
  func staleRead() {
    let appends: [Timed] = [(.append("a"), 0, 1), (.append("b"), 2, 3)]
    #expect(size(appends + [(.read("a"), 4, 5)]) == 3)
    #expect(size(appends + [(.read("b"), 4, 5)]) == 3)
    #expect(size(appends + [(.read(""), 4, 5)]) == 2)
    #expect(size(appends + [(.read("ab"), 4, 5)]) == 0)
    #expect(size(appends + [(.read("ba"), 4, 5)]) == 3)
  }

  @Test("texts from nowhere, twice, or in two orders are not linearizable")
  func answers() {
    let appends: [Timed] = [(.append("a"), 0, 8), (.append("b"), 1, 9)]
    #expect(size(appends + [(.read("ac"), 4, 5)]) == 1)
    #expect(size(appends + [(.read("aa"), 4, 5)]) == 2)
    #expect(size(appends + [(.read("ab"), 2, 5), (.read("ba"), 3, 6)]) == 4)
    #expect(size(appends + [(.read("ab"), 2, 5)], initial: "x") == 1)
    #expect(size(appends + [(.read("xab"), 2, 5)], initial: "x") == 0)
  }

  @Test("a write begins a new text, and none of the old one returns")
  func blocks() {
    let write: Timed = (.write("w"), 2, 3)
    #expect(size([(.append("a"), 0, 1), write, (.read("w"), 4, 5)]) == 0)
    #expect(size([(.append("a"), 0, 1), write, (.read("wa"), 4, 5)]) == 3)
    #expect(size([(.append("a"), 0, 1), write, (.read("a"), 4, 5)]) == 3)
    #expect(size([(.append("a"), 0, 6), write, (.read("wa"), 4, 5)]) == 0)
    #expect(
      size([
        (.append("a"), 1, 9), write, (.read("wa"), 4, 5), (.write("v"), 0, nil),
        (.read("va"), 7, 8),
      ]) == 5)
  }

  @Test("what nobody read comes before or after what was read together")
  func unread() {
    let read: [Timed] = [(.append("a"), 2, 3), (.read("a"), 6, 7)]
    #expect(size(read + [(.append("b"), 4, 5)]) == 3)
    #expect(size(read + [(.append("b"), 4, 8)]) == 0)
    #expect(size(read + [(.append("b"), 0, 1)]) == 3)
    #expect(size(read + [(.write("w"), 0, 1)]) == 3)
    #expect(size(read + [(.write("w"), 4, nil), (.append(""), 4, 5)]) == 0)
  }

  @Test("texts that can be made in several ways are left to the search")
  func premise() {
    let appends: [Timed] = [(.append("a"), 0, 1), (.append("b"), 2, 3)]
    #expect(size(appends + [(.append("ab"), 4, 5), (.read("ab"), 6, 7)]) == nil)
    #expect(size([(.append("a"), 0, 1), (.write("a"), 2, 5), (.read("a"), 4, 6)]) == nil)
    #expect(size([(.append("a"), 0, 1), (.write("a"), 2, 3), (.read("a"), 4, 5)]) == 0)
    #expect(size([(.write("w"), 0, 1), (.write("w"), 2, 3), (.read("w"), 4, 5)]) == nil)
  }

  @Test("of several appends of one text those are tried that time allows")
  func rivals() {
    let appends: [Timed] = [(.append("a"), 0, 1), (.append("b"), 2, 3), (.append("a"), 4, 5)]
    #expect(size(appends + [(.read("aba"), 6, 7)]) == 0)
    #expect(size(appends + [(.read("ab"), 6, 7)]) == 4)
    #expect(size(appends + [(.read("aab"), 6, 7)]) == 4)
    #expect(size(appends + [(.write("w"), 6, 7), (.read("wa"), 8, 9)]) == 4)
    let write: [Timed] = [(.write("w"), 4, 5), (.append("a"), 2, 9), (.read("wa"), 6, 8)]
    #expect(size([(.append("a"), 0, 1)] + write) == 0)
    #expect(size([(.append("a"), 0, nil)] + write) == 0)
  }

  @Test(
    "it agrees with the definition and the search on random histories",
    arguments: [
      (writes: 0, ambiguous: 0), (writes: 12, ambiguous: 0), (writes: 30, ambiguous: 6),
      (writes: 8, ambiguous: 40),
    ])
  func twins(writes: Int, ambiguous: Int) {
    let scenes = [
      Scene(), Scene(clients: 3, operations: 9, crashes: 0, lies: 10),
      Scene(clients: 6, operations: 7, crashes: 30), Scene(clients: 4, operations: 8, lies: 6),
    ]
    var tally = Tally()
    for number in 0..<twinCount {
      var dice = Dice(seed: UInt64(number))
      let plain = PlainText(initial: number % 3 == 0 ? "i" : "")
      let letters = Array("abcdefghjk")
      var last = 0
      let history = randomHistory(of: plain, scenes[number % 4], &dice) { state, dice in
        let isFresh = !dice.chance(ambiguous)
        if isFresh { last += 1 }
        let letter = String(letters[last % 10])
        let text = isFresh || dice.chance(50) ? letter : letter + String(letters[dice.below(3)])
        switch dice.below(100) {
        case ..<writes: return PlainText.Operation.write(text)
        case ..<50: return .append(text)
        default:
          if dice.chance(97) { return .read(state) }
          return .read(dice.chance(50) ? String(state.reversed()) : state + letter)
        }
      }
      let (object, numbered) = plain.numbered(history)
      compareDecider(of: object, on: numbered, &tally, name: "\(number)")
    }
    tally.expectBothKinds(undecidedAtMost: 20)
  }
}
