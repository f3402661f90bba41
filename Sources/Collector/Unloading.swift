public import Capture
import CNestaudit
import Glibc
public import Logging

/// Ends what a collector has left: one that was killed, or was told to leave its programs at work.
public enum Unloading {
  /// What was there.
  public struct Outcome: Sendable {
    /// The versions that were pinned.
    public let versions: [PinDirectory.Version]
    /// All of it is out of the kernel.
    public let isGone: Bool
  }

  /// Takes everything out of the kernel; what was captured and committed is written to the logs first. Nobody else may have
  /// the state directory's lock.
  public static func unload(stateDirectory: String, logger: Logger) -> Outcome {
    let directory = KeptPlace.directory(state: stateDirectory)
    if access(directory + "/kept", F_OK) == 0, let memory = try? KeptMemory(in: directory) {
      if memory.ring != nil { _ = KeptRecovery(memory, logger: logger).run() }
      memory.end()
    }
    KeptPlace.remove(directory)
    let pins = PinDirectory(stateDirectory: stateDirectory)
    let versions = pins.contents
    return Outcome(versions: versions, isGone: pins.removeAll())
  }
}
