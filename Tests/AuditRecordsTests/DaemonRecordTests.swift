import Testing

@testable import AuditRecords

struct DaemonRecordTests {
  @Test func whatChangesIsSaidAsTheKernelSaysIt() {
    #expect(
      line(.ruleChanged(added: true, key: Array("k".utf8), list: 4, auid: 5, session: 6))
        .hasSuffix(": auid=5 ses=6 op=add_rule key=\"k\" list=4 res=1\n"))
    #expect(
      line(.ruleChanged(added: false, key: Array("a\u{1}b".utf8), list: 1, auid: 5, session: 6))
        .hasSuffix(" op=remove_rule key=610162 list=1 res=1\n"))
    #expect(
      line(.settingChanged(name: "audit_enabled", value: 2, old: 1, auid: 5, session: 6))
        .hasSuffix(": op=set audit_enabled=2 old=1 auid=5 ses=6 res=1\n"))
  }

  private func line(_ record: DaemonRecord) -> String {
    written { record.append(to: &$0, seconds: 1_700_000_000, milliseconds: 5, serial: 9) }
  }

  @Test func theyHaveTheLabelWhereAuditdHasIt() {
    let label = "prof (enforce)"
    #expect(
      line(.start(version: "1", kernel: "6", auid: 1, session: 2, pid: 4, uid: 0, label: label))
        .hasSuffix(" uid=0 ses=2 subj=prof (enforce) res=success\n"))
    #expect(
      line(.end(auid: 0, uid: 0, session: 1, pid: 2, label: label))
        .hasSuffix(" ses=1 pid=2 subj=prof (enforce) res=success\n"))
    #expect(
      line(.reconfigured(auid: 0, uid: 0, session: 1, pid: 2, label: label))
        .hasSuffix(" ses=1 pid=2 subj=prof (enforce) res=success\n"))
    #expect(
      line(
        .ruleChanged(
          added: true, key: nil, list: 4, auid: 5, session: 6, label: label)
      ).hasSuffix(": auid=5 ses=6 subj=prof (enforce) op=add_rule key=(null) list=4 res=1\n"))
    #expect(
      line(
        .settingChanged(
          name: "audit_enabled", value: 2, old: 1, auid: 5, session: 6, label: label)
      ).hasSuffix(" old=1 auid=5 ses=6 subj=prof (enforce) res=1\n"))
  }

  @Test func theyReadAsAuditdsOwn() {
    #expect(
      line(.start(version: "1.0", kernel: "6.18", auid: .max, session: .max, pid: 4, uid: 0))
        == "type=DAEMON_START msg=audit(1700000000.005:9): op=start ver=1.0 format=raw "
        + "kernel=6.18 auid=4294967295 pid=4 uid=0 ses=4294967295 res=success\n")
    #expect(
      line(.end(auid: 0, uid: 0, session: 1, pid: 2))
        == "type=DAEMON_END msg=audit(1700000000.005:9): op=terminate auid=0 uid=0 ses=1 pid=2 "
        + "res=success\n")
    #expect(
      line(.reconfigured(auid: 0, uid: 0, session: 1, pid: 2))
        == "type=DAEMON_CONFIG msg=audit(1700000000.005:9): op=reconfigure state=changed auid=0 "
        + "uid=0 ses=1 pid=2 res=success\n")
    #expect(
      line(.lostEvents(3, total: 10))
        == "type=DAEMON_ERR msg=audit(1700000000.005:9): op=lost-events lost=3 total=10 "
        + "res=failed\n")
    #expect(
      line(.unconfirmedNames(3, total: 10))
        == "type=DAEMON_ERR msg=audit(1700000000.005:9): op=unconfirmed-names names=3 total=10 "
        + "res=failed\n")
  }
}
