import CLibAudit

/// The fields that are told apart by more than their number.
enum AuditField {
  static let architecture = AUDIT_ARCH
  static let key = Int32(AUDIT_FILTERKEY)
  static let permission = Int32(AUDIT_PERM)
  static let path = Int32(AUDIT_WATCH)
  static let directory = Int32(AUDIT_DIR)
  static let executable = Int32(AUDIT_EXE)

  /// AUDIT_SUBJ_USER … AUDIT_OBJ_LEV_HIGH, without AUDIT_PPID in between.
  static func isLabel(_ type: Int32) -> Bool {
    (AUDIT_SUBJ_USER...AUDIT_OBJ_LEV_HIGH).contains(type) && type != AUDIT_PPID
  }

  static func isString(_ type: Int32) -> Bool {
    isLabel(type) || [key, path, directory, executable].contains(type)
  }

  static func isUser(_ type: Int32) -> Bool {
    [AUDIT_UID, AUDIT_EUID, AUDIT_SUID, AUDIT_FSUID, AUDIT_OBJ_UID].contains(type)
  }

  static func isGroup(_ type: Int32) -> Bool {
    [AUDIT_GID, AUDIT_EGID, AUDIT_SGID, AUDIT_FSGID, AUDIT_OBJ_GID].contains(type)
  }

  static func name(_ type: Int32) -> String {
    if type == Rule.Field.contid { return "contid" }
    return audit_field_to_name(type).map { String(cString: $0) } ?? "f\(type)"
  }
}
