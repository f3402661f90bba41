import FoundationEssentials

/// A question, one JSON object on a line of its own.
struct Request: Codable, Equatable {
  /// What is asked: `ps`, `rules`, `reload`.
  var op: String
  /// Of `rules`: whose.
  var daemon: String?
}

/// An answer, one JSON object on a line of its own: one field, never two.
struct Response: Codable, Equatable {
  var status: StatusReply?
  var rules: RulesReply?
  var reload: ReloadReply?
  var error: String?
}

/// Limits and encoding that both ends agree on.
enum Wire {
  static let longestRequest = 4096
  static let longestResponse = 64 << 20
  static let mostConnections = 64

  static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try Array(encoder.encode(value)) + [UInt8(ascii: "\n")]
  }

  static func decode<T: Decodable>(_ type: T.Type, from line: [UInt8]) throws -> T {
    try JSONDecoder().decode(type, from: Data(line))
  }
}
