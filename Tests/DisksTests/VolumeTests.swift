import CProcess
import Disks
import Glibc
import Processes
import Testing
import Values

private let hasVolumes = Volume.problem == nil

/// What of loop devices is backed by files below a directory.
private func loops(below directory: String) -> [String] {
  directoryEntries("/sys/block").filter { $0.hasPrefix("loop") }.compactMap { name in
    bytes(ofFile: "/sys/block/\(name)/loop/backing_file").map {
      String(decoding: $0, as: UTF8.self)
    }
  }.filter { $0.hasPrefix(directory) }
}

private func mounts(below directory: String) -> [Substring] {
  String(decoding: bytes(ofFile: "/proc/thread-self/mounts") ?? [], as: UTF8.self).split(
    separator: "\n"
  )
  .filter { $0.contains(directory) }
}

/// Writes a file, and makes it durable where that is asked for.
private func write(_ text: String, to path: String, synced: Bool) {
  let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  defer { close(file) }
  let bytes = Array(text.utf8)
  #expect(Glibc.write(file, bytes, bytes.count) == bytes.count)
  if synced { #expect(fsync(file) == 0) }
}

private func text(_ path: String) -> String? {
  bytes(ofFile: path).map { String(decoding: $0, as: UTF8.self) }
}

@Suite(
  "A disk of a node's own", .serialized, .timeLimit(.minutes(1)),
  .enabled(if: hasVolumes, "it needs root, loop devices and e2fsprogs"))
struct VolumeTests {
  let directory: ScratchDirectory
  let data: String

  init() throws {
    directory = try ScratchDirectory("shrike-disk")
    data = "\(directory.path)/data"
    try makeDirectories(data)
  }

  private func volume() throws -> Volume {
    try keepMountsApart()
    return try Volume(for: data, hidden: "\(directory.path)/.disk", size: 64 << 20)
  }

  @Test("at power loss what was synced is kept, and what was not is gone")
  func powerLoss() throws {
    write("before", to: "\(data)/before", synced: true)
    let volume = try volume()
    #expect(text("\(data)/before") == "before", "what was there is there")
    write("kept", to: "\(data)/kept", synced: true)
    write("lost", to: "\(data)/lost", synced: false)
    #expect(text("\(data)/lost") == "lost")
    #expect(try volume.cutPower())
    #expect(try volume.restorePower())
    #expect(text("\(data)/kept") == "kept" && text("\(data)/before") == "before")
    #expect(text("\(data)/lost") ?? "" == "")
  }

  @Test("it is gone with who has it, the file apart, which holds what was written")
  func leftovers() throws {
    do {
      let volume = try volume()
      write("kept", to: "\(volume.data)/kept", synced: true)
      #expect(loops(below: directory.path).count == 1 && mounts(below: directory.path).count == 2)
    }
    #expect(mounts(below: directory.path).isEmpty)
    let deadline = monotonicTime() + 2_000_000_000
    while !loops(below: directory.path).isEmpty, monotonicTime() < deadline { usleep(1_000) }
    #expect(loops(below: directory.path).isEmpty)
    #expect(text("\(data)/kept") == nil)
    let again = try volume()
    #expect(text("\(again.data)/kept") == "kept")
  }

  @Test("a full disk takes nothing more, and does once there is room")
  func full() throws {
    let volume = try volume()
    #expect(try volume.takeRoom())
    #expect(volume.probe() == ENOSPC)
    #expect(try volume.giveRoom())
    write("kept", to: "\(data)/kept", synced: true)
  }

  @Test("a disk that can only be read is written again once it is repaired")
  func readOnly() throws {
    let volume = try volume()
    write("kept", to: "\(data)/kept", synced: true)
    #expect(try volume.refuseWrites())
    #expect(volume.probe() == EROFS && text("\(data)/kept") == "kept")
    let errors = try #require(errorCount)
    #expect(errors > 0)
    #expect(try volume.repair())
    #expect(errorCount == 0, "the file was repaired, and so is what the kernel has of it")
    write("more", to: "\(data)/more", synced: true)
    #expect(text("\(data)/kept") == "kept")
  }

  /// How many errors of the file system the kernel knows of.
  private var errorCount: Int? {
    let device = directoryEntries("/sys/block").first { name in
      text("/sys/block/\(name)/loop/backing_file")?.hasPrefix(directory.path) == true
    }
    return device.flatMap { text("/sys/fs/ext4/\($0)/errors_count") }
      .flatMap { Int($0.filter(\.isNumber)) }
  }

  @Test("room that was taken is there again once power was lost, whether or not that was durable")
  func fullPowerLoss() throws {
    let volume = try volume()
    #expect(try volume.takeRoom())
    try volume.sync()
    #expect(try volume.giveRoom())
    #expect(try volume.cutPower())
    #expect(try volume.restorePower())
  }

  @Test("what is written before all is synced is kept at power loss")
  func sync() throws {
    let volume = try volume()
    write("kept", to: "\(data)/kept", synced: false)
    try volume.sync()
    write("lost", to: "\(data)/lost", synced: false)
    #expect(try volume.cutPower())
    #expect(try volume.restorePower())
    #expect(text("\(data)/kept") == "kept" && text("\(data)/lost") ?? "" == "")
  }

  @Test("whether it can be written is not asked of what a link leads to")
  func link() throws {
    let volume = try volume()
    let other = "\(directory.path)/other"
    write("kept", to: other, synced: false)
    #expect(symlink(other, "\(data)/.shrike-probe") == 0)
    #expect(volume.probe() == ELOOP && text(other) == "kept")
  }

  /// A lab that starts meanwhile would have what is mounted here, too, and keep it in use.
  private func keepMountsApart() throws { try #require(process_leave_mounts() == 0) }

  @Test("many are had at once")
  func many() throws {
    try keepMountsApart()
    let volumes = try (0..<12).map { number in
      let data = "\(directory.path)/\(number)"
      try makeDirectories(data)
      return try Volume(for: data, hidden: "\(data).disk", size: 16 << 20)
    }
    withExtendedLifetime(volumes) { #expect(Set(loops(below: directory.path)).count == 12) }
  }
}

@Suite("Damage to files")
struct FileDamageTests {
  let directory: ScratchDirectory

  init() throws {
    directory = try ScratchDirectory("shrike-damage")
    try makeDirectories("\(directory.path)/a/b")
    for name in ["one.wal", "a/two.wal", "a/b/three.log"] {
      let file = open("\(directory.path)/\(name)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
      let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 256) }
      #expect(Glibc.write(file, bytes, bytes.count) == bytes.count)
      close(file)
    }
  }

  private var contents: [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for name in ["one.wal", "a/two.wal", "a/b/three.log"] {
      contents[name] = bytes(ofFile: "\(directory.path)/\(name)")
    }
    return contents
  }

  @Test("only files of the pattern are damaged, one at a time", arguments: 0..<8 as Range<UInt64>)
  func pattern(seed: UInt64) throws {
    let before = contents
    var draws = Draws(seed: seed)
    let done = try FileDamage.flip.strike(directory.path, files: "*.wal", &draws)
    #expect(done.count == 1)
    let changed = before.filter { contents[$0.key] != $0.value }
    #expect(changed.count == 1 && changed.keys.first != "a/b/three.log")
    let name = try #require(changed.keys.first)
    let places = zip(before[name] ?? [], contents[name] ?? []).enumerated()
      .filter { $0.element.0 != $0.element.1 }.map(\.offset)
    #expect(places.count <= 4 && places.count == (places.last ?? 0) - (places.first ?? 0) + 1)
    #expect(try FileDamage.flip.strike(directory.path, files: "*.none", &draws).isEmpty)
  }

  @Test("a truncated file is a prefix", arguments: 0..<4 as Range<UInt64>)
  func truncate(seed: UInt64) throws {
    let before = contents
    var draws = Draws(seed: seed)
    #expect(try FileDamage.truncate.strike(directory.path, files: nil, &draws).count == 1)
    let changed = before.filter { contents[$0.key] != $0.value }
    #expect(changed.count == 1)
    for (name, bytes) in changed {
      let left = contents[name] ?? []
      #expect(left.count < bytes.count && bytes.starts(with: left))
    }
  }

  @Test("chunks that are swapped hold the same bytes as before", arguments: 0..<4 as Range<UInt64>)
  func swap(seed: UInt64) throws {
    let before = contents
    var draws = Draws(seed: seed)
    #expect(try FileDamage.swap.strike(directory.path, files: nil, &draws).count == 1)
    let changed = before.filter { contents[$0.key] != $0.value }
    #expect(changed.count == 1)
    for (name, bytes) in changed {
      let now = contents[name] ?? []
      #expect(now.sorted() == bytes.sorted())
      let places = zip(now, bytes).enumerated().filter { $0.element.0 != $0.element.1 }
      #expect(Set(places.map { $0.offset / 4_096 }).count == 2)
    }
  }

  @Test("a wipe leaves no file")
  func wipe() throws {
    var draws = Draws(seed: 0)
    #expect(try FileDamage.wipe.strike(directory.path, files: nil, &draws) == ["3 files"])
    #expect(contents.isEmpty)
  }
}
