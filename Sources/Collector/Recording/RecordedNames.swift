internal import AuditRecords
internal import Recording

/// The names of users and groups in one container as a recording has them, in parts.
final class RecordedNames {
  /// What records are made with; it stays.
  let names = UnsafeMutablePointer<IDNames>.allocate(capacity: 1)
  private var part: [UInt32: [UInt8]] = [:]
  private var size = 0

  /// More bytes of names one table does not have: what they are read from has no more.
  private static let most = 32 << 20

  init() { names.initialize(to: .none) }

  deinit {
    names.pointee.users.free()
    names.pointee.groups.free()
    names.deallocate()
  }

  /// Takes one part; with the last one the names are those of the recording.
  func take(_ fields: inout FieldReader) throws(RecordingError) {
    let isOfUsers = try fields.flag()
    let isFirst = try fields.flag()
    let isLast = try fields.flag()
    if isFirst {
      part = [:]
      size = 0
    }
    var entries = fields.nested(try fields.data())
    while !entries.isAtEnd {
      let id: UInt32 = try entries.number()
      let name = Array(try entries.data())
      size += name.count + 8
      // As the format has them: quoted, or hexadecimal.
      guard size <= Self.most, name.allSatisfy({ (0x21...0x7e).contains($0) }) else {
        throw fields.damaged("a user's or group's name")
      }
      part[id] = name
    }
    guard isLast else { return }
    let table = IDTable(recorded: part)
    part = [:]
    if isOfUsers {
      names.pointee.users.free()
      names.pointee.users = table
    } else {
      names.pointee.groups.free()
      names.pointee.groups = table
    }
  }
}
