/// What scope.conf lets others than root of the container do with its daemon.
public struct Permissions: Sendable, Equatable {
  /// Something that can be allowed.
  public enum Operation: String, Sendable, CaseIterable {
    /// `nestaudit ps`
    case ps
    /// `nestaudit tail`
    case tail
    /// `nestaudit ctl -l` and `-s`
    case list
  }

  /// `allow = ps, tail`: for everybody in the container, or those of `allow_uids`.
  public var operations: Set<Operation> = []
  /// `allow_uids = 1000, 1001`: ids in the container; nil for everybody.
  public var uids: Set<UInt32>?

  /// Nothing.
  public init() {}

  static let keys = ["allow", "allow_uids"]

  init(_ values: KeyValueFile) throws(ConfigurationError) {
    if let entry = values["allow"] {
      for word in Self.words(entry.value) {
        guard let operation = Operation(rawValue: word) else {
          let names = Operation.allCases.map(\.rawValue).joined(separator: ", ")
          throw values.failure(entry, "'\(word)' cannot be allowed; give some of \(names)")
        }
        operations.insert(operation)
      }
    }
    if let entry = values["allow_uids"] {
      guard values["allow"] != nil else {
        throw values.failure(entry, "says who may, and nothing says what; give 'allow = …'")
      }
      var allowed: Set<UInt32> = []
      for word in Self.words(entry.value) {
        guard let uid = UInt32(word), uid < 65534 || uid > 65535, uid != .max else {
          throw values.failure(entry, "'\(word)' is no uid; give numbers with commas between")
        }
        allowed.insert(uid)
      }
      uids = allowed
    }
  }

  /// Whether a user of the container may.
  func allow(_ operation: Operation, uid: UInt32) -> Bool {
    operations.contains(operation) && (uids.map { $0.contains(uid) } ?? true)
  }

  private static func words(_ text: String) -> [String] {
    text.split { $0 == "," || $0.isWhitespace }.map(String.init)
  }
}
