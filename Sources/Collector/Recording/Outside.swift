/// What the pipeline learns from elsewhere than the ring, between an event and its records: clocks, containers, files, names.
///
/// Whoever learns something so asks `replayed` first, and tells `recorder` what it was: those two are all that recording and replay
/// need to know of the rest. Lives on the drain thread.
final class Outside {
  /// Is told of it while somebody records.
  var recorder: Recorder?
  /// Answers in place of this machine; nil unless a recording is replayed.
  let replayed: Replayed?

  init(replayed: Replayed? = nil) { self.replayed = replayed }
}
