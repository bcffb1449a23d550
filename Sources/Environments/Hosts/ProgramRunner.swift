import Environments
import Processes

/// Runs programs where clients stand: a line in, a line out.
package final class ProgramRunner {
  /// What a program does.
  package enum Event {
    case line(String)
    case errorLine(String)
    case ended(String)
  }

  private let agent: AgentConnection?
  private var handlers: [TaskID: (Event) -> Void] = [:]

  init(agent: AgentConnection?) { self.agent = agent }

  /// Starts a program.
  ///
  /// - Parameter handle: Takes what it prints, and that it has ended.
  /// - Returns: The number to write to it by.
  package func start(
    _ words: [String], environment: [String], handle: @escaping (Event) -> Void
  ) throws(HostError) -> Int {
    guard let agent else { throw .client("there is no host for clients' programs") }
    guard let name = words.first else { throw .noTool("") }
    var task = HostTask(
      Program(path: name, arguments: words, environment: environment, directory: nil))
    task.hasInput = true
    let id = try agent.start(task)
    handlers[id] = handle
    return id
  }

  /// Writes a line to a program's standard input.
  package func write(_ line: String, to id: Int) throws(HostError) {
    try agent?.send(.input(id, line))
  }

  func take(_ notice: AgentNotice) {
    switch notice {
    case .output(let id, let line): handlers[id]?(.line(line))
    case .errorOutput(let id, let line): handlers[id]?(.errorLine(line))
    case .exited(let id, let status): handlers.removeValue(forKey: id)?(.ended("\(status)"))
    default: break
    }
  }
}
