import Testing

@testable import AuditRecords

struct DaemonRecordTests {
  private typealias Asker = DaemonRecord.Asker

  private func line(_ record: DaemonRecord) -> String {
    written { record.append(to: &$0, seconds: 1_700_000_000, milliseconds: 5, serial: 9) }
  }

  @Test func whatChangesIsSaidAsTheKernelSaysIt() {
    let asker = Asker(auid: 5, uid: 0, session: 6, pid: 7)
    #expect(
      line(.ruleChanged(added: true, key: Array("k".utf8), list: 4, asker))
        == "type=CONFIG_CHANGE msg=audit(1700000000.005:9): auid=5 ses=6 op=add_rule key=\"k\" "
        + "list=4 res=1\n")
    #expect(
      line(.ruleChanged(added: false, key: Array("a\u{1}b".utf8), list: 1, asker))
        .hasSuffix(" op=remove_rule key=610162 list=1 res=1\n"))
    #expect(
      line(.ruleChanged(added: true, key: nil, list: 4, asker, isDone: false))
        .hasSuffix(": auid=5 ses=6 op=add_rule key=(null) list=4 res=0\n"))
    #expect(
      line(.settingChanged(name: "audit_enabled", value: 2, old: 1, asker))
        .hasSuffix(": op=set audit_enabled=2 old=1 auid=5 ses=6 res=1\n"))
    #expect(
      line(.settingChanged(name: "audit_rate_limit", value: 9, old: 0, asker, isDone: false))
        .hasSuffix(": op=set audit_rate_limit=9 old=0 auid=5 ses=6 res=0\n"))
  }

  @Test func whatIsRefusedIsSaidAsTheKernelSaysIt() {
    let asker = Asker(auid: 5, uid: 65534, session: 6, pid: 7)
    #expect(
      line(.refused(operation: "add_rule", asker, isLocked: true))
        == "type=CONFIG_CHANGE msg=audit(1700000000.005:9): pid=7 uid=65534 auid=5 ses=6 "
        + "op=add_rule audit_enabled=2 res=0\n")
    #expect(
      line(.refused(operation: "tail", asker, isLocked: false))
        .hasSuffix(": pid=7 uid=65534 auid=5 ses=6 op=tail res=0\n"))
  }

  @Test func theyHaveTheLabelWhereAuditdHasIt() {
    let asker = Asker(auid: 5, uid: 0, session: 6, pid: 2, label: "prof (enforce)")
    #expect(
      line(.start(version: "1", kernel: "6", asker))
        .hasSuffix(" uid=0 ses=6 subj=prof (enforce) res=success\n"))
    for record in [DaemonRecord.end(asker), .reconfigured(asker), .rotated(asker), .resumed(asker)]
    {
      #expect(line(record).hasSuffix(" ses=6 pid=2 subj=prof (enforce) res=success\n"))
    }
    #expect(
      line(.ruleChanged(added: true, key: nil, list: 4, asker))
        .hasSuffix(": auid=5 ses=6 subj=prof (enforce) op=add_rule key=(null) list=4 res=1\n"))
    #expect(
      line(.settingChanged(name: "audit_enabled", value: 2, old: 1, asker))
        .hasSuffix(" old=1 auid=5 ses=6 subj=prof (enforce) res=1\n"))
    #expect(
      line(.refused(operation: "set", asker, isLocked: false))
        .hasSuffix(": pid=2 uid=0 auid=5 ses=6 subj=prof (enforce) op=set res=0\n"))
  }

  @Test func theyReadAsAuditdsOwn() {
    let collector = Asker(auid: .max, uid: 0, session: .max, pid: 4)
    #expect(
      line(.start(version: "1.0", kernel: "6.18", collector))
        == "type=DAEMON_START msg=audit(1700000000.005:9): op=start ver=1.0 format=raw "
        + "kernel=6.18 auid=4294967295 pid=4 uid=0 ses=4294967295 res=success\n")
    let asker = Asker(auid: 0, uid: 0, session: 1, pid: 2)
    #expect(
      line(.end(asker))
        == "type=DAEMON_END msg=audit(1700000000.005:9): op=terminate auid=0 uid=0 ses=1 pid=2 "
        + "res=success\n")
    #expect(
      line(.reconfigured(asker))
        == "type=DAEMON_CONFIG msg=audit(1700000000.005:9): op=reconfigure state=changed auid=0 "
        + "uid=0 ses=1 pid=2 res=success\n")
    #expect(
      line(.rotated(asker))
        == "type=DAEMON_ROTATE msg=audit(1700000000.005:9): op=rotate-logs auid=0 uid=0 ses=1 "
        + "pid=2 res=success\n")
    #expect(
      line(.resumed(asker))
        == "type=DAEMON_RESUME msg=audit(1700000000.005:9): op=resume-logging auid=0 uid=0 ses=1 "
        + "pid=2 res=success\n")
  }

  @Test func theyCountWhatIsMissing() {
    #expect(
      line(.lostEvents(3, total: 10, causes: [("ring_full", 1), ("rate", 2)]))
        == "type=DAEMON_ERR msg=audit(1700000000.005:9): op=lost-events lost=3 total=10 "
        + "ring_full=1 rate=2 res=failed\n")
    #expect(
      line(.lostParts(3, total: 10))
        == "type=DAEMON_ERR msg=audit(1700000000.005:9): op=lost-parts parts=3 total=10 "
        + "res=failed\n")
    #expect(
      line(.unconfirmedNames(3, total: 10))
        == "type=DAEMON_ERR msg=audit(1700000000.005:9): op=unconfirmed-names names=3 total=10 "
        + "res=failed\n")
    #expect(
      line(.logQuota(bytes: 4096))
        == "type=DAEMON_ERR msg=audit(1700000000.005:9): op=log-quota bytes=4096 res=failed\n")
    #expect(
      line(.refusedRequests(3, total: 10))
        == "type=DAEMON_ERR msg=audit(1700000000.005:9): op=refused-requests requests=3 total=10 "
        + "res=failed\n")
  }

  @Test func theContainersOfTheAskerGoBefore() {
    let asker = Asker(auid: 0, uid: 0, session: 1, pid: 2, chain: "4,^2")
    #expect(DaemonRecord.end(asker).lines == 2)
    #expect(
      line(.end(asker))
        == "type=CONTAINER_ID msg=audit(1700000000.005:9): record=1 contid=4,^2\n"
        + "type=DAEMON_END msg=audit(1700000000.005:9): op=terminate auid=0 uid=0 ses=1 pid=2 "
        + "res=success record=1\n")
  }

  @Test func whoSetsAContidIsSaidBehindIt() {
    let asker = Asker(auid: 5, uid: 0, session: 6, pid: 7, chain: "2")
    #expect(
      line(.container(.set, process: 9, chain: "4,^2", outer: "2"))
        == "type=CONTAINER_OP msg=audit(1700000000.005:9): op=set opid=9 contid=4,^2 "
        + "old-contid=2\n")
    #expect(
      line(.container(.set, process: 9, chain: "4,^2", outer: "2", asker))
        == "type=CONTAINER_ID msg=audit(1700000000.005:9): record=1 contid=2\n"
        + "type=CONTAINER_OP msg=audit(1700000000.005:9): op=set opid=9 contid=4,^2 "
        + "old-contid=2 auid=5 uid=0 ses=6 pid=7 res=1 record=1\n")
    #expect(
      line(.container(.set, process: 9, chain: "4", outer: nil, asker, isDone: false))
        .hasSuffix(" contid=4 old-contid=-1 auid=5 uid=0 ses=6 pid=7 res=0 record=1\n"))
    #expect(
      line(.container(.drop, process: 9, chain: "4", outer: nil))
        .hasSuffix(": op=drop opid=9 contid=-1 old-contid=4\n"))
  }
}
