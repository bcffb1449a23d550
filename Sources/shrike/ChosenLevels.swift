import Controller
import Isolation
import ObjectModels

/// What --consistency asks for.
struct ChosenLevels {
  /// Levels of transactions, and those of them that single operations are judged by.
  var models: [ConsistencyModel] = []
  /// Levels that the models of single objects decide themselves.
  var ofObjects: [ObjectLevel] = []
  /// Whether all levels are asked for.
  var isLadder = false

  /// - Parameter text: Levels by comma.
  init(_ text: String?) throws {
    let words = (text ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
    if words.contains("ladder") {
      guard words.count == 1 else {
        throw PlanError("--consistency: ladder asks for all levels, and stands alone")
      }
      isLadder = true
      return
    }
    ofObjects = words.compactMap { ObjectLevel(rawValue: $0) }
    do throws(UnknownModel) {
      models = try ConsistencyModel.models(
        named: words.filter { $0 != ObjectLevel.twoAtomic.rawValue })
    } catch {
      throw PlanError("--consistency-models: \(error.description)")
    }
  }

  /// The levels of single operations that are decided as those of transactions are.
  var weak: [ConsistencyModel] {
    get throws {
      try models.filter { ObjectLevel(rawValue: $0.name) == nil }.map { model in
        guard SingleOperationsChecker.levels.contains(model) else {
          let levels =
            ObjectLevel.allCases.map(\.rawValue) + SingleOperationsChecker.levels.map(\.name)
          throw PlanError(
            "--consistency \(model.name): single operations are judged by ladder, "
              + levels.joined(separator: ", "))
        }
        return model
      }
    }
  }

  /// The levels of transactions.
  var ofTransactions: [ConsistencyModel] {
    get throws {
      if ofObjects.contains(.twoAtomic) {
        throw PlanError("--consistency 2-atomic: it is a level of registers, not of transactions")
      }
      return models
    }
  }
}
