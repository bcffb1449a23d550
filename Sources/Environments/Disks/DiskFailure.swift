import Processes

/// Why a disk could not be had, broken or mended, in words for users.
package struct DiskFailure: Error, Hashable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }

  init(_ attempt: String, _ error: Int32) { description = "\(attempt): \(errorText(error))" }
}
