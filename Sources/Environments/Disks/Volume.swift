import CDisks
import CProcess
import Glibc
import Processes

/// A disk of a node's own: a file of the machine's with an ext4 file system in it, of which one
/// directory appears in the place of the node's data.
///
/// What is mounted belongs to this process's mount namespace, and the device is one that the kernel
/// gives back with the last mount: when the last process of the namespace ends, both are gone. The file
/// stays, and holds what the node wrote.
package final class Volume {
  /// What the file system may hold; the file takes only the room of what is written.
  package static let standardSize = 4 << 30
  /// How long processes that have been killed may take to let go of the disk.
  static let unmountPatience: Int64 = 2_000_000_000
  /// A commit of the journal makes durable what nobody synced: so it has to come seldom.
  private static let options = "commit=300,errors=remount-ro,noinit_itable"

  /// The directory in whose place that of the disk appears.
  package let data: String
  private let hidden: String
  private var device: Int32 = -1
  private var deviceNumber: Int32 = -1

  private var image: String { "\(hidden)/image" }
  /// Where all of the disk is mounted.
  package var root: String { "\(hidden)/volume" }
  private var ballast: String { "\(root)/ballast" }

  /// Makes a disk and mounts it, with what is in the directory already.
  ///
  /// - Parameters:
  ///   - data: The directory.
  ///   - hidden: Where its file is and it is mounted; only this user may enter.
  package init(
    for data: String, hidden: String, size: Int = Volume.standardSize
  ) throws(DiskFailure) {
    self.data = data
    self.hidden = hidden
    guard mkdir(hidden, 0o700) == 0 || errno == EEXIST, chown(hidden, 0, 0) == 0 else {
      throw DiskFailure("can't make \(hidden)", errno)
    }
    let isNew = access(image, F_OK) != 0
    if isNew { try format(size) }
    try attach()
    do throws(DiskFailure) {
      try mount()
      if isNew { try fill(with: data) }
      try bind()
    } catch {
      _ = disk_unmount(root)
      close(device)
      throw error
    }
  }

  deinit {
    _ = disk_unmount(data)
    _ = disk_unmount(root)
    close(device)
  }

  /// Why there can be no such disks for this user on this machine, or nothing where there can.
  package static var problem: String? {
    guard geteuid() == 0 else { return "a disk for each node needs root" }
    guard access("/dev/loop-control", R_OK | W_OK) == 0 else {
      return
        "there are no loop devices here (modprobe loop; in a container that takes --privileged)"
    }
    return ["mkfs.ext4", "e2fsck"].first { findProgram($0) == nil }
      .map { "there is no \($0); apt-get install e2fsprogs" }
  }

  // MARK: Making and mounting

  private func format(_ size: Int) throws(DiskFailure) {
    let file = open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw DiskFailure("can't make \(image)", errno) }
    let error = ftruncate(file, size) == 0 ? 0 : errno
    close(file)
    guard error == 0 else { throw DiskFailure("can't make \(image)", error) }
    // The file is zeros from the beginning, so that nothing has to be made so.
    try Tool.run([
      "mkfs.ext4", "-q", "-F", "-m", "0", "-N", "\(size >> 16)", "-J",
      "size=\(size < 1 << 30 ? 4 : 32)",
      "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", image,
    ])
  }

  private func attach() throws(DiskFailure) {
    let file = open(image, O_RDWR | O_CLOEXEC)
    guard file >= 0 else { throw DiskFailure("can't open \(image)", errno) }
    defer { close(file) }
    let error = disk_attach(file, &deviceNumber, &device)
    guard error == 0 else { throw DiskFailure("can't have a loop device", error) }
  }

  private func mount() throws(DiskFailure) {
    guard mkdir(root, 0o755) == 0 || errno == EEXIST else {
      throw DiskFailure("can't make \(root)", errno)
    }
    let error = disk_mount("/dev/loop\(deviceNumber)", root, Volume.options)
    guard error == 0 else { throw DiskFailure("can't mount \(image)", error) }
    // What took the room, or gave it back, may not have been durable.
    guard unlink(ballast) == 0 || errno == ENOENT else {
      throw DiskFailure("can't remove \(ballast)", errno)
    }
  }

  /// Has the disk begin with what a directory holds, and belong to the same user.
  private func fill(with directory: String) throws(DiskFailure) {
    try Tool.run(["cp", "-a", directory, "\(root)/data"])
    try sync()
  }

  /// Makes durable all that was written.
  package func sync() throws(DiskFailure) {
    let error = disk_sync(root)
    guard error == 0 else { throw DiskFailure("can't sync \(root)", error) }
  }

  private func bind() throws(DiskFailure) {
    let error = process_mount_bind("\(root)/data", data)
    guard error == 0 else { throw DiskFailure("can't mount \(data)", error) }
  }

  private func unmount() throws(DiskFailure) {
    for target in [data, root] {
      let deadline = monotonicTime() + Volume.unmountPatience
      var error = disk_unmount(target)
      while error == EBUSY, monotonicTime() < deadline {
        usleep(1_000)
        error = disk_unmount(target)
      }
      guard error == 0 else { throw DiskFailure("can't unmount \(target)", error) }
    }
    try forget()
  }

  /// Has the device be read anew: it is open all the time, so that the kernel keeps what it has read.
  private func forget() throws(DiskFailure) {
    let error = disk_forget(device)
    guard error == 0 else { throw DiskFailure("can't read \(image) anew", error) }
  }

  private func remount() throws(DiskFailure) {
    try unmount()
    try mount()
    try bind()
  }

  // MARK: Power

  /// Cuts the disk that is mounted on a directory from its power.
  ///
  /// - Returns: 0, or an error number.
  @discardableResult
  package static func cutPower(of root: String) -> Int32 { disk_shut_down(root) }

  /// Cuts the disk from its power: what was not synced is gone, and all that is asked of it fails.
  ///
  /// - Returns: Whether that was seen.
  package func cutPower() throws(DiskFailure) -> Bool {
    let error = Volume.cutPower(of: root)
    guard error == 0 else { throw DiskFailure("can't cut the power of \(root)", error) }
    return probe() == EIO
  }

  /// Mounts the disk anew once its power was cut and no process has it open.
  ///
  /// - Returns: Whether it can be written again.
  package func restorePower() throws(DiskFailure) -> Bool {
    try remount()
    return probe() == 0
  }

  // MARK: What holds until it is mended

  /// Takes all the room that the disk has left.
  ///
  /// - Returns: Whether a write that needed more was seen to fail.
  package func takeRoom() throws(DiskFailure) -> Bool {
    let file = open(ballast, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    // A directory may need room for a new name.
    guard file >= 0 else {
      guard errno == ENOSPC else { throw DiskFailure("can't make \(ballast)", errno) }
      return probe() == ENOSPC
    }
    defer { close(file) }
    var chunk = 1 << 30
    while chunk >= 4_096 {
      let end = lseek(file, 0, Int32(SEEK_END))
      let error = posix_fallocate(file, end, chunk)
      guard error == 0 || error == ENOSPC else {
        throw DiskFailure("can't fill \(root)", error)
      }
      if error != 0 { chunk /= 2 }
    }
    return probe() == ENOSPC
  }

  /// Gives back the room that was taken.
  ///
  /// - Returns: Whether the disk can be written again.
  package func giveRoom() throws(DiskFailure) -> Bool {
    guard unlink(ballast) == 0 || errno == ENOENT else {
      throw DiskFailure("can't remove \(ballast)", errno)
    }
    return probe() == 0
  }

  /// Has the kernel find an error of the file system, upon which it lets nobody write.
  ///
  /// - Returns: Whether a write was seen to fail.
  package func refuseWrites() throws(DiskFailure) -> Bool {
    let trigger = "/sys/fs/ext4/loop\(deviceNumber)/trigger_fs_error"
    guard Processes.write("Shrike makes the disk read-only", to: trigger) else {
      throw DiskFailure("can't write \(trigger)", errno)
    }
    return probe() == EROFS
  }

  /// Repairs the file system and mounts it anew; no process has it open.
  ///
  /// - Returns: Whether it can be written again.
  package func repair() throws(DiskFailure) -> Bool {
    try unmount()
    // 1 is for errors that were corrected.
    try Tool.run(["e2fsck", "-p", image], accepting: 0...1)
    try forget()
    try mount()
    try bind()
    return probe() == 0
  }

  /// Writes a block more to the directory, and takes it away again.
  ///
  /// - Returns: The number of the error with which that failed, or 0.
  package func probe() -> Int32 {
    let path = "\(data)/.shrike-probe"
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { return errno }
    defer {
      close(file)
      unlink(path)
    }
    let bytes = [UInt8](repeating: 7, count: 64 << 10)
    let count = write(file, bytes, bytes.count)
    // Who writes less than was asked for has no room for the rest, and says nothing.
    guard count == bytes.count else { return count < 0 ? errno : ENOSPC }
    return 0
  }
}
