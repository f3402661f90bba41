import CLibAudit

/// Why the kernel refuses a rule: its errno as auditctl prints it, and in our words.
struct KernelRefusal: Error {
  let reason: String

  init(_ reason: String) { self.reason = "\(reason) (Invalid argument)" }
}

extension Rule {
  /// What the kernel's audit would not take (kernel/auditfilter.c: audit_to_entry_common, audit_field_valid,
  /// audit_data_to_entry; audit_watch.c, audit_to_watch; audit_tree.c, audit_make_tree; audit_fsnotify.c).
  func checkAsKernel() throws(KernelRefusal) {
    var seenKey = false
    var seenExecutable = false
    var seenFile = false
    for field in fields {
      try check(field)
      switch field.type {
      case AuditField.key:
        if seenKey { throw KernelRefusal("a rule has one key") }
        seenKey = true
      case AuditField.executable:
        if seenExecutable { throw KernelRefusal("a rule has one exe") }
        seenExecutable = true
      case AuditField.path, AuditField.directory, AUDIT_INODE:
        if seenFile { throw KernelRefusal("a rule has one of inode, path and dir") }
        seenFile = true
      default: break
      }
    }
    let bytes = fields.reduce(1040) { $0 + ($1.string?.count ?? 0) }
    if bytes + 16 > 8970 { throw KernelRefusal("the rule is longer than a message to the kernel") }
  }

  private func check(_ field: Field) throws(KernelRefusal) {
    let name = AuditField.name(field.type)
    func only(_ lists: RuleList...) throws(KernelRefusal) {
      if !lists.contains(list) {
        throw KernelRefusal("\(name) does not go with list \(list.name)")
      }
    }
    if list == .filesystem, field.type != AUDIT_FSTYPE, field.type != AuditField.key {
      throw KernelRefusal("list filesystem takes fstype and key alone")
    }
    switch field.type {
    case AUDIT_MSGTYPE: try only(.exclude, .user)
    case AUDIT_FSTYPE: try only(.filesystem)
    case AuditField.permission: if list == .ioUring { try only(.exit) }
    case AuditField.path, AuditField.directory, AUDIT_INODE: try only(.exit, .ioUring)
    default: break
    }
    try checkOperator(field, name)
    try checkValue(field, name)
  }

  private func checkOperator(_ field: Field, _ name: String) throws(KernelRefusal) {
    let isOrdered = ![.bitMask, .bitTest].contains(field.operation)
    let isEquality = [.equal, .notEqual].contains(field.operation)
    switch field.type {
    case AUDIT_ARG0, AUDIT_ARG1, AUDIT_ARG2, AUDIT_ARG3, AUDIT_PERS, AUDIT_DEVMINOR,
      Field.contid:
      break
    case AUDIT_LOGINUID where field.value == .max:
      if !isEquality { throw KernelRefusal("\(name) against unset takes = and != alone") }
    case AUDIT_UID, AUDIT_EUID, AUDIT_SUID, AUDIT_FSUID, AUDIT_LOGINUID, AUDIT_OBJ_UID,
      AUDIT_GID, AUDIT_EGID, AUDIT_SGID, AUDIT_FSGID, AUDIT_OBJ_GID, AUDIT_PID, AUDIT_MSGTYPE,
      AUDIT_PPID, AUDIT_DEVMAJOR, AUDIT_EXIT, AUDIT_SUCCESS, AUDIT_SESSIONID, AUDIT_SUBJ_SEN,
      AUDIT_SUBJ_CLR, AUDIT_OBJ_LEV_LOW, AUDIT_OBJ_LEV_HIGH, AUDIT_SADDR_FAM:
      if !isOrdered { throw KernelRefusal("\(name) takes neither & nor &=") }
    case AuditField.path, AuditField.directory:
      if field.operation != .equal { throw KernelRefusal("\(name) takes = alone") }
    case AUDIT_SUBJ_USER, AUDIT_SUBJ_ROLE, AUDIT_SUBJ_TYPE, AUDIT_OBJ_USER, AUDIT_OBJ_ROLE,
      AUDIT_OBJ_TYPE, AuditField.key, AUDIT_LOGINUID_SET, AUDIT_ARCH, AUDIT_FSTYPE,
      AuditField.permission, AUDIT_FILETYPE, AUDIT_FIELD_COMPARE, AuditField.executable,
      AUDIT_INODE:
      if !isEquality { throw KernelRefusal("\(name) takes = and != alone") }
    default:
      throw KernelRefusal("the kernel does not know the field \(name)")
    }
  }

  private func checkValue(_ field: Field, _ name: String) throws(KernelRefusal) {
    if let string = field.string {
      if string.isEmpty { throw KernelRefusal("\(name) has no value") }
      if string.count > 4096 { throw KernelRefusal("\(name) is longer than 4096 bytes") }
      let slash = UInt8(ascii: "/")
      if [AuditField.path, AuditField.directory, AuditField.executable].contains(field.type),
        string[0] != slash
      {
        throw KernelRefusal("\(name) must begin with '/'")
      }
      // A watch on the root is one on a directory, whose path may end so.
      if [AuditField.path, AuditField.executable].contains(field.type), string.last == slash,
        !(isWatch && string.allSatisfy { $0 == slash })
      {
        throw KernelRefusal("\(name) must not end with '/'")
      }
      return
    }
    switch field.type {
    case _ where AuditField.isUser(field.type) || AuditField.isGroup(field.type):
      if field.value == .max { throw KernelRefusal("\(name) cannot be 4294967295") }
    case AUDIT_LOGINUID_SET:
      if field.value > 1 { throw KernelRefusal("\(name) is 0 or 1") }
    case AUDIT_FILETYPE:
      if field.value & ~0o170000 != 0 { throw KernelRefusal("\(name) is no type of file") }
    default: break
    }
  }
}
