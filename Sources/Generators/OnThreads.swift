public import Histories

/// Its child, restricted to some threads: it sees and uses no others, and gets no updates of theirs.
public struct OnThreads: Generator {
  private enum Selection: Sendable {
    case clients
    case nemesis
    case set(ThreadSet)
  }

  private var child: any Generator
  private let selection: Selection

  /// Restricts a generator to the given threads.
  public init(_ threads: ThreadSet, _ child: any Generator) {
    selection = .set(threads)
    self.child = child
  }

  private init(_ selection: Selection, _ child: any Generator) {
    self.selection = selection
    self.child = child
  }

  /// Restricts a generator to the threads of clients.
  public static func clients(_ child: any Generator) -> OnThreads { OnThreads(.clients, child) }

  /// Restricts a generator to the nemesis's thread.
  public static func nemesis(_ child: any Generator) -> OnThreads { OnThreads(.nemesis, child) }

  private func view(_ context: GeneratorContext) -> GeneratorContext {
    switch selection {
    case .clients:
      var view = context
      view.threads.remove(context.nemesis)
      return view
    case .nemesis:
      return context.restricted(to: ThreadSet(CollectionOfOne(context.nemesis)))
    case .set(let threads):
      return context.restricted(to: threads)
    }
  }

  private func includes(_ thread: Int, _ context: GeneratorContext) -> Bool {
    switch selection {
    case .clients: thread != context.nemesis
    case .nemesis: thread == context.nemesis
    case .set(let threads): threads.contains(thread)
    }
  }

  public mutating func next(_ context: GeneratorContext) -> Offer { child.next(view(context)) }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    guard includes(thread, context) else { return }
    child.update(event, thread: thread, view(context))
  }
}

/// Clients' operations from one generator, and where given the nemesis's from another.
public struct Clients: Generator {
  private var child: any Generator

  public init(_ clients: any Generator, nemesis: (any Generator)? = nil) {
    let clients = OnThreads.clients(clients)
    child = nemesis.map { AnyOf(clients, OnThreads.nemesis($0)) } ?? clients
  }

  public mutating func next(_ context: GeneratorContext) -> Offer { child.next(context) }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
  }
}

/// The nemesis's operations from one generator, and where given clients' from another.
public struct NemesisOnly: Generator {
  private var child: any Generator

  public init(_ nemesis: any Generator, clients: (any Generator)? = nil) {
    let nemesis = OnThreads.nemesis(nemesis)
    child = clients.map { AnyOf(nemesis, OnThreads.clients($0)) } ?? nemesis
  }

  public mutating func next(_ context: GeneratorContext) -> Offer { child.next(context) }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
  }
}
