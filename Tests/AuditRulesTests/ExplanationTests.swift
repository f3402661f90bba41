import Testing

@testable import AuditRules

struct ExplanationTests {
  /// An openat of /etc/passwd for reading, inode 5 on device 1, by a task without an auid.
  private static var event: RecordedEvent {
    var event = RecordedEvent(arch: AuditArch.x86_64, syscall: 257)
    event.result = -13
    event.arguments = [0xffff_ff9c, 0x7ffc_0000_1000, 0x80000, 0]
    for name in [
      "pid", "ppid", "uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid", "pers",
    ] { event.numbers[name] = 0 }
    event.numbers["auid"] = .max
    event.numbers["sessionid"] = .max
    event.executable = "/bin/cat"
    event.names = [
      RecordedName(
        shown: "/etc/passwd", text: .path(Array("/etc/passwd".utf8)),
        object: .init(dev: 1, ino: 5, mode: 0o100644))
    ]
    return event
  }

  /// Inodes on device 1.
  private static let files = RuleFiles(
    inodes: ["/etc": 2, "/etc/passwd": 5, "/etc/hosts": 6, "/bin/cat": 7, "/bin/dog": 7],
    directories: ["/etc"],
    ancestry: { path in
      path == "/etc/passwd" ? [5, 2, 1].map { RootFile(dev: 1, ino: $0) } : nil
    })

  private func explain(
    _ rules: String, _ event: RecordedEvent = event, files: RuleFiles = files,
    options: RuleOptionsOfScope = .init()
  ) throws -> RuleExplanation {
    let ruleset = try RuleFile.parse(rules, file: "test")
    return ExplainedRuleset(ruleset.rules, options: options).explain(event, files: files)
  }

