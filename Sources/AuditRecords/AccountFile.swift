/// passwd(5) and group(5), as glibc reads them: a line that is none is passed over.
enum AccountFile {
  struct Account: Equatable {
    let id: UInt32
    let name: ArraySlice<UInt8>
  }

  /// auparse/interpret.c has room for as many bytes; what is longer is cut there.
  private static let longestName = 63

  private static let colon = UInt8(ascii: ":")

  /// The accounts of a passwd file, in its order: name, password, uid, gid and more.
  /// - Parameter content: may be anything; a last line without an end may have been cut, and does not count.
  static func users(_ content: [UInt8]) -> [Account] {
    accounts(content) { rest in
      // Without a gid it is no account.
      guard rest.first == colon else { return false }
      return number(rest.dropFirst().prefix { $0 != colon }) != nil
    }
  }

  /// The groups of a group file, in its order: name, password, gid and members.
  /// - Parameter content: as for `users`.
  static func groups(_ content: [UInt8]) -> [Account] {
    accounts(content) { $0.isEmpty || $0.first == colon }
  }

  /// - Parameter isWhole: judges what follows an id.
  private static func accounts(
    _ content: [UInt8], isWhole: (ArraySlice<UInt8>) -> Bool
  ) -> [Account] {
    var found: [Account] = []
    var at = content.startIndex
    while let end = content[at...].firstIndex(of: UInt8(ascii: "\n")) {
      if let account = account(content[at..<end], isWhole) { found.append(account) }
      at = end + 1
    }
    return found
  }

  private static func account(
    _ line: ArraySlice<UInt8>, _ isWhole: (ArraySlice<UInt8>) -> Bool
  ) -> Account? {
    let line = line.drop { isSpace($0) }
    // A comment, or a reference to another database (nsswitch.conf(5), "compat").
    switch line.first {
    case nil, colon, UInt8(ascii: "#"), UInt8(ascii: "+"), UInt8(ascii: "-"): return nil
    default: break
    }
    let name = line.prefix { $0 != colon }
    let rest = line[name.endIndex...].dropFirst()
    guard let password = rest.firstIndex(of: colon), !name.contains(0) else { return nil }
    let id = rest[(password + 1)...].prefix { $0 != colon }
    guard let number = number(id), isWhole(rest[id.endIndex...]) else { return nil }
    return Account(id: number, name: name.prefix(longestName))
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
    guard !digits.isEmpty else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
      guard value <= UInt32.max else { return nil }
    }
    return UInt32(value)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0d).contains(byte)
  }
}

extension IDTable {
  /// The names of a passwd file.
  /// - Parameter content: may be anything.
  public init(passwd content: [UInt8]) { self.init(AccountFile.users(content)) }

  /// The names of a group file.
  /// - Parameter content: may be anything.
  public init(group content: [UInt8]) { self.init(AccountFile.groups(content)) }
}
