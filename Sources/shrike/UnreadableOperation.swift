import ObjectModels

/// An operation of a file that the chosen model can't read, with what to do about it.
struct UnreadableOperation: Error, CustomStringConvertible {
  let file: String
  let model: String
  let error: ModelError

  var description: String {
    let mend =
      switch error.problem {
      case .unknownOperation:
        "choose another --model; `shrike list model \(model)` has its operations"
      case .shape: "mend the line, or choose another --model"
      }
    return "\(file): \(error); \(mend)"
  }
}