  /// What became of `-a always,exit -F arch=b64 -S openat` with one more condition.
  private func outcome(
    _ condition: String, _ event: RecordedEvent = event, files: RuleFiles = files
  ) throws -> String {
    let rule = "-a always,exit -F arch=b64 -S openat \(condition)"
    let tried = try explain(rule, event, files: files).tried
    switch try #require(tried.first).outcome {
    case .met: return "met"
    case .failed(let finding): return "\(finding.condition): \(finding.detail)"
    case .untold(let findings):
      return "? " + findings.map { "\($0.condition): \($0.detail)" }.joined(separator: "; ")
    }
  }

  @Test(arguments: [
    ("-F auid>=1000", "met"), ("-F auid=1000", "auid=1000: auid is unset (4294967295)"),
    ("-F uid=33", "uid=33: uid is 0"), ("-F exit=-13", "met"),
    ("-F exit=-EPERM", "exit=-EPERM: exit is -13 (EACCES)"),
    ("-F success=1", "success=1: success is no"), ("-F success=0", "met"),
    ("-F a1=0x1001", "a1=0x1001: a1 is 0x7ffc00001000, of which 0x1000 is compared"),
    ("-F a2=1", "a2=0x1: a2 is 0x80000"),
    ("-F a2&0x80000", "met"), ("-F pers=8", "pers=8: pers is 0x0"),
    ("-F sessionid=1", "sessionid=1: sessionid is unset (4294967295)"),
    ("-F perm=w", "perm=w: it opens for reading"), ("-F perm=r", "met"),
    ("-F path=/etc/passwd", "met"),
    (
      "-F path=/etc/hosts",
      "path=/etc/hosts: the name is /etc/passwd (inode 5 on 00:01); at /etc/hosts is inode 6 on "
        + "00:01 now"
    ),
    ("-F dir=/etc", "met"),
    (
      "-F dir=/srv", "dir=/srv: the name is /etc/passwd (inode 5 on 00:01); at /srv is nothing now"
    ),
    ("-F inode=6", "inode=6: /etc/passwd: inode is 5"), ("-F obj_uid=0", "met"),
    ("-F filetype=dir", "filetype=16384: /etc/passwd: mode is 0100644"),
    ("-F filetype!=dir", "met"), ("-F exe=/bin/dog", "met"),
    ("-F exe=/bin/cow", "exe=/bin/cow: exe is /bin/cat"), ("-F exe!=/bin/cow", "met"),
    ("-C uid!=euid", "uid!=euid: uid is 0, euid is 0"), ("-C uid=obj_uid", "met"),
    ("-F saddr_fam=2", "saddr_fam=2: no address was given"),
    ("-F gid=0", "met"), ("-F gid=5", "? gid=5: gid is 0, supplementary groups"),
    ("-F gid!=0", "gid!=0: gid is 0"), ("-F gid!=5", "? gid!=5: gid is 0, supplementary groups"),
    ("-F gid>=1", "gid>=1: gid is 0"), ("-F sgid=5", "sgid=5: sgid is 0"),
  ])
  func aConditionIsSaidWithItsValue(condition: String, said: String) throws {
    #expect(try outcome(condition) == said)
  }

  @Test func theFirstConditionThatFailedIsSaid() throws {
    #expect(try outcome("-F gid=5 -F uid=33 -F euid=34") == "uid=33: uid is 0")
  }

  @Test(arguments: [-1, 2048, Int32.max]) func noRuleNamesASyscallBeyondTheMasks(number: Int32)
    throws
  {
    var event = Self.event
    event.syscall = number
    let explanation = try explain("-a always,exit -S all", event)
    #expect(explanation.tried == [])
    #expect(explanation.deciders == [nil])
  }

  @Test func labelsNeverMatch() throws {
    #expect(try outcome("-F subj_type=x").contains("not told by the record"))
  }

  @Test func whatIsNotThereIsNotGuessed() throws {
    var event = Self.event
    event.names = [nil]
    #expect(try outcome("-F dir=/etc", event) == "? dir=/etc: the records lack PATH item 0")
    #expect(try outcome("-F path=/x", event) == "? path=/x: the records lack PATH item 0")
    #expect(try outcome("-F obj_uid=1", event).hasPrefix("? "))
    event = Self.event
    event.executable = nil
    #expect(try outcome("-F exe=/bin/cat", event) == "? exe=/bin/cat: the program's inode")
    event.names[0]!.text = .untold
    #expect(try outcome("-F path=/etc/hosts", event).hasPrefix("? "))
    #expect(try outcome("-F path=/etc/passwd", event) == "met", "by its inode")
    // Another root's name: what is above the object is not known.
    event.names[0]!.text = .none
    #expect(try outcome("-F dir=/etc", event).hasPrefix("? dir=/etc: which directories"))
    #expect(try outcome("-F path=/etc/hosts", event).hasPrefix("path=/etc/hosts: "))
  }

  @Test func aFileThatWasReplacedIsKnownByItsName() throws {
    var event = Self.event
    event.names[0]!.object!.ino = 99
    #expect(try outcome("-F path=/etc/passwd", event) == "met")
    var files = Self.files
    // Its directory leads through no link.
    files.ancestry = { $0 == "/etc" ? [2, 1].map { RootFile(dev: 1, ino: $0) } : nil }
    #expect(try outcome("-F dir=/etc", event, files: files) == "met")
    files.ancestry = { _ in nil }
    #expect(try outcome("-F dir=/etc", event, files: files).hasPrefix("? "))
    // The rule means a link itself, and not what it leads to.
    files.object = { RootFile(dev: 1, ino: $0 == "/etc/passwd" && $1 ? 99 : 5) }
    #expect(try outcome("-F path=/etc/passwd", event, files: files).hasPrefix("path="))
  }

  @Test func aboveAMountInThePathNothingIsKnown() throws {
    var event = Self.event
    event.names[0]!.text = .path(Array("/mnt/part/x".utf8))
    var files = Self.files
    files.ancestry = { $0 == "/mnt/part/x" ? [5, 4].map { RootFile(dev: 1, ino: $0) } : nil }
    files.watched = { path, _ in RootFile(dev: 1, ino: path == "/mnt/part" ? 4 : 8) }
    #expect(try outcome("-F dir=/mnt/part", event, files: files) == "met")
    #expect(try outcome("-F dir=/mnt/part/y", event, files: files).hasPrefix("dir="))
    #expect(try outcome("-F dir=/srv", event, files: files).hasPrefix("? dir=/srv: which"))
    // What is mounted below a directory counts as a part of it.
    files.watched = { _, _ in
      RootFile(dev: 9, ino: 8, isDirectory: true, mounts: [RootFile(dev: 1, ino: 4)])
    }
    #expect(try outcome("-F dir=/mnt", event, files: files) == "met")
  }

  @Test func withoutARootTextStillTells() throws {
    #expect(try outcome("-F path=/etc/passwd", files: .unknown) == "met")
    #expect(try outcome("-F path=/etc/hosts", files: .unknown).hasPrefix("? "))
  }

  @Test func flagsOfOpenat2AreNotInItsArguments() throws {
    var event = Self.event
    event.syscall = 437
    let rules = "-w /etc/passwd -p w -k w\n-w /etc/passwd -p rw -k rw"
    let explanation = try explain(rules, event)
    #expect(explanation.deciders == [0, 1])
    event.openFlags = 0
    #expect(try explain(rules, event).deciders == [1])
  }

  @Test func unsetAUIDMatchesWhereTheDaemonSaysSo() throws {
    let rule = "-a always,exit -S openat -F auid=1000"
    #expect(try explain(rule).deciders == [nil])
    #expect(try explain(rule, options: .init(unsetAUIDMatches: true)).deciders == [0])
  }

  @Test func theFirstOnTheListDecides() throws {
    let explanation = try explain(
      """
      -a never,exit -F arch=b64 -S openat -F uid=1
      -a always,exit -F arch=b64 -S openat -k a
      -a always,exit -F arch=b64 -S openat -F uid=0 -k b
      -a always,exit -F arch=b32 -S open -k c
      """)
    #expect(explanation.deciders == [1])
    #expect(explanation.tried.map(\.rule) == [0, 1, 2])
    #expect(explanation.tried[2].outcome == .met)
    #expect(explanation.passedOver == 1)
  }

  @Test func aRuleFoundByANameCountsOnlyBeforeThatOfTheList() throws {
    let path = "-a always,exit -F arch=b64 -S openat -F path=/etc/passwd -k p"
    let list = "-a always,exit -F arch=b64 -S openat -F uid=0 -k l"
    #expect(try explain("\(path)\n\(list)").deciders == [0])
    #expect(try explain("\(list)\n\(path)").deciders == [0])
  }

  @Test func whatIsOpenStaysOpenAndTheKeyNarrowsIt() throws {
    var event = Self.event
    event.key = .some(Array("l".utf8))
    let explanation = try explain(
      """
      -a always,exit -F arch=b64 -S openat -F gid=5 -k g
      -a always,exit -F arch=b64 -S openat -k l
      """, event)
    #expect(explanation.deciders == [0, 1])
    #expect(explanation.fitting == [1])
  }

  /// What `decide` says is always among the deciders, most of which are certain.
  @Test func itAgreesWithTheDaemon() throws {
    let conditions = [
      "-F uid=0", "-F uid!=0", "-F auid>=1000", "-F a2=2", "-F exit=0", "-F success=0", "-F perm=w",
      "-F path=/a/b", "-F dir=/a", "-F inode=11", "-F obj_uid=3", "-F gid=7", "-C uid=obj_uid",
      "-F filetype=file",
    ]
    var random = SystemRandomNumberGenerator()
    var certain = 0
    for _ in 0..<2000 {
      var lines: [String] = []
      for number in 0..<Int.random(in: 1...4, using: &random) {
        let chosen = conditions.shuffled(using: &random).prefix(
          Int.random(in: 0...2, using: &random))
        let action = Bool.random(using: &random) ? "always" : "never"
        let rule = "-a \(action),exit -F arch=b64 -S openat \(chosen.joined(separator: " "))"
        lines.append(rule + " -k k\(number)")
      }
      // Two of inode, path and dir in one rule are refused.
      guard let ruleset = try? RuleFile.parse(lines.joined(separator: "\n"), file: "test") else {
        continue
      }
      var subject = Subject()
      subject.uid = [0, 3].randomElement(using: &random)!
      subject.gid = [0, 7].randomElement(using: &random)!
      subject.groups = Bool.random(using: &random) ? [7] : []
      subject.auid = [.max, 5].randomElement(using: &random)!
      subject.result = [-2, 0].randomElement(using: &random)!
      subject.args.2 = UInt64.random(in: 0...2, using: &random)
      // The second is a link to what the first is.
      let files: [(String, UInt64, [UInt64])] = [
        ("/a/b", 11, [10, 1]), ("/c", 11, [10, 1]), ("/c", 12, [1]), ("/a/b", 0, []), ("/c", 0, []),
      ]
      subject.names = (0..<Int.random(in: 0...2, using: &random)).map { _ in
        let (text, ino, above) = files.randomElement(using: &random)!
        return Subject.Name(
          text: text, ino: ino, uid: ino == 0 ? 0 : [0, 3].randomElement(using: &random)!,
          above: above)
      }
      let inodes: [String: UInt64] = ["/a": 10, "/a/b": 11, "/c": 12]
      let compiled = CompiledRuleset(ruleset)
      let verdict = subject.verdict(
        of: compiled, watches: compiled.watchPaths.map { inodes[$0.path] ?? 0 }, directories: [10])
      let explanation = ExplainedRuleset(ruleset.rules, options: .init()).explain(
        subject.recorded,
        files: RuleFiles(inodes: inodes, directories: ["/a"], ancestry: { _ in nil }))
      let decided: (Int?) -> Bool = { rule in
        switch verdict {
        case .noMatch: rule == nil
        case .never: rule.map { ruleset.rules[$0].action == .never } ?? false
        case .always(let number, _): rule == number
        }
      }
      if explanation.deciders.count == 1 { certain += 1 }
      #expect(explanation.deciders.contains(where: decided), "\(lines) \(subject) \(verdict)")
    }
    #expect(certain > 500)
  }
}

