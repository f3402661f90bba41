import CNestaudit
import Testing

@testable import AuditRecords

struct NamespaceViewTests {
  private static let view = NamespaceView(
    pidns: 500,
    uidMap: [event_id_extent(first: 0, lower: 100_000, count: 1000)],
    gidMap: [
      event_id_extent(first: 0, lower: 200_000, count: 1),
      event_id_extent(first: 1, lower: 300_000, count: 10),
    ])

  @Test(arguments: [
    (UInt32(100_000), UInt32(0)), (100_999, 999), (101_000, 65534), (99_999, 65534), (0, 65534),
    (.max, .max),
  ])
  func uidsGoThroughTheMap(kernel: UInt32, expected: UInt32) {
    #expect(Self.view.uid(kernel) == expected)
    #expect(NamespaceView.host.uid(kernel) == kernel)
  }

  @Test func everyExtentOfTheMapCounts() {
    #expect(Self.view.gid(200_000) == 0)
    #expect(Self.view.gid(300_004) == 5)
    #expect(Self.view.gid(300_010) == NamespaceView.overflowID)
  }

  @Test func aNamespaceThatMapsNothingShowsNobody() {
    #expect(NamespaceView(pidns: 1, uidMap: [], gidMap: []).uid(0) == NamespaceView.overflowID)
  }

  @Test func recordsHaveTheNumbersOfTheView() throws {
    let event = EventBytes { $0.syscall = 39 }
    var process = EventBytes { event in
      event.uid = 100_000
      event.gid = 200_000
      event.setName("x")
    }
    process.add(pids: [
      event_pids(ns: 1, tgid: 42, tid: 42, ppid: 7), event_pids(ns: 500, tgid: 1, tid: 1, ppid: 0),
    ])
    let inside = try lines(event, of: process, view: Self.view)[0]
    #expect(inside.contains(" ppid=0 pid=1 auid=4294967295 uid=0 gid=0 euid=65534 "))
    let outside = try lines(event, of: process)[0]
    #expect(outside.contains(" ppid=7 pid=42 auid=4294967295 uid=100000 gid=200000 euid=0 "))
  }

  @Test func whoHasNoNumberInTheViewIsNotInIt() throws {
    var process = EventBytes { $0.setName("x") }
    process.add(pids: [event_pids(ns: 1, tgid: 42, tid: 42, ppid: 7)])
    process.bytes.withUnsafeBytes { bytes in
      let process = ProcessEvent(bytes)!
      #expect(!Self.view.contains(process))
      #expect(Self.view.pid(of: process) == 0)
      #expect(NamespaceView.host.contains(process))
    }
  }

  @Test func oneRenderingServesEveryView() throws {
    var renderer = EventRenderer()
    var process = EventBytes { $0.uid = 100_005 }
    process.add(pids: [event_pids(ns: 500, tgid: 3, tid: 3, ppid: 1)])
    let event = EventBytes { $0.syscall = 39 }
    func assembled(_ view: NamespaceView, _ serial: UInt64) -> String {
      written { renderer.assemble(view: view, serial: serial, key: nil, chain: nil, into: &$0) }
    }
    process.bytes.withUnsafeBytes { process in
      event.bytes.withUnsafeBytes { event in
        renderer.plan(SyscallEvent(event)!, loaderName: nil)
        renderer.render(
          SyscallEvent(event)!, process: ProcessEvent(process)!,
          argv: UnsafeRawBufferPointer(start: nil, count: 0), targets: .none, seconds: 1,
          milliseconds: 0)
      }
      let inner = assembled(Self.view, 1)
      let outer = assembled(.host, 9)
      #expect(inner.contains("msg=audit(1.000:1): ") && inner.contains(" pid=3 "))
      #expect(inner.contains(" uid=5 "))
      #expect(outer.contains("msg=audit(1.000:9): ") && outer.contains(" pid=42 "))
      #expect(outer.contains(" uid=100005 "))
      #expect(assembled(Self.view, 1) == inner)
    }
  }
}
