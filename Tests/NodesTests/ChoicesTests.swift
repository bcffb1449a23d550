import Nodes
import Testing
import Values

struct ChoicesTests {
  @Test("an answer that was given replaces the drawn one and shifts no other")
  func overrides() {
    func answers(_ overrides: [UInt64: Int]) -> [Int] {
      var choices = Choices(Draws(seed: 5), overrides: overrides)
      return (0..<20).map { _ in choices.choose(below: 100) }
    }
    let drawn = answers([:])
    let overridden = answers([3: 7, 11: 250])
    #expect(overridden[3] == 7)
    #expect(overridden[11] == 50)
    for number in drawn.indices where number != 3 && number != 11 {
      #expect(drawn[number] == overridden[number])
    }
  }

  @Test("choices are numbered from zero")
  func numbers() {
    var choices = Choices(Draws(seed: 5))
    #expect(choices.count == 0)
    _ = choices.choose(below: 2)
    _ = choices.choose(below: 2)
    #expect(choices.count == 2)
  }

  @Test("given answers come in order, then zeros, and the bounds of all choices are known")
  func givenAnswers() {
    var choices = Choices(answers: [1, 2])
    #expect([2, 3, 4].map { choices.choose(below: $0) } == [1, 2, 0])
    #expect(choices.bounds == [2, 3, 4])
    #expect(choices.count == 3)
  }
}
