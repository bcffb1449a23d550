import Generators
import Histories
import Testing
import Values

@Suite struct TimetableTests {
  private func line(_ time: Int64, _ thread: Int, _ value: Int) -> Timetable.Line {
    Timetable.Line(
      time: .milliseconds(time), thread: thread, f: "w", value: .integer(value))
  }

  @Test func `operations come at their times, on their threads`() {
    let lines = [line(5, 1, 0), line(1, 0, 1), line(5, 0, 2), line(9, 1, 3)]
    let run = GeneratorSimulation(concurrency: 3).run(
      Timetable(lines, until: .milliseconds(20)))
    #expect(run.invocations.map(\.value) == [1, 0, 2, 3])
    #expect(run.threads == [0, 1, 0, 1])
    #expect(run.invocations.map(\.time) == [1, 5, 5, 9].map { Nanoseconds.milliseconds($0) })
    #expect(run.end == .exhausted)
  }

  @Test func `an operation waits for its thread, and others don't wait for it`() {
    var timetable = Timetable([line(1, 0, 1), line(2, 0, 2), line(3, 1, 3)], until: .seconds(1))
    var context = GeneratorContext(concurrency: 2, time: .milliseconds(4))
    context.idle.remove(0)
    guard case .invocation(let first) = timetable.next(context) else {
      Issue.record("nothing")
      return
    }
    #expect(first.thread == 1 && first.value == 3)
    context.idle.insert(0)
    guard case .invocation(let second) = timetable.next(context) else {
      Issue.record("nothing")
      return
    }
    #expect(second.thread == 0 && second.value == 1)
  }

  @Test func `it is over at its end, be something left or not`() {
    var timetable = Timetable([line(1, 0, 1), line(30, 0, 2)], until: .milliseconds(20))
    var context = GeneratorContext(concurrency: 1, time: .milliseconds(1))
    guard case .invocation(let first) = timetable.next(context) else {
      Issue.record("nothing")
      return
    }
    #expect(first.value == 1)
    // Until then it has nothing to say before the end comes, or another event.
    guard case .invocation(let rest) = timetable.next(context) else {
      Issue.record("nothing")
      return
    }
    #expect(rest.action == .sleep(0) && rest.time == .milliseconds(20))
    context.idle.remove(rest.thread)
    context.time = .milliseconds(20)
    #expect(timetable.next(context) == .exhausted)
  }
}
