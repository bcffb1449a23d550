import Glibc
public import Values

/// The number of a value in a ``ValueTable``: equal values have equal codes.
///
/// An integer that fits 31 bits is its own code, so that most values of most histories need no
/// table.
public struct ValueCode: Hashable, Sendable {
  /// An integer's value × 2, or the number of a value of the table × 2 + 1.
  public let raw: Int32

  /// The code that another one's `raw` is of.
  @inlinable
  public init(raw: Int32) { self.raw = raw }

  @inline(__always)
  init(number: Int) { raw = Int32(truncatingIfNeeded: number << 1 | 1) }

  /// The code of null, in every table.
  public static let null = ValueCode(raw: 1)

  /// The integer, when this is a small one.
  @inlinable
  public var integer: Int? { raw & 1 == 0 ? Int(raw >> 1) : nil }

  /// The number in the table, when this is no small integer.
  @inlinable
  public var number: Int? { raw & 1 == 1 ? Int(UInt32(bitPattern: raw) >> 1) : nil }

  /// The code of an integer that fits 31 bits.
  @inlinable
  public init?(_ integer: Int) {
    guard integer >= -(1 << 30), integer < 1 << 30 else { return nil }
    raw = Int32(truncatingIfNeeded: integer << 1)
  }
}

/// Values as small numbers: each distinct value once, lists as the codes of their elements, texts
/// as their bytes.
public struct ValueTable: Sendable {
  /// What a numbered value is; null, false and true have the numbers 0, 1 and 2 in every table.
  @usableFromInline
  enum Kind: UInt8, Sendable {
    case null
    case `false`
    case `true`
    /// An integer beyond 31 bits, which is the entry's `start`.
    case integer
    /// A range of `bytes`.
    case string
    case keyword
    case symbol
    /// A range of `elements`.
    case list
    /// A place in `others`, which is the entry's `start`.
    case other
  }

  @usableFromInline
  struct Entry: Sendable {
    @usableFromInline var start: Int
    @usableFromInline var count: UInt32
    @usableFromInline var kind: Kind
  }

  private(set) var entries: [Entry]
  private(set) var elements: [ValueCode] = []
  private(set) var bytes: [UInt8] = []
  private(set) var others: [Value] = []
  private var numbersOfOthers: [Value: Int] = [:]
  /// Open addressing: a hash in the upper half and a number + 1 in the lower, or 0.
  private var slots: [UInt64] = []
  private var hashedCount = 0
  /// Whether some lists have no slot.
  private var isIncomplete = false
  /// So many that slots are made anew before one is looked for.
  private static let incompleteCount = Int.max >> 8

  public init() {
    entries = [Kind.null, .false, .true].map { Entry(start: 0, count: 0, kind: $0) }
  }

  /// The number of distinct values that are no small integers.
  public var count: Int { entries.count }

  /// The code of a value, which is added where it is new.
  public mutating func code(of value: Value) -> ValueCode {
    switch value {
    case .null: return .null
    case .bool(let flag): return ValueCode(number: flag ? 2 : 1)
    case .integer(let integer): return code(of: integer)
    case .string(let text): return code(of: text, .string)
    case .keyword(let text): return code(of: text, .keyword)
    case .symbol(let text): return code(of: text, .symbol)
    case .list(let values): return list(values.map { code(of: $0) })
    case .double, .number, .character, .set, .map, .tagged: break
    }
    if let known = numbersOfOthers[value] { return ValueCode(number: known) }
    numbersOfOthers[value] = entries.count
    others.append(value)
    return append(Entry(start: others.count - 1, count: 0, kind: .other))
  }

  /// The code of an integer.
  @inline(__always)
  mutating func code(of integer: Int) -> ValueCode { ValueCode(integer) ?? long(integer) }

  private mutating func code(of text: String, _ kind: Kind) -> ValueCode {
    var text = text
    return text.withUTF8 { code(of: UnsafeRawBufferPointer($0), kind) }
  }

  /// The code of a list of values that have codes.
  public mutating func list(_ codes: [ValueCode]) -> ValueCode {
    codes.withUnsafeBufferPointer { list($0) }
  }

  /// Whether a code is a list's.
  public func isList(_ code: ValueCode) -> Bool {
    code.number.map { entries[$0].kind == .list } ?? false
  }

  /// The elements' codes, when a code is a list's.
  public func elements(of code: ValueCode) -> ArraySlice<ValueCode>? {
    guard let number = code.number, case let entry = entries[number], entry.kind == .list else {
      return nil
    }
    return elements[entry.start..<entry.start + Int(entry.count)]
  }

  /// The two elements' codes, when a code is that of a list of two, such as `[key, value]`.
  public func pair(of code: ValueCode) -> (ValueCode, ValueCode)? {
    guard let number = code.number, case let entry = entries[number], entry.kind == .list,
      entry.count == 2
    else { return nil }
    return (elements[entry.start], elements[entry.start + 1])
  }

