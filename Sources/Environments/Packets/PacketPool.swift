/// Memory for packets, in places of one size, taken and given back without asking the system.
///
/// It grows as far as its limit and does not shrink.
struct PacketPool: ~Copyable {
  typealias Place = Int32

  /// How many places are made at a time.
  private static let chunk = 256

  let placeSize: Int
  private let limit: Int
  private var chunks: [UnsafeMutableRawPointer] = []
  private var free: [Place] = []
  /// How often each place is still to be given back.
  private var uses: [UInt8] = []

  /// - Parameters:
  ///   - placeSize: The bytes of the longest packet.
  ///   - limit: How many places there can be.
  init(placeSize: Int, limit: Int) {
    self.placeSize = placeSize
    self.limit = limit
  }

  deinit { for chunk in chunks { chunk.deallocate() } }

  /// A place for a packet; nothing where all are taken.
  mutating func take() -> Place? {
    if free.isEmpty { grow() }
    guard let place = free.popLast() else { return nil }
    uses[Int(place)] = 1
    return place
  }

  /// Has a place be given back twice.
  mutating func share(_ place: Place) { uses[Int(place)] += 1 }

  mutating func giveBack(_ place: Place) {
    uses[Int(place)] -= 1
    if uses[Int(place)] == 0 { free.append(place) }
  }

  subscript(place: Place) -> UnsafeMutableRawPointer {
    let (chunk, offset) = Int(place).quotientAndRemainder(dividingBy: PacketPool.chunk)
    return chunks[chunk] + offset * placeSize
  }

  private mutating func grow() {
    let count = min(PacketPool.chunk, limit - uses.count)
    guard count > 0 else { return }
    chunks.append(.allocate(byteCount: PacketPool.chunk * placeSize, alignment: 16))
    let first = uses.count
    uses += repeatElement(0, count: count)
    free += (first..<first + count).reversed().map { Place($0) }
  }
}
