import AuditRules
import Collector
import Control

/// Rules on their way through the control socket.
extension RulesReply {
  init(_ snapshot: RulesSnapshot) {
    self.init(
      daemon: snapshot.daemon, rules: zip(snapshot.rules, snapshot.standings).map(Rule.init),
      listing: AuditRules.Rule.listing(snapshot.rules),
      unsetAUIDMatches: snapshot.options.unsetAUIDMatches, isAUIDUnset: snapshot.isAUIDUnset,
      knowsNamedFiles: snapshot.knowsNamedFiles, rootProcess: snapshot.rootProcess,
      forms: snapshot.rules.map(Form.init),
      roots: snapshot.roots.map(Root.init))
  }
}

extension RulesReply.Root {
  init(_ root: RulesSnapshot.Root) {
    self.init(
      contid: root.contid, process: root.process,
      watched: root.watched.map { path, file in
        .init(
          path: path.path, follows: path.follows, dev: file.dev, ino: file.ino,
          isDirectory: file.isDirectory,
          mounts: file.mounts.map { .init(dev: $0.dev, ino: $0.ino) })
      })
  }
}

extension RulesReply.Form {
  init(_ rule: Rule) {
    self.init(
      list: rule.list.rawValue, action: rule.action.rawValue, syscalls: rule.syscalls,
      fields: rule.fields.map {
        Field(
          type: $0.type, operation: $0.operation.rawValue, value: $0.value, string: $0.string,
          contid: $0.contid)
      },
      isWatch: rule.isWatch, file: rule.place.file, line: rule.place.line)
  }
}

extension Rule {
  /// AUDIT_BITMASK_SIZE
  private static let syscallWords = 64

  /// nil for what no version of this program knows.
  init?(_ form: RulesReply.Form) {
    guard let list = RuleList(rawValue: form.list), let action = RuleAction(rawValue: form.action),
      form.syscalls.count == Self.syscallWords
    else { return nil }
    var fields: [Field] = []
    for field in form.fields {
      guard let operation = Operator(rawValue: field.operation) else { return nil }
      fields.append(
        Field(
          type: field.type, operation: operation, value: field.value, string: field.string,
          contid: field.contid))
    }
    self.init(
      list: list, action: action, syscalls: form.syscalls, fields: fields,
      place: Place(file: form.file, line: form.line), isWatch: form.isWatch)
  }
}
