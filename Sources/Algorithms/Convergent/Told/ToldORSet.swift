public import Nodes
public import Values

/// An observed-remove set of operations: an add tells a tag, a remove the tags that it saw.
///
/// Shapiro et al., *A comprehensive study of CRDTs* (2011), section 3.3.5. An update's name is
/// its tag. Where a remove may come before the add that it saw, that add stays.
public struct ToldORSet: ToldType {
  public static let description = AlgorithmDescription(
    name: "crdt-or-set-op",
    summary: "An observed-remove set of operations that are told: adds win.",
    promise:
      "A read holds the elements of which an add is visible that no visible remove has seen.",
    assumptions:
      "Operations are delivered once, after all that they have seen. Nodes that fail come "
      + "back; a disk keeps what was synced.",
    paper: "Shapiro et al.: A comprehensive study of CRDTs (2011), section 3.3.5.",
    bugs: [.removeUnseen, .tagReused, .removeOneTag], workloads: ["crdt-or-set"])

  public enum Effect: Hashable, Sendable {
    case add(Value, tag: Dot)
    case remove(Value, tags: [Dot])
  }

  private var tags = SortedMap<Value, SortedSet<Dot>>()

  public init() {}

  public var value: Value { .list(tags.keys) }

  public func effect(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (effect: Effect, result: UpdateResult) {
    let element = update.value
    switch update.f {
    case "add":
      var tag = origin.dot
      // One tag for a node's adds of all times.
      if origin.bugs.contains(.tagReused) { tag.number = 1 }
      return (.add(element, tag: tag), UpdateResult())
    case "remove":
      let observed = tags[element]?.elements ?? []
      let removed = origin.bugs.contains(.removeOneTag) ? Array(observed.prefix(1)) : observed
      return (.remove(element, tags: removed), UpdateResult())
    default: throw .unknown(update)
    }
  }

  public mutating func apply(_ effect: Effect, of dot: Dot, bugs: Set<String>) {
    switch effect {
    case .add(let element, let tag):
      var known = tags[element] ?? SortedSet()
      known.insert(tag)
      tags[element] = known
    case .remove(let element, let removed):
      var known = tags[element] ?? SortedSet()
      for tag in removed { known.remove(tag) }
      tags[element] = known.isEmpty || bugs.contains(.removeUnseen) ? nil : known
    }
  }

  public func encode(into sink: inout some ByteSink) { tags.encode(into: &sink) }
}

extension ToldORSet.Effect: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .add(let element, let tag):
      sink.put(UInt8(0))
      element.encode(into: &sink)
      tag.encode(into: &sink)
    case .remove(let element, let tags):
      sink.put(UInt8(1))
      element.encode(into: &sink)
      sink.put(tags)
    }
  }

  public init?(from source: inout ByteSource) {
    guard let kind = source.byte(), let element = Value(from: &source) else { return nil }
    switch kind {
    case 0:
      guard let tag = Dot(from: &source) else { return nil }
      self = .add(element, tag: tag)
    case 1:
      guard let tags = source.elements(Dot.self) else { return nil }
      self = .remove(element, tags: tags)
    default: return nil
    }
  }
}
