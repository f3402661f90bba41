import FoundationEssentials

/// A question, one JSON object on a line of its own.
struct Request: Codable, Equatable {
  /// What is asked: `ps`, `status`, `ctl`, `tail`, `contid`, and of root's socket `rules`, `reload`, `announce`,
  /// `record`, `end-record`.
  var op: String
  /// Of `rules`, `ctl` and `status`: whose; nil is the asker's own, and of `status` all that he may see.
  var daemon: String?
  /// Of `ctl`: auditctl's options.
  var words: [String]?
  /// Of `tail`.
  var tail: TailRequest?
  /// Of `contid`.
  var contid: ContidRequest?
  /// Of `announce`: a process.
  var process: UInt32?
  /// Of `record`: the containers that it is limited to; none for everything.
  var only: [String]?
}

/// An answer, one JSON object on a line of its own: one field, never two.
struct Response: Codable, Equatable {
  var status: StatusReply?
  var control: ControlReply?
  var reports: DaemonReportReply?
  /// Behind it come the lines of a log, until the connection ends: the name of its daemon.
  var tail: String?
  var rules: RulesReply?
  var reload: ReloadReply?
  var contid: ContidReply?
  var announced: AnnounceReply?
  /// Behind it comes a recording, until the connection ends; or there is none any more.
  var recording: Bool?
  var error: String?
}

/// Limits and encoding that both ends agree on.
enum Wire {
  static let longestRequest = 64 << 10
  static let longestResponse = 64 << 20
  /// On root's socket; who may connect to the other one, is counted for each container besides.
  static let mostConnections = 64
  static let mostTenants = 1024

  static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try Array(encoder.encode(value)) + [UInt8(ascii: "\n")]
  }

  static func decode<T: Decodable>(_ type: T.Type, from line: [UInt8]) throws -> T {
    try JSONDecoder().decode(type, from: Data(line))
  }
}