extension RuleFiles {
  fileprivate init(
    inodes: [String: UInt64], directories: Set<String>,
    ancestry: @escaping @Sendable (String) -> [RootFile]?
  ) {
    let look: @Sendable (String, Bool) -> RootFile? = { path, _ in
      RootFile(dev: 1, ino: inodes[path] ?? 0, isDirectory: directories.contains(path))
    }
    self.init(watched: look, object: look, ancestry: ancestry)
  }
}

extension Subject {
  /// The same event as records tell it.
  fileprivate var recorded: RecordedEvent {
    var event = RecordedEvent(arch: arch, syscall: syscall)
    event.result = result
    event.arguments = [args.0, args.1, args.2, args.3]
    event.numbers = [
      "pid": 10, "ppid": 9, "uid": uid, "euid": euid ?? uid, "suid": uid, "fsuid": uid, "gid": gid,
      "egid": gid, "sgid": gid, "fsgid": gid, "auid": auid, "sessionid": .max, "pers": 0,
    ]
    event.names = names.map { name in
      RecordedName(
        shown: name.text, text: .path(Array(name.text.utf8)),
        object: name.ino == 0
          ? nil : .init(dev: name.dev, ino: name.ino, mode: name.mode, uid: name.uid))
    }
    return event
  }
}
