internal import CZlib

/// What stands at the beginning of a recording: what it is, and where it is from. After sixteen bytes it is text that people can
/// read.
public struct RecordingHeader: Equatable, Sendable {
  /// With which a recording begins.
  static let magic = Array("NESTREC\n".utf8)
  /// Of the file's own form: blocks, and entries that are no events.
  static let format: UInt32 = 1
  /// The seconds since 1970 that anything recorded can have: nanoseconds fit into a number for as long.
  public static let times: Range<Int64> = 0..<(1 << 33)
  private static let fixedSize = 20
  private static let longestText = 1 << 16

  /// What was recorded, and by whom. All are one line.
  public struct Origin: Equatable, Sendable {
    /// Of the program.
    public var program: String
    /// What uname(2) calls the kernel's release.
    public var kernel: String
    /// The machine's name.
    public var machine: String
    /// How files behind names were known: `tracepoints` or `hooks`.
    public var backend: String
    /// When it began, in seconds since 1970: one of `times`.
    public var began: Int64
    /// The containers that it is limited to; empty for everything.
    public var only: [String]

    /// What was recorded.
    public init(
      program: String, kernel: String, machine: String, backend: String, began: Int64,
      only: [String]
    ) {
      self.program = program
      self.kernel = kernel
      self.machine = machine
      self.backend = backend
      self.began = began
      self.only = only
    }
  }

  /// Where it is from.
  public var origin: Origin

  /// A recording of this program's.
  public init(_ origin: Origin) { self.origin = origin }

  /// As it is written.
  public var bytes: [UInt8] {
    let values = [
      ("events", "\(Layout.version)"), ("layout", Layout.sizes), ("program", origin.program),
      ("kernel", origin.kernel), ("machine", origin.machine), ("backend", origin.backend),
      ("began", "\(origin.began)"), ("only", origin.only.joined(separator: " ")),
    ]
    let text = values.map { key, value in
      "\(key) = \(value.split(whereSeparator: \.isNewline).joined(separator: " "))\n"
    }.joined()
    var writer = FieldWriter()
    writer.put(Self.format)
    writer.put(UInt32(text.utf8.count))
    writer.put(Checksum.of(Array(text.utf8)))
    return Self.magic + writer.bytes + text.utf8
  }

  /// Reads it.
  /// - Parameter bytes: the beginning of the file.
  /// - Returns: and how many bytes it has.
  static func read(
    _ bytes: UnsafeRawBufferPointer
  ) throws(RecordingError) -> (header: RecordingHeader, size: Int) {
    guard bytes.count >= magic.count, bytes.prefix(magic.count).elementsEqual(magic) else {
      throw RecordingError("is no recording of nestaudit's; 'nestaudit record -o FILE' makes one")
    }
    guard bytes.count >= fixedSize else { throw truncated(at: bytes.count) }
    var fields = FieldReader(UnsafeRawBufferPointer(rebasing: bytes[magic.count...]), offset: 0)
    let format: UInt32 = try fields.number()
    guard format == Self.format else {
      throw RecordingError(
        "has form \(format), and this program reads \(Self.format): use the version of nestaudit that recorded it"
      )
    }
    let length = Int(try fields.number(UInt32.self))
    let checksum: UInt32 = try fields.number()
    guard length <= longestText else { throw .damaged(at: magic.count + 4, "a length") }
    guard bytes.count - fixedSize >= length else { throw truncated(at: bytes.count) }
    let text = UnsafeRawBufferPointer(rebasing: bytes[fixedSize..<(fixedSize + length)])
    guard Checksum.of(text) == checksum else { throw .damaged(at: fixedSize, "its description") }
    return (RecordingHeader(try origin(in: text)), fixedSize + length)
  }

  static func truncated(at size: Int) -> RecordingError {
    RecordingError("ends at byte \(size), in the middle; take another copy of it")
  }

  private static func origin(in text: UnsafeRawBufferPointer) throws(RecordingError) -> Origin {
    var values: [Substring: String] = [:]
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1)
      if let key = parts.first?.dropLast() {
        values[key] = parts.last.map { String($0.dropFirst()) }
      }
    }
    let program = values["program"] ?? "unknown"
    guard values["events"] == "\(Layout.version)", values["layout"] == Layout.sizes else {
      throw RecordingError(
        "was recorded with events of version \(values["events"] ?? "unknown"), and this is \(Layout.version): use the version of nestaudit that recorded it (\(program))"
      )
    }
    guard let kernel = values["kernel"], let backend = values["backend"],
      let began = values["began"].flatMap({ Int64($0) }), times.contains(began)
    else { throw .damaged(at: fixedSize, "its description") }
    return Origin(
      program: program, kernel: kernel, machine: values["machine"] ?? "", backend: backend,
      began: began, only: (values["only"] ?? "").split(separator: " ").map(String.init))
  }
}

/// zlib's CRC-32.
enum Checksum {
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(
      truncatingIfNeeded: crc32_z(
        0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
  }

  static func of(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { of($0) } }
}
