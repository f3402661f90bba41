import Glibc

/// A file of `key = value` lines, with `#` comments: auditd.conf, scope.conf, nestaudit.conf.
struct KeyValueFile {
  struct Entry {
    let key: String
    let value: String
    let line: Int
  }

  let file: String
  let entries: [Entry]

  /// - Parameter known: every key that means something, in lower case; another one is an error.
  init(_ text: String, file: String, known: [String]) throws(ConfigurationError) {
    self.file = file
    var entries: [Entry] = []
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let line = Self.trimmed(Substring(line))
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let equals = line.firstIndex(of: "=") else {
        throw ConfigurationError(file, line: index + 1, "'\(line)' is no 'key = value'")
      }
      let key = Self.trimmed(line[..<equals]).lowercased()
      let value = Self.trimmed(line[line.index(after: equals)...])
      guard known.contains(key) else {
        let near = known.min { Self.distance($0, key) < Self.distance($1, key) }
        let hint = near.map { Self.distance($0, key) <= 3 ? "; did you mean '\($0)'?" : "" } ?? ""
        throw ConfigurationError(file, line: index + 1, "unknown key '\(key)'\(hint)")
      }
      if let first = entries.first(where: { $0.key == key }) {
        throw ConfigurationError(
          file, line: index + 1, "'\(key)' is given twice, first on line \(first.line)")
      }
      guard !value.isEmpty else {
        throw ConfigurationError(file, line: index + 1, "'\(key)' has no value")
      }
      entries.append(Entry(key: key, value: value, line: index + 1))
    }
    self.entries = entries
  }

  subscript(key: String) -> Entry? { entries.first { $0.key == key } }

  func failure(_ entry: Entry, _ reason: String) -> ConfigurationError {
    ConfigurationError(file, line: entry.line, "\(entry.key) = \(entry.value): \(reason)")
  }

  func number(_ key: String, _ range: ClosedRange<Int>, default value: Int)
    throws(ConfigurationError) -> Int
  {
    guard let entry = self[key] else { return value }
    guard let number = Int(entry.value), range.contains(number) else {
      throw failure(entry, "give a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// One of the names, in any case.
  func choice<Value: CaseIterable & RawRepresentable<String>>(
    _ key: String, default value: Value
  ) throws(ConfigurationError) -> Value {
    guard let entry = self[key] else { return value }
    guard let choice = Value(rawValue: entry.value.lowercased()) else {
      let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
      throw failure(entry, "give one of \(names)")
    }
    return choice
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    var words = Substring(text)
    while words.first?.isWhitespace == true { words.removeFirst() }
    while words.last?.isWhitespace == true { words.removeLast() }
    return String(words)
  }

  /// How many letters have to change (Levenshtein).
  static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, letter) in left.enumerated() {
      var previous = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let replaced = previous + (letter == other ? 0 : 1)
        previous = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[right.count]
  }
}

/// A whole text file.
enum TextFile {
  static func read(_ path: String) throws(ConfigurationError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw unreadable(path) }
    defer { close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path) }
      if count == 0 { break }
      content += chunk[0..<count]
      if content.count > 16 << 20 {
        throw ConfigurationError(path, "larger than 16 MiB: this is no configuration file")
      }
    }
    return String(decoding: content, as: UTF8.self)
  }

  private static func unreadable(_ path: String) -> ConfigurationError {
    let reason = String(cString: strerror(errno))
    return ConfigurationError(path, "cannot be read: \(reason); check the name and the permissions")
  }

  /// The names in a directory, sorted by bytes; nil if there is no such directory.
  static func names(in directory: String) -> [String]? {
    guard let stream = opendir(directory) else { return nil }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
