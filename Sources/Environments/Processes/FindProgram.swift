import Glibc

/// The path of a program that is named by a path, or looked for in `PATH` and where root's tools are.
package func findProgram(_ name: String) -> String? {
  guard !name.contains("/") else { return access(name, X_OK) == 0 ? name : nil }
  let path = getenv("PATH").map { String(cString: $0) } ?? ""
  return (path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin", "/usr/bin", "/bin"])
    .map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
}
