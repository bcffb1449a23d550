package import Verdicts

extension TransactionAnalysis {
  /// The models that can be decided of such transactions, whatever their order of versions is.
  package var rungs: [ConsistencyModel] {
    ConsistencyModel.allCases.filter { model in
      guard model.isDecidedByVersions || model.isDecidedByCommits || model.isGuarantee else {
        return false
      }
      guard transactions.isTimed || !model.isTimed else { return false }
      if transactions.kind == .listAppend, [.causal, .causalMemory, .pram].contains(model) {
        // Of lists these are known where they follow from others.
        if case .undecided = decisions[model] { return false }
      }
      return true
    }
  }

  /// What was found against a model, the worst first.
  package func anomaly(against model: ConsistencyModel) -> Anomaly? {
    incidents.phenomena.first(where: model.prohibited.contains)
      .map { incidents.anomaly($0, in: transactions) }
  }
}
