import Nodes
import Values

extension Universe {
  @usableFromInline
  func text(ofMessage number: UInt32) -> String { plain("\(messages[Int(number)].message)") }

  @usableFromInline
  func kind(ofMessage number: UInt32) -> String { messages[Int(number)].message.kind }

  @usableFromInline
  func text(ofTimer place: UInt32) -> String { "\(timerCases[Int(place)])" }

  @usableFromInline
  func text(ofRequest client: Int, number: Int) -> String {
    plain("\(settings.script[client][number].request)")
  }

  @usableFromInline
  func text(ofClientEvent number: UInt32) -> String {
    switch clientEvents[Int(number)] {
    case .isAnswered(let id, let reply): "answers client \(id.client): \(plain("\(reply)"))"
    case .begins, .crashes: ""
    }
  }

  @usableFromInline
  func status(ofProcess number: UInt32) -> String {
    let process = processes[Int(number)]
    return process.isUp ? process.node.status : "down"
  }

  @usableFromInline
  func source(ofMessage number: UInt32) -> Int { messages[Int(number)].source.index }

  @usableFromInline
  func nextCall(of client: Int, in clients: UInt32) -> Int {
    clientStates[Int(clients)].calls[client].count
  }

  /// A description without the names of modules and types that qualify others: they are noise here.
  private func plain(_ text: String) -> String {
    var plain = ""
    var word = ""
    for character in text {
      if character == ".", word.first?.isLetter == true {
        word = ""
      } else if character.isLetter || character.isNumber || character == "_" {
        word.append(character)
      } else {
        plain += word
        plain.append(character)
        word = ""
      }
    }
    return plain + word
  }
}
