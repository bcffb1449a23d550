package import NIOCore
import NIOPosix

/// What happens to a connection that carries frames.
package enum ConnectionEvent {
  case opened
  /// A frame came; its bytes are valid only now.
  case frame(UnsafeRawBufferPointer)
  /// What had been sent was taken, so that there is room for more.
  case drained
  /// The connection has ended, and why.
  case closed(String)
}

/// A TCP connection that carries frames; all of it happens on its channel's event loop.
///
/// Frames that are sent leave together at the next ``flush()``. While the other side takes too little
/// of what it is sent, nothing more is read from it.
package final class FrameConnection: ChannelDuplexHandler {
  package typealias InboundIn = ByteBuffer
  package typealias OutboundIn = ByteBuffer
  package typealias OutboundOut = ByteBuffer

  /// So much that the other side did not take stops reading from it, half of it goes on.
  package static let unsentCountMax = 1 << 20

  package let handle: (FrameConnection, ConnectionEvent) -> Void
  package var reader: FrameReader
  /// What is sent by the next flush.
  private var batch = ByteBuffer()
  /// What the system has not taken yet.
  private var flushedCount = 0
  private var isFull = false
  private var isReadHeldBack = false
  private var context: ChannelHandlerContext?
  /// Why a connection ended that nobody here ended.
  package static let endedByOther = "the other side ended it"
  private var reason = endedByOther
  package private(set) var isOpen = false
  /// Whom it is with, for people.
  package private(set) var other = "somebody"

  package init(
    frameCountMax: Int = Frame.countMax,
    handle: @escaping (FrameConnection, ConnectionEvent) -> Void
  ) {
    self.handle = handle
    reader = FrameReader(countMax: frameCountMax)
  }

  /// Whether both ends are one socket, as may be where a port that nobody listens on is dialed from
  /// that very port.
  package var isWithItself: Bool {
    guard let channel = context?.channel else { return false }
    return channel.localAddress == channel.remoteAddress
  }

  /// How many bytes were sent and not taken.
  package var unsentCount: Int { flushedCount + batch.readableBytes }

  /// Whether more should be sent only after ``ConnectionEvent/drained``.
  package var hasRoom: Bool { unsentCount < FrameConnection.unsentCountMax }

  package func send(_ message: some Collection<UInt8>) {
    guard isOpen else { return }
    Frame.write(message, into: &batch)
  }

  package func flush() {
    guard isOpen, let context, batch.readableBytes > 0 else { return }
    // All is settled before the write, which may be done before it returns, and be followed by more.
    let bytes = batch
    batch = ByteBuffer()
    flushedCount += bytes.readableBytes
    isFull = isFull || flushedCount >= FrameConnection.unsentCountMax
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenComplete { [self] _ in
      wasTaken(bytes.readableBytes)
    }
    context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
  }

  private func wasTaken(_ count: Int) {
    flushedCount -= count
    guard isOpen, isFull, flushedCount <= FrameConnection.unsentCountMax / 2 else { return }
    isFull = false
    handle(self, .drained)
    guard isReadHeldBack, !isFull else { return }
    isReadHeldBack = false
    context?.read()
  }

  /// Ends the connection.
  package func close(because reason: String) {
    guard isOpen else { return }
    self.reason = reason
    end()
    context?.close(promise: nil)
  }

  private func end() {
    guard isOpen else { return }
    isOpen = false
    handle(self, .closed(reason))
  }
}

// MARK: Being a channel's handler

extension FrameConnection {
  package func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { open() }
  }

  package func handlerRemoved(context: ChannelHandlerContext) {
    end()
    self.context = nil
  }

  package func channelActive(context: ChannelHandlerContext) { open() }

  private func open() {
    guard !isOpen else { return }
    isOpen = true
    if let address = context?.remoteAddress, let host = address.ipAddress, let port = address.port {
      other = "\(NetworkAddress(host: host, port: port))"
    }
    handle(self, .opened)
  }

  package func channelInactive(context: ChannelHandlerContext) { end() }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    reader.append(unwrapInboundIn(data))
    do throws(FrameReader.Oversize) {
      while isOpen, let frame = try reader.next() {
        frame.withUnsafeReadableBytes { handle(self, .frame($0)) }
      }
    } catch {
      close(because: error.description)
    }
  }

  package func read(context: ChannelHandlerContext) {
    if isFull { isReadHeldBack = true } else { context.read() }
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    close(because: text(of: error))
  }
}

/// What went wrong, in the system's words where it has some.
package func text(of error: any Error) -> String {
  switch error {
  case let error as IOError: systemText(error.errnoCode)
  case let error as NIOConnectionError:
    error.connectionErrors.first.map { text(of: $0.error) } ?? "there is no host \(error.host)"
  case SocketAddressError.unknown(let host, _): "there is no host \(host)"
  case ChannelError.connectTimeout: "no answer in time"
  default: "\(error)"
  }
}
