/// A picture of what parties sent each other: a column for each of them, time downwards.
///
/// After Lamport's space-time diagrams (*Time, Clocks, and the Ordering of Events in a Distributed
/// System*, 1978). It knows nothing of what it shows: its moments may be times of a simulation or steps
/// of an exploration. Everything that happens has a moment of its own, and moments are in the order in
/// which things happened, also where they share a position in time.
public struct SpaceTimeDiagram: Hashable, Sendable {
  public struct Column: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      case client
      case node
      case service
    }

    public var name: String
    public var kind: Kind

    public init(_ name: String, _ kind: Kind) {
      self.name = name
      self.kind = kind
    }
  }

  public struct Moment: Hashable, Sendable {
    /// Where it is on the time's axis, in whatever unit; never before that of an earlier moment.
    public var position: Int64
    /// The position for people.
    public var label: String

    public init(_ position: Int64, _ label: String) {
      self.position = position
      self.label = label
    }
  }

  /// A message from column to column.
  public struct Arrow: Hashable, Sendable {
    public enum End: Hashable, Sendable {
      case received(at: Int)
      case lost(at: Int, reason: String)
      /// It was on its way when the picture ends.
      case open
    }

    public var source: Int
    public var destination: Int
    /// The moment in which it was sent.
    public var sent: Int
    public var end: End
    /// A word: `append-entries`.
    public var label: String
    /// What it carries.
    public var text: String
    /// Whether it may have influenced what the picture is about.
    public var isRelevant = true

    public init(
      from source: Int, to destination: Int, sent: Int, end: End, label: String, text: String
    ) {
      self.source = source
      self.destination = destination
      self.sent = sent
      self.end = end
      self.label = label
      self.text = text
    }

    /// The last of its moments.
    var lastMoment: Int {
      switch end {
      case .received(let moment), .lost(let moment, _): moment
      case .open: sent
      }
    }
  }

  /// A client's operation, from its invocation to its completion.
  public struct Bar: Hashable, Sendable {
    public var column: Int
    public var start: Int
    /// Nothing where it never completed.
    public var end: Int?
    /// What was asked, and what came of it.
    public var label: String
    public var outcome: String
    /// Whether the picture is about it.
    public var isCentral: Bool

    public init(
      _ column: Int, start: Int, end: Int?, label: String, outcome: String, isCentral: Bool
    ) {
      self.column = column
      self.start = start
      self.end = end
      self.label = label
      self.outcome = outcome
      self.isCentral = isCentral
    }
  }

  /// Something that happened in one column, or to all of them.
  public struct Note: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      /// Why the column sends what it sends next: a timer.
      case cause
      case event
      case crash
      case start
      case pause
      case resume
      case role
      case fault
      /// Something that must never happen.
      case violation
    }

    /// Nothing where it concerns all.
    public var column: Int?
    public var moment: Int
    public var kind: Kind
    public var label: String
    /// More of it, where there is more to say.
    public var text: String

    public init(
      _ column: Int?, at moment: Int, _ kind: Kind, _ label: String, text: String = ""
    ) {
      self.column = column
      self.moment = moment
      self.kind = kind
      self.label = label
      self.text = text
    }
  }

  /// A while in which a column is not as it should be.
  public struct Span: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      case down
      case paused
    }

    public var column: Int
    public var start: Int
    /// Nothing where it lasts to the end of the picture.
    public var end: Int?
    public var kind: Kind

    public init(_ column: Int, from start: Int, to end: Int?, _ kind: Kind) {
      self.column = column
      self.start = start
      self.end = end
      self.kind = kind
    }
  }

  /// What the picture shows, in a line.
  public var title: String
  /// What positions count: `ms`.
  public var unit: String
  public var columns: [Column]
  public var moments: [Moment] = []
  /// In the order of their sending.
  public var arrows: [Arrow] = []
  public var bars: [Bar] = []
  /// In the order of their moments.
  public var notes: [Note] = []
  public var spans: [Span] = []
  /// After this moment nothing matters to what the picture is about; nothing where all may matter.
  public var horizon: Int?

  public init(_ title: String, unit: String, columns: [Column] = []) {
    self.title = title
    self.unit = unit
    self.columns = columns
  }

  /// Adds a moment that is later than all others, and says which it is.
  public mutating func addMoment(_ position: Int64, _ label: String) -> Int {
    precondition(
      moments.last.map { $0.position <= position } ?? true, "\(position) is before its predecessor")
    moments.append(Moment(position, label))
    return moments.count - 1
  }

  /// How many messages can't have influenced what the picture is about.
  public var irrelevantCount: Int { arrows.count { !$0.isRelevant } }
}
