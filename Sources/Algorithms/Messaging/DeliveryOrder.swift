public import Nodes
public import Values

/// The order in which a node delivers what reaches it, where it can tell by itself.
public protocol DeliveryOrder: Hashable, Sendable, StablyEncodable {
  /// What a message carries so that its receivers can tell.
  associatedtype Stamp: StablyCodable & Hashable & Sendable
  associatedtype Vocabulary: BroadcastVocabulary = DeliveryVocabulary

  /// What a system that delivers in this order is.
  static var description: AlgorithmDescription { get }
  /// Whether a node sends on what it gets, as if it had broadcast it.
  static var relays: Bool { get }

  init(_ configuration: Configuration)

  /// The stamp of the next message of this node.
  mutating func stamp(_ dot: Dot, of content: Value) -> Stamp

  /// Takes in a message that is new here, and gives those that can be delivered now, in their order.
  mutating func admit(_ post: Post<Stamp>) -> [Post<Stamp>]
}

/// Messages that wait for others, in the order in which they came.
struct WaitingPosts<Stamp: StablyCodable & Hashable & Sendable>: Hashable, Sendable,
  StablyEncodable
{
  private var posts: [Post<Stamp>] = []

  mutating func add(_ post: Post<Stamp>) { posts.append(post) }

  /// Takes out the first message that need not wait any more, if there is one.
  mutating func next(where isReady: (Post<Stamp>) -> Bool) -> Post<Stamp>? {
    guard let place = posts.firstIndex(where: isReady) else { return nil }
    return posts.remove(at: place)
  }

  func encode(into sink: inout some ByteSink) { sink.put(posts) }
}
