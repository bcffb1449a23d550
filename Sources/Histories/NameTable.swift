import Glibc

/// Gives names numbers, dense from 0; names with equal bytes have equal numbers.
struct NameTable {
  /// A name's first and last eight bytes, which are all of it up to sixteen.
  private struct Mark: Equatable {
    var count: Int
    var first: UInt64
    var last: UInt64

    /// What names that are not few are looked up by.
    var key: UInt64 { first &* 0x9e37_79b9_7f4a_7c15 ^ last }

    @inline(__always)
    init(_ name: UnsafeRawBufferPointer) {
      count = name.count
      if count >= 8 {
        first = name.loadUnaligned(as: UInt64.self)
        last = name.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
      } else {
        first = 0
        for byte in name { first = first << 8 | UInt64(byte) }
        last = 0
      }
    }
  }

  private(set) var names: [String] = []
  private var marks: [Mark] = []
  /// Where names are many, those of one mark's key.
  private var numbers: [UInt64: [Int]] = [:]

  /// The names that are looked through one by one.
  private static let fewCount = 16

  /// The number of a name, which must be UTF-8; it is added where it is new.
  @inline(__always)
  mutating func number(of name: UnsafeRawBufferPointer) -> Int {
    let mark = Mark(name)
    for number in 0..<min(marks.count, NameTable.fewCount) where marks[number] == mark {
      if mark.count <= 16 || isName(number, name) { return number }
    }
    return distantNumber(of: name, mark)
  }

  mutating func number(of name: String) -> Int {
    var name = name
    return name.withUTF8 { number(of: UnsafeRawBufferPointer($0)) }
  }

  private mutating func distantNumber(of name: UnsafeRawBufferPointer, _ mark: Mark) -> Int {
    if let known = numbers[mark.key]?.first(where: { marks[$0] == mark && isName($0, name) }) {
      return known
    }
    let number = names.count
    names.append(String(decoding: name, as: UTF8.self))
    marks.append(mark)
    if number >= NameTable.fewCount { numbers[mark.key, default: []].append(number) }
    return number
  }

  private func isName(_ number: Int, _ name: UnsafeRawBufferPointer) -> Bool {
    names[number].utf8.elementsEqual(name)
  }
}
