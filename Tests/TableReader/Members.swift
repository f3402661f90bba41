@testable import AuditRules
import CNestaudit
import CTableReader

extension RuleSubject {
  /// What an event has several of, as bpf/lib/members.h gathers it.
  func fillSets(_ event: inout reader_event) {
    withUnsafeMutableBytes(of: &event.set) { bytes in
      let sets = bytes.bindMemory(to: reader_set.self)
      func set(_ field: rule_field, _ members: [UInt32]?) {
        sets[Int(field.rawValue)].count = .max
        guard let members, members.count <= Int(READER_SET_MAX) else { return }
        sets[Int(field.rawValue)].count = UInt32(members.count)
        withUnsafeMutableBytes(of: &sets[Int(field.rawValue)].member) { bytes in
          _ = bytes.bindMemory(to: UInt32.self).update(fromContentsOf: members)
        }
      }
      set(RULE_FIELD_GID, [gid] + groups)
      set(RULE_FIELD_EGID, [egid] + groups)
      set(RULE_FIELD_CONTID, contids.isEmpty ? [.max] : contids.map(Self.told))
      // BPF knows of two files, and only by their objects.
      let isKnown = names.count <= 2 && names.allSatisfy { $0.hasObject && !$0.isDoubtful }
      func objects(_ field: rule_field, _ values: (RuleName) -> [UInt32]) {
        set(field, isKnown ? names.flatMap(values) : nil)
      }
      objects(RULE_FIELD_INODE) { [UInt32(truncatingIfNeeded: $0.ino)] }
      objects(RULE_FIELD_DEVMAJOR) { [$0.dev >> 20, $0.rdev >> 20] }
      objects(RULE_FIELD_DEVMINOR) { [$0.dev & 0xfffff, $0.rdev & 0xfffff] }
      objects(RULE_FIELD_FILETYPE) { [$0.mode & 0o170000] }
      objects(RULE_FIELD_OBJ_UID) { [$0.uid] }
      objects(RULE_FIELD_OBJ_GID) { [$0.gid] }
      for comparison in FieldComparison.allCases {
        let field = rule_field(RULE_FIELD_COMPARE.rawValue + comparison.rawValue - 1)
        let left = comparison.left(of: self)
        let unset: UInt32 = auid == .max ? 2 : 0
        switch comparison.right(of: self) {
        case .number: break
        case .owner: objects(field) { [($0.uid == left ? 1 : 0) | unset] }
        case .ownerGroup: objects(field) { [($0.gid == left ? 1 : 0) | unset] }
        }
      }
    }
  }

  private static func told(_ contid: UInt64) -> UInt32 {
    contid == .max ? .max : UInt32(min(contid, UInt64(UInt32.max - 1)))
  }
}
