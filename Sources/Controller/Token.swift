import Values

/// A simulated run in a word: the encoded options that are not standard, its seed and its build.
public enum Token {
  /// Tokens begin with this, so that people and programs know one.
  static let prefix = "s1"

  public static func encode(_ plan: Plan) -> String {
    SealedText.encode(Array(plan.distinctive.json.utf8), prefix: prefix)
  }

  /// - Throws: When the text is no token, or not a whole one.
  public static func decode(_ token: String) throws(PlanError) -> Plan {
    let text: [UInt8]
    do { text = try SealedText.decode(token, prefix: prefix) } catch {
      throw switch error {
      case .isForeign: PlanError("\"\(token)\" is no token, run or plan")
      case .isDamaged: PlanError("the token is damaged, or not the whole of one")
      }
    }
    do {
      return try Plan(value: Value(json: text))
    } catch let error as PlanError {
      throw error
    } catch {
      throw PlanError("the token is damaged: \(error)")
    }
  }
}
