internal import AuditRecords

/// Reads passwd and group files.
typealias NameReader = PatientReader<NameQuestion, NameAnswer>

/// A place, and what is known of it already.
struct NameQuestion: Sendable {
  let place: NamePlace
  let known: NameVersions
}

extension PatientReader where Question == NameQuestion, Answer == NameAnswer {
  /// - Parameter read: looks at a place, on a thread of ours.
  convenience init(
    read: @escaping @Sendable (NamePlace, NameVersions) -> NameAnswer = { $0.read(since: $1) }
  ) {
    self.init(name: "names", read: { read($0.place, $0.known) }, discard: { $0.free() })
  }

  /// Has a place looked at; the answer bears the number.
  func ask(_ number: UInt64, _ place: NamePlace, since known: NameVersions) {
    ask(number, NameQuestion(place: place, known: known))
  }
}
