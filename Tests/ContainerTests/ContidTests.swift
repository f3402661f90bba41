import Foundation
import TestSupport
import Testing

/// Contids that an orchestrator sets: by the rules of the container-identifier series.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: contids of processes"))
struct Contids {
  @Test func whatTheSeriesRefusesIsRefusedWithItsErrors() throws {
    try ContidPlace.with { place in
      let stranger = try Program("sleep", ["100"])
      let lines = try place.orchestrator.run(
        """
        sleep 100 & A=$!
        sleep 100 & B=$!
        bash -c 'sleep 100 & wait' & parent=$!
        python3 -c 'import threading, time; threading.Thread(target=time.sleep, args=(100,), daemon=True).start(); time.sleep(100)' & threads=$!
        sleep 0.01 & gone=$!; wait $gone
        until [ -n "${child:-}" ]; do read child < /proc/$parent/task/$parent/children; done
        child=${child% }
        until grep -q '^Threads:.2' /proc/$threads/status; do :; done
        try unset get $A
        try zero set $A 0
        try none set $A 18446744073709551615
        try set set $A 7
        try get get $A
        try same set $A 7
        try other set $A 8
        try unset-again set $A 18446744073709551615
        try still get $A
        try parent set $parent 8
        try threads set $threads 8
        try gone set $gone 8
        try never set 4194304 8
        try stranger set \(stranger.pid) 8
        bash -c "exec $NA contid set \\$\\$ 8 --from \\$\\$ --state $STATE" 2> answer; echo "itself $? $(cut -d: -f2 answer)"
        try not-from set $B 8 --from \(stranger.pid)
        try not-from-sibling set $B 8 --from $A
        try injected set $B 7
        try injected-get get $B
        try grandchild set $child 8
        try grandchild-get get $child
        bash -c "sleep 100 & $NA contid set \\$! 7 --state $STATE; echo \\"another \\$?\\"; cut -d: -f2 answer2; kill \\$!" 2> answer2
        echo "another-code $(cut -d: -f2 answer2)"
        bash -c "sleep 100 & echo \\$! > orphan; $NA contid set \\$! 9 --state $STATE; exit"
        echo "orphan $?"
        read orphan < orphan
        try orphan-get get $orphan
        sleep 100 & C=$!
        try dead-owner set $C 9
        kill $orphan; sleep 2
        try free-again set $C 9
        try from-grandparent-get get $C
        kill $A $B $C $parent $child $threads
        """)
      #expect(
        lines == [
          "unset 0 -1", "zero 1 EINVAL", "none 1 EINVAL", "set 0 ", "get 0 7", "same 1 EEXIST",
          "other 1 EEXIST", "unset-again 1 EINVAL", "still 0 7", "parent 1 EBUSY",
          "threads 1 EBUSY", "gone 1 ESRCH", "never 1 ESRCH", "stranger 1 EXDEV",
          "itself 1  EXDEV", "not-from 4 EPERM", "not-from-sibling 4 EPERM", "injected 0 ",
          "injected-get 0 7", "grandchild 0 ", "grandchild-get 0 8", "another 1",
          " ENOTUNIQ", "another-code  ENOTUNIQ", "orphan 0", "orphan-get 0 9",
          "dead-owner 1 ENOTUNIQ", "free-again 0 ", "from-grandparent-get 0 9",
        ])
      // Whether it was done or not, the log tells; by whom, too.
      let told = try place.operations("host").filter { $0["op"] == "set" }
      #expect(
        told.filter { $0["res"] == "1" }.map { $0["contid"] } == ["7", "7", "8", "9", "9"])
      let refused = told.filter { $0["res"] == "0" }
      #expect(
        refused.map { $0["contid"] } == [
          "0", "18446744073709551615", "7", "8", "18446744073709551615", "8", "8", "8", "8", "8",
          "8", "7", "9",
        ])
      #expect(told.allSatisfy { $0["uid"] == "0" && $0["pid"] != "0" && $0["opid"] != "0" })
      #expect(refused[2]["old-contid"] == "7" && refused[0]["old-contid"] == "-1")
      // Its own daemon hears of what concerns it.
      let own = try place.operations("seven")
      #expect(own.map { $0["op"] } == ["set", "set", "drop"])
      #expect(own.allSatisfy { $0["pid"] == nil || $0["pid"] == "0" })
    }
  }

  @Test func allThatComesFromAProcessIsInItsContainer() throws {
    try ContidPlace.with(daemons: [
      ("all", "container = contid-*", ContidPlace.rules),
      ("shared", "container = contid-*\ninstance = shared", ContidPlace.rules),
    ]) { place in
      let lines = try place.orchestrator.run(
        """
        waiter first '/bin/true mark-child; bash -c "/bin/true mark-grandchild; true"; python3 thread.py; setsid bash -c "sleep 0.3; exec /bin/true mark-orphan" & unshare -pf /bin/true mark-pid-namespace; unshare -m /bin/true mark-mounts; exec /bin/true mark-itself'
        cat > thread.py <<X
        import os, subprocess, threading
        def run(): subprocess.run(["/bin/true", "mark-thread"])
        thread = threading.Thread(target=run); thread.start(); thread.join()
        X
        /bin/true mark-before
        try set set $first 7
        go first
        /bin/true mark-outside
        sleep 1
        """)
      #expect(lines == ["set 0 "])
      let inside = [
        "mark-child", "mark-grandchild", "mark-thread", "mark-pid-namespace", "mark-mounts",
        "mark-itself", "mark-orphan",
      ]
      try wait(for: "the end of the container") {
        try place.operations("seven").last?["op"] == "drop"
      }
      #expect(try place.marks("seven").map(\.mark) == inside)
      #expect(try place.marks("all/contid-7").map(\.mark) == inside)
      let onHost = try place.marks("host")
      #expect(
        onHost.map(\.mark) == ["mark-before"] + inside.dropLast() + ["mark-outside", "mark-orphan"])
      for (mark, event) in onHost {
        #expect(event.first("CONTAINER_ID")?["contid"] == (inside.contains(mark) ? "7" : nil))
        #expect(event.syscall?["record"] == (inside.contains(mark) ? "1" : nil))
      }
      // To itself it has none; to a daemon of several it has.
      #expect(try place.marks("seven").allSatisfy { $0.event.first("CONTAINER_ID") == nil })
      #expect(
        try place.marks("shared").allSatisfy { $0.event.first("CONTAINER_ID")?["contid"] == "7" })
      let own = try place.collector.events(ofEnded: "seven")
      #expect(own.map(\.serial) == Array(1...UInt64(own.count)))
      #expect(own.last?.records[0].type == "DAEMON_END")
      let status = try place.collector.status()
      #expect(status.daemons.allSatisfy { $0.lost == 0 })
      #expect(!status.containers.contains { $0.contid == 7 })
    }
  }

  @Test func rulesTellContidsApart() throws {
    func rules(_ condition: String) -> String {
      "-a always,exit -F arch=b64 -S execve -F \(condition) -k filter\n"
    }
    let conditions = [
      ("is", "contid=7", ["a", "in-a"]), ("not", "contid!=7", ["b", "none"]),
      ("less", "contid<8", ["a", "in-a"]), ("most", "contid<=8", ["a", "in-a", "b"]),
      ("more", "contid>7", ["in-a", "b", "none"]), ("inner", "contid=70", ["in-a"]),
      ("far", "contid=9", []),
    ]
    try ContidPlace.with(
      daemons: conditions.map { ($0.0, "host = yes", rules($0.1)) }
    ) { place in
      let lines = try place.orchestrator.run(
        """
        cat > inner.sh <<'X'
        sleep 0.5 & sleep 100 & inner=$!
        bash -c 'read x < go-inner; exec /bin/true mark-in-a' & inner=$!
        "$NA" contid set $inner 70 --state "$STATE"; echo "inner $?"
        echo > go-inner; wait $inner; kill %2
        X
        mkfifo go-inner
        waiter a '/bin/true mark-a; . ./inner.sh'
        waiter b 'exec /bin/true mark-b'
        try a set $a 7
        try b set $b 8
        go a
        go b
        /bin/true mark-none
        """)
      #expect(lines == ["a 0 ", "b 0 ", "inner 0"])
      for (name, condition, expected) in conditions {
        let marks = try place.marks(name).map { String($0.mark.dropFirst(5)) }
        #expect(marks == expected, "\(condition)")
      }
    }
  }

  @Test func contidsNestAsFarAsTheLimitsAllow() throws {
    try ContidPlace.with(
      settings: "max_depth = 3\nmax_containers = 4\n",
      daemons: [("all", "container = *", ContidPlace.rules)]
    ) { place in
      // So long that no time, inode or process id has it by chance.
      let stem = "27182818284590"
      let (one, two, three) = ("\(stem)1", "\(stem)2", "\(stem)3")
      let (inOne, inTwo) = ("\(two),^\(one)", "\(three),^\(two),^\(one)")
      let lines = try place.orchestrator.run(
        """
        cat > level.sh <<'X'
        n=$1; /bin/true mark-$n
        [ $n = 4 ] && exit
        mkfifo go-$n; bash -c "read x < go-$n; exec bash level.sh $((n + 1))" & inner=$!
        "$NA" contid set $inner \(stem)$((n + 1)) --state "$STATE" 2> code; echo "$n $? $(cut -d: -f2 code)"
        "$NA" contid get $inner --state "$STATE"
        echo > go-$n; wait $inner
        X
        waiter one 'exec bash level.sh 1'
        try one set $one \(one)
        go one
        cat > many.sh <<'X'
        mkfifo never
        for n in 1 2 3 4 5; do
          bash -c 'read x < never' & inner="$! ${inner:-}"
          "$NA" contid set $! 20$n --state "$STATE" 2> code; echo "many-$n $? $(cut -d: -f2 code)"
        done
        kill $inner
        X
        waiter many 'exec bash many.sh'
        try many set $many 200
        go many
        """)
      #expect(
        lines == [
          "one 0 ", "1 0 ", inOne, "2 0 ", inTwo, "3 1  EMLINK", inTwo,
          "many 0 ", "many-1 0 ", "many-2 0 ", "many-3 0 ", "many-4 0 ", "many-5 1  ENOSR",
        ])
      let host = try place.marks("host").map { $0.event.first("CONTAINER_ID")?["contid"] }
      #expect(host == [one, inOne, inTwo, inTwo])
      let outer = try place.marks("all/contid-\(one)").map {
        $0.event.first("CONTAINER_ID")?["contid"]
      }
      #expect(outer == [nil, two, "\(three),^\(two)", "\(three),^\(two)"])
      let innermost = "all/contid-\(one)/contid-\(two)/contid-\(three)"
      let inner = try place.marks(innermost)
      #expect(inner.map(\.mark) == ["mark-3", "mark-4"])
      #expect(inner.allSatisfy { $0.event.first("CONTAINER_ID") == nil })
      // What is around a container is none of its business.
      let log = try String(contentsOf: place.collector.log(of: innermost), encoding: .utf8)
      #expect(!log.contains(one) && !log.contains(two))
    }
  }

  @Test func twoCanShareANetworkNamespace() throws {
    try ContidPlace.with { place in
      let lines = try place.orchestrator.run(
        """
        waiter a 'exec /bin/true mark-a'
        waiter b 'exec /bin/true mark-b'
        try a set $a 7
        try b set $b 8
        [ "$(readlink /proc/$a/ns/net)" = "$(readlink /proc/$b/ns/net)" ] && echo one
        go a; go b
        """)
      #expect(lines == ["a 0 ", "b 0 ", "one"])
      #expect(
        try place.marks("host").map { $0.event.first("CONTAINER_ID")?["contid"] } == ["7", "8"])
      #expect(try place.marks("seven").map(\.mark) == ["mark-a"])
    }
  }

  @Test func whereASignalGoesIsSaid() throws {
    let rules = "-a always,exit -F arch=b64 -S kill,tkill,tgkill -F exe=/usr/bin/kill -k kill\n"
    try ContidPlace.with(daemons: [
      ("signals", "host = yes", rules), ("of-seven", "contid = 7", rules),
    ]) { place in
      let lines = try place.orchestrator.run(
        """
        sleep 100 & sibling=$!
        sleep 100 & outside=$!
        waiter a "sleep 100 & own=\\$!; /usr/bin/kill -TERM \\$own; /usr/bin/kill -TERM $sibling; /usr/bin/kill -TERM $outside; wait"
        try a set $a 7
        try sibling set $sibling 8
        go a
        sleep 100 & b=$!
        try b set $b 9
        /usr/bin/kill -TERM $b
        """)
      #expect(lines == ["a 0 ", "sibling 0 ", "b 0 "])
      let host = try place.collector.settledEvents(of: "signals").filter {
        $0.first("OBJ_PID") != nil
      }
      // The sender's first; then each target's, in front of the record that names it.
      func told(_ event: AuditEvent) -> [String] {
        event.records.compactMap { record in
          switch record.type {
          case "CONTAINER_ID": "\(record["record"]!)=\(record["contid"]!)"
          case "SYSCALL", "OBJ_PID": "\(record.type) \(record["record"] ?? "-")"
          default: nil
          }
        }
      }
      #expect(
        host.map(told) == [
          ["1=7", "SYSCALL 1", "2=7", "OBJ_PID 2"], ["1=7", "SYSCALL 1", "2=8", "OBJ_PID 2"],
          ["1=7", "SYSCALL 1", "OBJ_PID -"], ["SYSCALL -", "1=9", "OBJ_PID 1"],
        ])
      // A container sees itself without one, and of others nothing.
      let own = try place.collector.settledEvents(of: "of-seven").filter {
        $0.first("OBJ_PID") != nil
      }
      #expect(own.map(told) == Array(repeating: ["SYSCALL -", "OBJ_PID -"], count: 3))
    }
  }

  /// The call that sends a signal to many ends long after the first of them has ended, and its container with it.
  @Test func whereASignalWentIsSaidOfWhatHasEnded() throws {
    let rules = "-a always,exit -F arch=b64 -S kill -F exe=/usr/bin/kill -k kill\n"
    try ContidPlace.with(daemons: [("signals", "host = yes", rules)]) { place in
      let lines = try place.orchestrator.run(
        """
        mkfifo begun
        # The last one made is the first one that the kernel finds in the group.
        setsid bash -c '
          for i in $(seq 2000); do sleep 100 & done
          taskset -c 1 sleep 100 &
          echo $$ $! > begun; wait' &
        read group first < begun
        try first set $first 9
        taskset -c 0 /usr/bin/kill -KILL -- -$group
        """)
      #expect(lines == ["first 0 "])
      let event = try #require(
        try place.collector.settledEvents(of: "signals").first { $0.first("OBJ_PID") != nil })
      #expect(event.records.count { $0.type == "OBJ_PID" } > 2000)
      let told = event.records.filter { $0.type == "CONTAINER_ID" }
      #expect(told.map { "\($0["record"]!)=\($0["contid"]!)" } == ["1=9"])
    }
  }

  @Test func aCgroupInWhichItBeginsIsItsOwn() throws {
    try ContidPlace.with { place in
      let cgroup = Machine.cgroups.appending(path: "declared-\(UUID().uuidString)").path
      let lines = try place.orchestrator.run(
        """
        mkdir \(cgroup)
        waiter a 'echo $$ > \(cgroup)/cgroup.procs; /bin/true mark-first; read x < go-end; exit 0'
        mkfifo go-end
        try a set $a 7
        echo > go-a; sleep 0.5
        bash -c 'echo $$ > \(cgroup)/cgroup.procs; /bin/true mark-joined; mkdir \(cgroup)/below; echo $$ > \(cgroup)/below/cgroup.procs; exec /bin/true mark-below'
        echo > go-end; wait $a
        sleep 1.5
        "$NA" ps --state "$STATE" | grep -c contid-7
        rmdir \(cgroup)/below \(cgroup)
        sleep 1.5
        "$NA" ps --state "$STATE" | grep -c contid-7 || true
        """)
      #expect(lines == ["a 0 ", "1", "0"])
      #expect(try place.marks("seven").map(\.mark) == ["mark-first", "mark-joined", "mark-below"])
    }
  }

  @Test func aNumberThatIsDeclaredAgainHasALogOfItsOwn() throws {
    try ContidPlace.with { place in
      for round in ["one", "two"] {
        let lines = try place.orchestrator.run(
          """
          waiter a 'exec /bin/true mark-\(round)'
          try a set $a 7
          go a
          """)
        #expect(lines == ["a 0 "])
        try wait(for: "the end of the container") {
          try place.collector.status().containers.count == 1
        }
      }
      #expect(try place.marks("seven").map(\.mark) == ["mark-two"])
      let logs = try FileManager.default.contentsOfDirectory(atPath: place.collector.logs.path)
      #expect(logs.filter { $0.hasPrefix("seven") }.count == 2, "\(logs)")
    }
  }

  /// What a runtime has made and not started yet, with namespaces and a cgroup of its own.
  @Test func aRuntimesContainerCanHaveADeclaredOne() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: ContidPlace.rules)
      try configuration.daemon("seven", scope: "contid = 7", rules: ContidPlace.rules)
      try configuration.daemon("all", scope: "container = *", rules: ContidPlace.rules)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try ContainerArea.with(in: area) { containers in
          try containers.bundle("web", command: "/bin/true mark-first; while :; do sleep 1; done")
          let pid = try containers.create(.crun, "web")
          try Program.output(
            of: Machine.product("nestaudit"),
            ["contid", "set", "\(pid)", "7", "--from", "1", "--state", collector.state.path])
          try containers.begin(.crun, "web")
          // Whoever joins it by its cgroup alone is in it.
          try containers.execute(.crun, "web", "/bin/true mark-joined")
          let known = try collector.status().containers.filter { $0.contid != 0 }
          #expect(known.map(\.name) == ["contid-7"])
        }
        try wait(for: "the container's end") { try collector.status().containers.count == 1 }
        let events = try collector.events(ofEnded: "seven")
        let execs = events.filter { $0.first("EXECVE") != nil }
        let marks = execs.compactMap { $0.first("EXECVE")?["a1"] }.filter { $0.hasPrefix("mark") }
        #expect(marks == ["mark-first", "mark-joined"])
        #expect(execs.first?.syscall?["pid"] == "1" && execs.first?.syscall?["uid"] == "0")
        #expect(execs.allSatisfy { $0.syscall?["pid"] != "0" })
        #expect(events.last?.records[0].type == "DAEMON_END")
        let host = try collector.settledEvents(of: "host").filter {
          $0.first("EXECVE")?["a1"]?.hasPrefix("mark") == true
        }
        #expect(host.map { $0.first("CONTAINER_ID")?["contid"] } == ["7", "7"])
        #expect(host.allSatisfy { $0.syscall?["uid"] == "100000" })
      }
    }
  }
}
