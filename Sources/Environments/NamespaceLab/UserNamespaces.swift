import Processes

/// What a machine's settings say of namespaces that users who are not root make.
package struct UserNamespaces: Hashable {
  /// Debian's switch: 0 forbids them.
  package var isAllowed = true
  /// Ubuntu's: 1 gives them no power without a profile.
  package var isRestricted = false
  package var limit: Int?

  package init() {}

  /// - Parameter directory: Where the kernel's settings are.
  package init(readingFrom directory: String) {
    func number(_ name: String) -> Int? {
      bytes(ofFile: "\(directory)/\(name)").flatMap { text in
        Int(String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
      }
    }
    isAllowed = number("kernel/unprivileged_userns_clone") != 0
    isRestricted = number("kernel/apparmor_restrict_unprivileged_userns") == 1
    limit = number("user/max_user_namespaces")
  }

  /// The command by which root allows them on this machine, where its settings are what forbids them.
  package static var mend: String? { UserNamespaces(readingFrom: "/proc/sys").mend }

  /// The command by which root allows them.
  package var mend: String? {
    if !isAllowed { return "sysctl -w kernel.unprivileged_userns_clone=1" }
    if isRestricted { return "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" }
    if limit == 0 { return "sysctl -w user.max_user_namespaces=10000" }
    return nil
  }
}
