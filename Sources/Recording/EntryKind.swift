/// What one entry of a recording is: an event as it came from the ring, or something that the collector learned elsewhere and that
/// is needed to understand events.
///
/// What an event is decided by stands before it: replay knows it when the event comes.
public enum EntryKind: UInt16, CaseIterable, Sendable {
  /// An event: bpf/event.h.
  case event = 1
  /// How the wall clock stands to the kernel's from here on.
  case clock = 2
  /// A container: at the beginning each that is known, later each that begins.
  case container = 3
  /// Whose a cgroup is from here on.
  case member = 4
  /// A container is known, and its events are taken from here on.
  case settled = 5
  /// What was taken for a container was its runtime.
  case withdrawn = 6
  /// A container is called otherwise from here on.
  case renamed = 7
  /// A container has ended.
  case ended = 8
  /// How far a daemon was when the recording began.
  case daemon = 9
  /// What a daemon says of itself because of the entry that follows …
  case ownRecord = 10
  /// … or because of nothing that is in the recording: it stands here.
  case ownRecordHere = 11
  /// Some names of users or groups of a container, or of the host.
  case names = 12
  /// Where the paths of rules lead in a container, or on the host.
  case watches = 13
  /// Whether the name of an event is known to be that of the file that was opened.
  case nameCheck = 14
  /// The capabilities of a file.
  case capabilities = 15
  /// The dynamic loader that an executable names.
  case loader = 16
  /// By which titles daemons call a task.
  case titles = 17
  /// What the task lists of daemons said of a task.
  case verdicts = 18
  /// The last one: what has been recorded, and what was left out.
  case end = 19
}
