internal import AuditRecords
internal import Containers

/// The names of ids in one container, or on the host, for its daemons in the format ENRICHED. Lives on the drain thread.
final class NameSource {
  /// Where its passwd and its group are.
  let place: NamePlace
  /// What `EventRenderer.assemble` is given: it stays, while the names behind it change.
  let names: UnsafeMutablePointer<IDNames>
  /// How many routes and daemons go by it.
  var uses = 0
  /// It has been asked for, and the answer has not come.
  var isAsked = false
  /// What has been read so far.
  private(set) var versions = NameVersions()

  init(_ place: NamePlace) {
    self.place = place
    names = .allocate(capacity: 1)
    names.initialize(to: .none)
  }

  deinit {
    names.pointee.users.free()
    names.pointee.groups.free()
    names.deallocate()
  }

  /// Goes by what was read; what was not read stays as it was.
  func take(_ answer: NameAnswer) {
    isAsked = false
    versions = answer.versions
    if let users = answer.users {
      names.pointee.users.free()
      names.pointee.users = users
    }
    if let groups = answer.groups {
      names.pointee.groups.free()
      names.pointee.groups = groups
    }
  }
}

/// Where names are looked for.
struct NamePlace: Sendable {
  /// A process in the root.
  let process: UInt32
  /// The cgroup of its container; nil for the host.
  let cgroup: String?
  /// Its contid; 0 for the host.
  var contid: UInt64 = 0

  /// Of each file no more is read: a container must not fill our memory.
  private var limit: Int { cgroup == nil ? 16 << 20 : 256 << 10 }

  /// Reads what has changed. Lasts as long as the container's file systems like.
  func read(since known: NameVersions) -> NameAnswer {
    var answer = NameAnswer(versions: known)
    guard let root = ContainerRoot(ofProcess: process, in: cgroup) else { return answer }
    switch root.read("/etc/passwd", limit: limit, unless: known.passwd) {
    case .unchanged: break
    case .read(let content, let version):
      answer.users = IDTable(passwd: content)
      answer.versions.passwd = version
    case .none:
      answer.users = .empty
      answer.versions.passwd = nil
    }
    switch root.read("/etc/group", limit: limit, unless: known.group) {
    case .unchanged: break
    case .read(let content, let version):
      answer.groups = IDTable(group: content)
      answer.versions.group = version
    case .none:
      answer.groups = .empty
      answer.versions.group = nil
    }
    return answer
  }
}

/// The files that names were read from, as they were.
struct NameVersions: Sendable {
  var passwd: FileVersion?
  var group: FileVersion?
}

/// What has been read; whoever takes it frees the tables.
struct NameAnswer: Sendable {
  var versions: NameVersions
  /// nil: as before.
  var users: IDTable?
  var groups: IDTable?

  /// Nobody wants it any more.
  func free() {
    users?.free()
    groups?.free()
  }
}
