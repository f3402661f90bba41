/// The names of users and groups, by which a daemon in the format ENRICHED says who an id is.
///
/// A value that owns nothing: whoever has made the tables frees them.
public struct IDNames: Sendable {
  /// By uid.
  public var users: IDTable
  /// By gid.
  public var groups: IDTable

  /// Knows no name.
  public static let none = IDNames(users: .empty, groups: .empty)

  /// Names from these tables.
  public init(users: IDTable, groups: IDTable) {
    (self.users, self.groups) = (users, groups)
  }
}

/// Ids and their names in one piece of memory, each name as a log has it: quoted, or hexadecimal.
///
/// Immutable; valid until `free()`.
public struct IDTable: @unchecked Sendable {
  private struct Entry {
    let id: UInt32
    let start: UInt32
    let length: UInt32
  }

  /// By id, each id once.
  private let entries: UnsafeBufferPointer<Entry>
  private let text: UnsafeRawBufferPointer

  /// Without a name.
  public static let empty = IDTable(
    entries: UnsafeBufferPointer(start: nil, count: 0),
    text: UnsafeRawBufferPointer(start: nil, count: 0))

  private init(entries: UnsafeBufferPointer<Entry>, text: UnsafeRawBufferPointer) {
    (self.entries, self.text) = (entries, text)
  }

  /// The names in some accounts; of several with one id the first counts, as for getpwuid(3).
  init(_ accounts: [AccountFile.Account]) {
    var text = TextBuffer()
    var entries: [Entry] = []
    // A stable sort: what came first stays first.
    let sorted = accounts.enumerated().sorted {
      ($0.element.id, $0.offset) < ($1.element.id, $1.offset)
    }
    for (_, account) in sorted where entries.last?.id != account.id {
      let start = text.count
      account.name.withUnsafeBytes { text.append(untrusted: $0) }
      entries.append(
        Entry(id: account.id, start: UInt32(start), length: UInt32(text.count - start)))
    }
    let copied = UnsafeMutableBufferPointer<Entry>.allocate(capacity: entries.count)
    _ = copied.initialize(from: entries)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
    bytes.copyMemory(from: text.bytes)
    self.init(entries: UnsafeBufferPointer(copied), text: UnsafeRawBufferPointer(bytes))
  }

  /// Names as a log has them, by id.
  public init(recorded names: [UInt32: [UInt8]]) {
    let sorted = names.sorted { $0.key < $1.key }
    let entries = UnsafeMutableBufferPointer<Entry>.allocate(capacity: sorted.count)
    let text = UnsafeMutableRawBufferPointer.allocate(
      byteCount: sorted.reduce(0) { $0 + $1.value.count }, alignment: 1)
    var at = 0
    for (index, (id, name)) in sorted.enumerated() {
      entries.initializeElement(
        at: index, to: Entry(id: id, start: UInt32(at), length: UInt32(name.count)))
      UnsafeMutableRawBufferPointer(rebasing: text[at...]).copyBytes(from: name)
      at += name.count
    }
    self.init(entries: UnsafeBufferPointer(entries), text: UnsafeRawBufferPointer(text))
  }

  /// Goes through the ids that have a name, with that as a log has it.
  public func forEach(_ body: (UInt32, UnsafeRawBufferPointer) -> Void) {
    for entry in entries {
      let start = Int(entry.start)
      body(
        entry.id, UnsafeRawBufferPointer(rebasing: text[start..<(start + Int(entry.length))]))
    }
  }

  /// Gives the memory back; the table must not be used any more.
  public func free() {
    entries.deallocate()
    text.deallocate()
  }

  /// How many ids have a name.
  public var count: Int { entries.count }

  /// The name of an id as a log has it; nil without one.
  @inline(__always)
  func name(of id: UInt32) -> UnsafeRawBufferPointer? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      let entry = entries[middle]
      if entry.id == id {
        let start = Int(entry.start)
        return UnsafeRawBufferPointer(rebasing: text[start..<(start + Int(entry.length))])
      }
      if entry.id < id { low = middle + 1 } else { high = middle }
    }
    return nil
  }
}

extension TextBuffer {
  /// auparse/interpret.c, aulookup_uid and aulookup_gid: the first id is root whatever it is called, and an id without
  /// a name is shown as a signed number.
  @inline(__always)
  mutating func append(nameOf id: UInt32, in table: IDTable) {
    if id == NamespaceView.unsetID {
      append("\"unset\"")
    } else if id == 0 {
      append("\"root\"")
    } else if let name = table.name(of: id) {
      append(name)
    } else {
      append("\"unknown(")
      append(signed: Int64(Int32(bitPattern: id)))
      append(")\"")
    }
  }
}
