import Values

/// The values of a binary history as its blocks come: each must be new, and none too deep or too
/// large, because lists that share their parts can say in few bytes what nothing could print.
struct BinaryValues {
  /// How deeply lists nest in text, and twice that.
  private static let depthLimit: UInt16 = 1_024
  private static let sizeLimit: UInt32 = 1 << 28

  /// For each value of the table how deep it is, and how much it holds with itself.
  private var depths: [UInt16] = [0, 0, 0]
  private var sizes: [UInt32] = [1, 1, 1]
  private var codes: [ValueCode] = []

  /// A block's columns.
  struct Block {
    var kinds: [Int64]
    var integers: [Int64]
    var texts: [String]
    var lengths: [Int64]
    var elements: [Int64]
  }

  /// Appends a block's values to a table.
  ///
  /// - Returns: Whether they are what a history can have.
  mutating func append(_ block: Block, to table: inout ValueTable) -> Bool {
    var (integer, text, list, element) = (0, 0, 0, 0)
    for kind in block.kinds {
      let expected = table.count
      var (depth, size): (UInt16, UInt32) = (0, 1)
      let code: ValueCode
      switch UInt8(exactly: kind).flatMap(ValueTable.Kind.init) {
      case .integer where integer < block.integers.count:
        code = table.code(of: Value.integer(Int(block.integers[integer])))
        integer += 1
      case .string where text < block.texts.count:
        code = table.code(of: .string(block.texts[text]))
        text += 1
      case .keyword where text < block.texts.count:
        code = table.code(of: .keyword(block.texts[text]))
        text += 1
      case .symbol where text < block.texts.count:
        code = table.code(of: .symbol(block.texts[text]))
        text += 1
      case .other where text < block.texts.count:
        guard let value = try? Value(edn: block.texts[text]) else { return false }
        code = table.code(of: value)
        text += 1
      case .list where list < block.lengths.count:
        let length = block.lengths[list]
        guard length >= 0, length <= Int64(block.elements.count - element),
          takeCodes(
            of: block.elements[element..<element + Int(length)], below: expected, &depth, &size)
        else { return false }
        code = table.list(codes)
        list += 1
        element += Int(length)
      default: return false
      }
      guard code.number == expected, table.count == expected + 1 else { return false }
      depths.append(depth)
      sizes.append(size)
    }
    return integer == block.integers.count && text == block.texts.count
      && list == block.lengths.count && element == block.elements.count
  }

  /// Takes the codes of a list's elements, and tells how deep and large the list is.
  private mutating func takeCodes(
    of raws: ArraySlice<Int64>, below count: Int, _ depth: inout UInt16, _ size: inout UInt32
  ) -> Bool {
    codes.removeAll(keepingCapacity: true)
    depth = 1
    for raw in raws {
      guard let raw = Int32(exactly: raw) else { return false }
      let code = ValueCode(raw: raw)
      codes.append(code)
      guard let number = code.number else {
        size += 1
        continue
      }
      guard number < count else { return false }
      depth = max(depth, depths[number] + 1)
      size += sizes[number]
      guard size <= BinaryValues.sizeLimit, depth <= BinaryValues.depthLimit else { return false }
    }
    return true
  }
}
