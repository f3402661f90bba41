/// Paths by their bytes, as the kernel compares them. A container chooses names: to `String` a slash with a combining mark behind
/// it is a character of its own, and two spellings of one text are the same.
extension String {
  /// What is between the slashes.
  public var pathNames: [Substring] {
    utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
  }

  /// Whether it begins at the root.
  public var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }

  /// Whether it is a directory, or below it.
  /// - Parameter directory: without a slash at its end, but for the root.
  public func isPath(in directory: String) -> Bool {
    utf8.elementsEqual(directory.utf8) || isPath(below: directory)
  }

  /// Whether it is below a directory.
  /// - Parameter directory: likewise.
  public func isPath(below directory: String) -> Bool {
    let above = directory == "/" ? "".utf8 : directory.utf8
    let rest = utf8.dropFirst(above.count)
    return rest.count > 1 && rest.first == UInt8(ascii: "/") && utf8.starts(with: above)
  }
}
