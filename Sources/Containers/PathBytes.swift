/// Paths by their bytes, as the kernel compares them. A container chooses names: to `String` a slash with a combining mark behind
/// it is a character of its own, two spellings of one text are the same, and what is no text is lost.
extension String {
  /// The path of these bytes. Those of them that are no text become characters of their own, `pathBytes` has them again.
  public init(path bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    if let text = String(validating: bytes, as: UTF8.self), !text.hasEscapedBytes {
      self = text
      return
    }
    var text = String.UnicodeScalarView()
    var parser = Unicode.UTF8.ForwardParser()
    var rest = bytes.makeIterator()
    var at = 0
    while at < bytes.count {
      switch parser.parseScalar(from: &rest) {
      case .valid(let encoded):
        let scalar = Unicode.UTF8.decode(encoded)
        if Self.escapes.contains(scalar.value) {
          text.append(contentsOf: bytes[at..<(at + encoded.count)].map(Self.escaped))
        } else {
          text.append(scalar)
        }
        at += encoded.count
      case .error(let length):
        text.append(contentsOf: bytes[at..<(at + length)].map(Self.escaped))
        at += length
      case .emptyInput: at = bytes.count
      }
    }
    self = String(text)
  }

  /// The bytes of a path that was made by `init(path:)`, or of a text.
  public var pathBytes: [UInt8] {
    guard hasEscapedBytes else { return Array(utf8) }
    return unicodeScalars.flatMap { scalar in
      Self.escapes.contains(scalar.value)
        ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(UTF8.encode(scalar)!)
    }
  }

  /// Has the system look at the path.
  public func withPath<Value, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let bytes = pathBytes.map { CChar(bitPattern: $0) } + [0]
    let result = bytes.withUnsafeBufferPointer { path in
      Result { () throws(Failure) in try body(path.baseAddress!) }
    }
    return try result.get()
  }

  /// The last private characters stand for the bytes from 0x80 on; where they are in a name themselves, for each of theirs.
  private static let escapes: ClosedRange<UInt32> = 0x10ff80...0x10ffff

  private static func escaped(_ byte: UInt8) -> Unicode.Scalar {
    Unicode.Scalar(0x10ff00 | UInt32(byte))!
  }

  private var hasEscapedBytes: Bool {
    utf8.contains(0xf4) && unicodeScalars.contains { Self.escapes.contains($0.value) }
  }

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
