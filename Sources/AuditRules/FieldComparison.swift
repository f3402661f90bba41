/// What -C compares (include/uapi/linux/audit.h, AUDIT_COMPARE_*), named as auditctl -l names the two.
enum FieldComparison: UInt32, CaseIterable {
  case uidToObjUID = 1
  case gidToObjGID, euidToObjUID, egidToObjGID, auidToObjUID, suidToObjUID, sgidToObjGID
  case fsuidToObjUID, fsgidToObjGID
  case uidToAUID, uidToEUID, uidToFSUID, uidToSUID
  case auidToFSUID, auidToSUID, auidToEUID
  case euidToSUID, euidToFSUID
  case suidToFSUID
  case gidToEGID, gidToFSGID, gidToSGID
  case egidToFSGID, egidToSGID
  case sgidToFSGID

  var names: (String, String) {
    switch self {
    case .uidToObjUID: ("uid", "obj_uid")
    case .gidToObjGID: ("gid", "obj_gid")
    case .euidToObjUID: ("euid", "obj_uid")
    case .egidToObjGID: ("egid", "obj_gid")
    case .auidToObjUID: ("auid", "obj_uid")
    case .suidToObjUID: ("suid", "obj_uid")
    case .sgidToObjGID: ("sgid", "obj_gid")
    case .fsuidToObjUID: ("fsuid", "obj_uid")
    case .fsgidToObjGID: ("fsgid", "obj_gid")
    case .uidToAUID: ("uid", "auid")
    case .uidToEUID: ("uid", "euid")
    case .uidToFSUID: ("uid", "fsuid")
    case .uidToSUID: ("uid", "suid")
    case .auidToFSUID: ("auid", "fsuid")
    case .auidToSUID: ("auid", "suid")
    case .auidToEUID: ("auid", "euid")
    case .euidToSUID: ("euid", "suid")
    case .euidToFSUID: ("euid", "fsuid")
    case .suidToFSUID: ("suid", "fsuid")
    case .gidToEGID: ("gid", "egid")
    case .gidToFSGID: ("gid", "fsgid")
    case .gidToSGID: ("gid", "sgid")
    case .egidToFSGID: ("egid", "fsgid")
    case .egidToSGID: ("egid", "sgid")
    case .sgidToFSGID: ("sgid", "fsgid")
    }
  }
}

extension FieldComparison {
  /// The other side of a comparison: the task's own, or that of the objects.
  enum Right {
    case number(UInt32)
    case owner
    case ownerGroup
  }

  var isAboutAUID: Bool { names.0 == "auid" || names.1 == "auid" }

  func left(of subject: RuleSubject) -> UInt32 {
    switch self {
    case .uidToObjUID, .uidToAUID, .uidToEUID, .uidToFSUID, .uidToSUID: subject.uid
    case .gidToObjGID, .gidToEGID, .gidToFSGID, .gidToSGID: subject.gid
    case .euidToObjUID, .euidToSUID, .euidToFSUID: subject.euid
    case .egidToObjGID, .egidToFSGID, .egidToSGID: subject.egid
    case .auidToObjUID, .auidToFSUID, .auidToSUID, .auidToEUID: subject.auid
    case .suidToObjUID, .suidToFSUID: subject.suid
    case .sgidToObjGID, .sgidToFSGID: subject.sgid
    case .fsuidToObjUID: subject.fsuid
    case .fsgidToObjGID: subject.fsgid
    }
  }

  func right(of subject: RuleSubject) -> Right {
    switch self {
    case .uidToObjUID, .euidToObjUID, .auidToObjUID, .suidToObjUID, .fsuidToObjUID: .owner
    case .gidToObjGID, .egidToObjGID, .sgidToObjGID, .fsgidToObjGID: .ownerGroup
    case .uidToAUID: .number(subject.auid)
    case .uidToEUID, .auidToEUID: .number(subject.euid)
    case .uidToFSUID, .auidToFSUID, .euidToFSUID, .suidToFSUID: .number(subject.fsuid)
    case .uidToSUID, .auidToSUID, .euidToSUID: .number(subject.suid)
    case .gidToEGID: .number(subject.egid)
    case .gidToFSGID, .egidToFSGID, .sgidToFSGID: .number(subject.fsgid)
    case .gidToSGID, .egidToSGID: .number(subject.sgid)
    }
  }
}
