import Glibc
import Nodes

/// A node's named files in a directory of the operating system.
///
/// Once an operation failed, later ones are not done either until the next sync has reported it: so
/// what the files hold is always what a prefix of the operations made.
struct FileStore {
  private struct OpenFile {
    var descriptor: Int32
    var count: Int
    var isDirty = false
  }

  private var directory: String?
  private var files: [String: OpenFile] = [:]
  /// Whether a file was made that the directory may not hold after a crash.
  private var isDirectoryDirty = false
  /// What went wrong since the last sync, for people.
  private(set) var failure: String?

  /// - Parameter directory: Without one, one is made when something is stored.
  init(directory: String?) { self.directory = directory }

  /// Makes durable what the files hold, and reads it.
  mutating func recover(_ names: [String]) -> SurvivingFiles? {
    guard let directory else { return SurvivingFiles() }
    guard mkdir(directory, 0o777) == 0 || errno == EEXIST else {
      fail("make the directory \(directory)")
      return nil
    }
    var contents: [String: [UInt8]] = [:]
    for name in names where access("\(directory)/\(name)", F_OK) == 0 {
      guard let file = file(name), case .bytes(let bytes) = read(0..<file.count, of: name) else {
        return nil
      }
      files[name]?.isDirty = true
      contents[name] = bytes
    }
    isDirectoryDirty = true
    return sync() ? SurvivingFiles(contents) : nil
  }

  /// - Returns: The answer to a read, nothing for other operations.
  mutating func perform(_ operation: StorageOperation, on name: String) -> StorageResult? {
    switch operation {
    case .read(let range, _): return read(range, of: name)
    default: break
    }
    guard failure == nil, let file = file(name) else { return nil }
    switch operation {
    case .append(let bytes): write(bytes, at: file.count, to: name)
    case .write(let position, let bytes): write(bytes, at: position, to: name)
    case .truncate(let count):
      guard ftruncate(file.descriptor, count) == 0 else {
        fail("truncate \(path(name))")
        return nil
      }
      files[name] = OpenFile(descriptor: file.descriptor, count: count, isDirty: true)
    case .replace(let bytes): replace(name, with: bytes)
    case .read: break
    }
    return nil
  }

  /// Makes durable all that was done so far.
  ///
  /// - Returns: Whether it was all done, and is.
  mutating func sync() -> Bool {
    for name in files.keys.sorted() {
      guard failure == nil, let file = files[name], file.isDirty else { continue }
      guard fsync(file.descriptor) == 0 else {
        fail("sync \(path(name))")
        break
      }
      files[name]?.isDirty = false
    }
    if failure == nil, isDirectoryDirty { syncDirectory() }
    return failure == nil
  }

  /// A failure was reported to the node, which decides.
  mutating func forgiveFailure() { failure = nil }

  private func path(_ name: String) -> String { "\(directory ?? "")/\(name)" }

  private mutating func fail(_ attempt: String) {
    failure = "can't \(attempt): \(String(cString: strerror(errno)))"
  }

  private mutating func file(_ name: String) -> OpenFile? {
    if let file = files[name] { return file }
    guard makeDirectoryIfMissing() else { return nil }
    let isNew = access(path(name), F_OK) != 0
    let descriptor = open(path(name), O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    let count = lseek(descriptor, 0, SEEK_END)
    guard descriptor >= 0, count >= 0 else {
      fail("open \(path(name))")
      return nil
    }
    if isNew { isDirectoryDirty = true }
    let file = OpenFile(descriptor: descriptor, count: Int(count))
    files[name] = file
    return file
  }

  private mutating func makeDirectoryIfMissing() -> Bool {
    guard directory == nil else { return true }
    var template = Array("/tmp/shrike-node-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      fail("make a directory in /tmp")
      return false
    }
    directory = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return true
  }

  private mutating func write(_ bytes: [UInt8], at position: Int, to name: String) {
    guard let file = files[name] else { return }
    guard FileStore.write(bytes, at: position, to: file.descriptor) else {
      fail("write \(path(name))")
      // What was written of it must not stay before what comes next.
      if position == file.count { _ = ftruncate(file.descriptor, file.count) }
      return
    }
    files[name] = OpenFile(
      descriptor: file.descriptor, count: max(file.count, position + bytes.count), isDirty: true)
  }

  private static func write(_ bytes: [UInt8], at position: Int, to descriptor: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        return pwrite(descriptor, rest.baseAddress, rest.count, position + written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }

  /// Writes a new file beside the old one and puts it in its place, which is atomic.
  private mutating func replace(_ name: String, with bytes: [UInt8]) {
    let temporary = "\(path(name)).new"
    let descriptor = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0, FileStore.write(bytes, at: 0, to: descriptor), fsync(descriptor) == 0,
      rename(temporary, path(name)) == 0
    else {
      fail("replace \(path(name))")
      if descriptor >= 0 { close(descriptor) }
      return
    }
    if let old = files[name] { close(old.descriptor) }
    files[name] = OpenFile(descriptor: descriptor, count: bytes.count)
    syncDirectory()
  }

  private mutating func syncDirectory() {
    guard let directory else { return }
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    guard descriptor >= 0, fsync(descriptor) == 0 else { return fail("sync \(directory)") }
    isDirectoryDirty = false
  }

  /// The bytes of a range as far as the file reaches.
  private mutating func read(_ range: Range<Int>, of name: String) -> StorageResult {
    guard let file = file(name) else { return .failed }
    let range = range.clamped(to: 0..<file.count)
    var bytes = [UInt8](repeating: 0, count: range.count)
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
        return pread(file.descriptor, rest.baseAddress, rest.count, range.lowerBound + filled)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        fail("read \(path(name))")
        return .failed
      }
      filled += count
    }
    return .bytes(bytes)
  }
}