  /// The value with a code.
  public func value(of code: ValueCode) -> Value {
    guard let number = code.number else { return .integer(code.integer ?? 0) }
    let entry = entries[number]
    switch entry.kind {
    case .null: return .null
    case .false: return false
    case .true: return true
    case .integer: return .integer(entry.start)
    case .string: return .string(text(of: entry))
    case .keyword: return .keyword(text(of: entry))
    case .symbol: return .symbol(text(of: entry))
    case .list:
      let range = entry.start..<entry.start + Int(entry.count)
      return .list(elements[range].map { value(of: $0) })
    case .other: return others[entry.start]
    }
  }

  private func text(of entry: Entry) -> String {
    String(decoding: bytes[entry.start..<entry.start + Int(entry.count)], as: UTF8.self)
  }
}

// MARK: - Interning

extension ValueTable {
  /// The code of a text, which must be UTF-8.
  mutating func code(of text: UnsafeRawBufferPointer, _ kind: Kind) -> ValueCode {
    let hash = ValueTable.hash(text, kind)
    var slot = prepareSlot(hash)
    while slots[slot] != 0 {
      if let number = candidate(slot, hash), holds(number, kind, text) {
        return ValueCode(number: number)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    fill(slot, hash)
    let start = bytes.count
    bytes.append(contentsOf: text)
    return append(Entry(start: start, count: UInt32(text.count), kind: kind))
  }

  private func holds(_ number: Int, _ kind: Kind, _ text: UnsafeRawBufferPointer) -> Bool {
    let entry = entries[number]
    guard entry.kind == kind, Int(entry.count) == text.count else { return false }
    guard let start = text.baseAddress else { return true }
    return bytes.withUnsafeBytes { bytes in
      bytes.baseAddress.map { memcmp($0 + entry.start, start, text.count) == 0 } ?? true
    }
  }

  /// The code of a list of values that have codes.
  mutating func list(_ codes: UnsafeBufferPointer<ValueCode>) -> ValueCode {
    let hash = ValueTable.hash(codes)
    var slot = prepareSlot(hash)
    while slots[slot] != 0 {
      if let number = candidate(slot, hash), holds(number, codes) {
        return ValueCode(number: number)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    fill(slot, hash)
    let start = elements.count
    elements.append(contentsOf: codes)
    return append(Entry(start: start, count: UInt32(codes.count), kind: .list))
  }

  private func holds(_ number: Int, _ codes: UnsafeBufferPointer<ValueCode>) -> Bool {
    let entry = entries[number]
    guard entry.kind == .list, Int(entry.count) == codes.count else { return false }
    for place in 0..<codes.count where elements[entry.start + place] != codes[place] {
      return false
    }
    return true
  }

  private mutating func long(_ integer: Int) -> ValueCode {
    let hash = ValueTable.hash(integer)
    var slot = prepareSlot(hash)
    while slots[slot] != 0 {
      if let number = candidate(slot, hash), entries[number].kind == .integer,
        entries[number].start == integer
      {
        return ValueCode(number: number)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    fill(slot, hash)
    return append(Entry(start: integer, count: 0, kind: .integer))
  }

  private mutating func append(_ entry: Entry) -> ValueCode {
    precondition(entries.count < 1 << 31, "a history of more than 2,147,483,648 distinct values")
    entries.append(entry)
    return ValueCode(number: entries.count - 1)
  }

  /// The first slot to look at, in a table that has room for one more.
  @inline(__always)
  private mutating func prepareSlot(_ hash: UInt64) -> Int {
    if hashedCount * 8 >= slots.count * 5 { grow() }
    return Int(truncatingIfNeeded: hash >> 32) & (slots.count - 1)
  }

  /// The number in a slot, where its hash is this one.
  @inline(__always)
  private func candidate(_ slot: Int, _ hash: UInt64) -> Int? {
    let entry = slots[slot]
    return entry >> 32 == hash >> 32 ? Int(entry & 0xffff_ffff) - 1 : nil
  }

  /// Enters the next entry's number.
  @inline(__always)
  private mutating func fill(_ slot: Int, _ hash: UInt64) {
    slots[slot] = (hash >> 32) << 32 | UInt64(entries.count + 1)
    hashedCount += 1
  }

  private mutating func grow() {
    if isIncomplete { return hashAll() }
    var wider = [UInt64](repeating: 0, count: max(64, slots.count * 2))
    let mask = wider.count - 1
    for entry in slots where entry != 0 {
      var slot = Int(truncatingIfNeeded: entry >> 32) & mask
      while wider[slot] != 0 { slot = (slot + 1) & mask }
      wider[slot] = entry
    }
    slots = wider
  }
}

// MARK: - Merging

extension ValueTable {
  /// Adds what another table has.
  ///
  /// - Returns: For each number there the code here.
  mutating func merge(_ other: borrowing ValueTable) -> [ValueCode] {
    if isIncomplete { hashAll() }
    let ownCount = entries.count
    var codes = other.entries.indices.map { ValueCode(number: $0) }
    // Lists come last, because nothing else is looked for once one has no slot.
    for (number, entry) in other.entries.enumerated() {
      switch entry.kind {
      case .null, .false, .true, .list: break
      case .integer: codes[number] = code(of: entry.start)
      case .string, .keyword, .symbol:
        codes[number] = other.bytes.withUnsafeBytes {
          let range = entry.start..<entry.start + Int(entry.count)
          return code(of: UnsafeRawBufferPointer(rebasing: $0[range]), entry.kind)
        }
      case .other: codes[number] = code(of: other.others[entry.start])
      }
    }
    var list: [ValueCode] = []
    for (number, entry) in other.entries.enumerated() where entry.kind == .list {
      list.removeAll(keepingCapacity: true)
      var isNew = false
      for code in other.elements[entry.start..<entry.start + Int(entry.count)] {
        let mapped = code.number.map { codes[$0] } ?? code
        isNew = isNew || mapped.number ?? 0 >= ownCount
        list.append(mapped)
      }
      codes[number] = merged(list, isNew: isNew)
    }
    return codes
  }

  /// The code of a list of another table, of which the lists are all different: one that is new is
  /// not looked for, nor entered among the slots until something is looked for again.
  private mutating func merged(_ list: [ValueCode], isNew: Bool) -> ValueCode {
    let known = isNew ? nil : list.withUnsafeBufferPointer { number(of: $0) }
    if let known { return ValueCode(number: known) }
    isIncomplete = true
    hashedCount = ValueTable.incompleteCount
    let start = elements.count
    elements.append(contentsOf: list)
    return append(Entry(start: start, count: UInt32(list.count), kind: .list))
  }

  /// The number of a list that is known by its slot.
  private func number(of codes: UnsafeBufferPointer<ValueCode>) -> Int? {
    guard !slots.isEmpty else { return nil }
    let hash = ValueTable.hash(codes)
    var slot = Int(truncatingIfNeeded: hash >> 32) & (slots.count - 1)
    while slots[slot] != 0 {
      if let number = candidate(slot, hash), holds(number, codes) { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Enters all that has a slot anew.
  private mutating func hashAll() {
    var count = 64
    while count * 5 < entries.count * 16 { count *= 2 }
    slots = [UInt64](repeating: 0, count: count)
    isIncomplete = false
    hashedCount = 0
    for (number, entry) in entries.enumerated() {
      guard let hash = hash(of: entry) else { continue }
      var slot = Int(truncatingIfNeeded: hash >> 32) & (count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (count - 1) }
      slots[slot] = (hash >> 32) << 32 | UInt64(number + 1)
      hashedCount += 1
    }
  }

  private func hash(of entry: Entry) -> UInt64? {
    let range = entry.start..<entry.start + Int(entry.count)
    switch entry.kind {
    case .null, .false, .true, .other: return nil
    case .integer: return ValueTable.hash(entry.start)
    case .string, .keyword, .symbol:
      return bytes.withUnsafeBytes {
        ValueTable.hash(UnsafeRawBufferPointer(rebasing: $0[range]), entry.kind)
      }
    case .list:
      return elements.withUnsafeBufferPointer {
        ValueTable.hash(UnsafeBufferPointer(rebasing: $0[range]))
      }
    }
  }
}

// MARK: - Hashing

extension ValueTable {
  /// Folds a word into a hash by a 64 × 64 → 128-bit multiplication, as ``StableHasher`` does.
  @inline(__always)
  private static func folded(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(
      by: word ^ 0xe703_7ed1_a0b4_28db)
    return product.high ^ product.low
  }

  @inline(__always)
  private static func hash(_ integer: Int) -> UInt64 {
    folded(UInt64(bitPattern: Int64(integer)), UInt64(Kind.integer.rawValue))
  }

  /// The hash of a list, in which eight lists that differ in the last element's last bits only are
  /// neighbours: values that are written one after the other share a line of the cache.
  @inline(__always)
  private static func hash(_ codes: UnsafeBufferPointer<ValueCode>) -> UInt64 {
    var hash = UInt64(codes.count) << 8 | UInt64(Kind.list.rawValue)
    guard let last = codes.last else { return hash }
    for place in 0..<codes.count - 1 {
      hash = folded(hash, UInt64(UInt32(bitPattern: codes[place].raw)))
    }
    let number = UInt64(UInt32(bitPattern: last.raw)) >> 1
    hash = folded(hash, (number >> 3) << 1 | UInt64(last.raw & 1))
    return hash & ~(7 << 32) | (number & 7) << 32
  }

  @inline(__always)
  private static func hash(_ text: UnsafeRawBufferPointer, _ kind: Kind) -> UInt64 {
    var hash = UInt64(text.count) << 8 | UInt64(kind.rawValue)
    var place = 0
    while place + 8 <= text.count {
      hash = folded(hash, text.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      place += 8
    }
    var rest: UInt64 = 0
    while place < text.count {
      rest = rest << 8 | UInt64(text[place])
      place += 1
    }
    return folded(hash, rest)
  }
}
