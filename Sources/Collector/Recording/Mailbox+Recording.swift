/// Recordings, as another thread asks for them.
extension Mailbox {
  /// Begins a recording; blocks the caller.
  /// - Parameter names: of the containers that it is limited to; none for everything.
  /// - Returns: from where it is to be taken away; nil if the collector is on its way out.
  public func beginRecording(only names: [String]) throws(ControlRefusal) -> RecordingQueue? {
    guard case .recording(let result)? = ask(.record(only: names)) else { return nil }
    return try result.get()
  }

  /// Ends the recording, if there is one; blocks the caller.
  /// - Returns: false if the collector is on its way out.
  public func endRecording() -> Bool { ask(.endRecording) != nil }
}
