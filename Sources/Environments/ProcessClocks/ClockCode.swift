import CProcessClocks

/// The machine code by which a process reads a wall clock that may be wrong, and its parameters.
struct ClockCode {
  /// The bytes, with a clock that is right.
  let bytes: [UInt8]
  /// Where the byte is whose lowest bit says which parameters are in force.
  let turn: Int
  private let parameters: Int
  private let parameterCount: Int
  /// What is entered in the place of each function of the vDSO, by the function's name.
  let entries: [(function: String, offset: Int)]
  /// Where the function is that maps a time, for tests.
  let shown: Int

  /// Nothing where there is no code for this architecture.
  init?() {
    let code = process_clocks_code()
    guard code.count > 0 else { return nil }
    bytes = Array(UnsafeBufferPointer(start: code.bytes, count: code.count))
    turn = code.turn
    parameters = code.parameters
    parameterCount = code.parameters_count
    entries = [
      ("__vdso_clock_gettime", code.clock_gettime), ("__vdso_gettimeofday", code.gettimeofday),
      ("__vdso_time", code.time),
    ]
    shown = code.shown
  }

  /// The places of what may change: the turn and both blocks of parameters.
  var variables: Range<Int> { turn..<parameters + 2 * parameterCount }

  /// Where the parameters lie that are in force by a turn.
  func place(by turn: UInt8) -> Range<Int> {
    let start = parameters + Int(turn & 1) * parameterCount
    return start..<start + parameterCount
  }

  /// Whether bytes are this code, whatever its parameters.
  func matches(_ other: ArraySlice<UInt8>) -> Bool {
    let base = other.startIndex
    return other.count == bytes.count
      && other[..<(base + variables.lowerBound)].elementsEqual(bytes[..<variables.lowerBound])
      && other[(base + variables.upperBound)...].elementsEqual(bytes[variables.upperBound...])
  }

  /// The code with parameters in force.
  func bytes(with mapping: ClockMapping) -> [UInt8] {
    var bytes = bytes
    bytes.replaceSubrange(place(by: 0), with: ClockCode.bytes(of: mapping))
    return bytes
  }

  static func bytes(of mapping: ClockMapping) -> [UInt8] {
    mapping.parameters.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
  }

  /// What is in force by code that matches.
  func mapping(in code: ArraySlice<UInt8>) -> ClockMapping {
    let place = place(by: code[code.startIndex + turn])
    let numbers = stride(from: place.lowerBound, to: place.upperBound, by: 8).map { offset in
      (0..<8).reduce(Int64(0)) { number, byte in
        number | Int64(code[code.startIndex + offset + byte]) << (8 * byte)
      }
    }
    return ClockMapping(parameters: numbers)
  }
}
