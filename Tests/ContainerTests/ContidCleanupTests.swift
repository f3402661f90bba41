import Foundation
import TestSupport
import Testing

/// Declarations that come to nothing, and ends that are not told.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: contids of processes"))
struct ContidCleanups {
  /// A process that is declared is looked at once more: what it has made since the first look is outside. It makes it
  /// when the first of many daemons has its log, which is between the two.
  @Test func aChildThatIsMadeMeanwhileIsSeen() throws {
    let names = (10...39).map { "d\($0)" }
    try ContidPlace.with(daemons: names.map { ($0, "contid = 7", ContidPlace.rules) }) { place in
      let before = try place.collector.status()
      let lines = try place.orchestrator.run(
        """
        cat > forks.py <<X
        import os, sys
        while not os.path.exists("\(place.collector.log(of: "d10").path)"): pass
        child = os.fork()
        if child == 0:
            open("ready", "w").write("%d\\n" % os.getpid())
            sys.stdin.read(1)
            os.execv("/bin/true", ["true", "mark-child"])
        os.waitpid(child, 0)
        os.execv("/bin/true", ["true", "mark-parent"])
        X
        mkfifo go-forks
        for attempt in {1..10}; do
          rm -rf "\(place.collector.logs.path)/d10" ready
          /usr/bin/python3 forks.py < go-forks & forks=$!
          exec 3> go-forks
          sleep 0.3
          try set set $forks 7; refused=$status
          until [ -s ready ]; do sleep 0.01; done
          read child < ready
          try parent get $forks
          try child get $child
          exec 3>&-
          wait $forks
          [ $refused = 0 ] || break
          until ! "$NA" ps --state "$STATE" | grep -q contid-7; do sleep 0.1; done
        done
        waiter free 'exec /bin/true mark-free'
        try free set $free 8
        go free
        sleep 2
        """)
      #expect(lines.last == "free 0 ")
      let told = stride(from: 0, to: lines.count - 1, by: 3).map { Array(lines[$0..<$0 + 3]) }
      #expect(told.last == ["set 1 EBUSY", "parent 0 -1", "child 0 -1"])
      // On a busy machine it can be too late: then both are inside.
      #expect(told.dropLast().allSatisfy { $0 == ["set 0 ", "parent 0 7", "child 0 7"] })
      let marks = try place.marks("host")
      #expect(marks.suffix(3).map(\.mark) == ["mark-child", "mark-parent", "mark-free"])
      #expect(
        marks.suffix(3).map { $0.event.first("CONTAINER_ID")?["contid"] } == [nil, nil, "8"])
      // Of the one that did not begin there is nothing left, nor is an end told.
      let operations = try place.operations("host")
      #expect(operations.count { $0["contid"] == "7" && $0["res"] == "0" } == 1)
      #expect(operations.count { $0["old-contid"] == "7" } == told.count - 1)
      let after = try place.collector.status()
      #expect(!after.containers.contains { $0.contid == 7 })
      for table in ["cgroups", "births", "views"] {
        #expect(after.tables[table] == before.tables[table])
      }
      #expect(Set(after.daemons.map(\.name)) == ["host"])
    }
  }

  /// The number is the cgroup's own, and somebody else's already: records and people tell the two apart.
  @Test func aCgroupWhoseNumberWasDeclaredHasAnother() throws {
    try ContidPlace.with { place in
      let cgroup = Machine.cgroups.appending(path: "declared-\(UUID().uuidString)").path
      let lines = try place.orchestrator.run(
        """
        mkdir \(cgroup)
        number=$(stat -c %i \(cgroup))
        echo $number
        waiter a 'exec /bin/true mark-declared'
        try a set $a $number
        unshare -pf --kill-child bash -c 'echo 0 > \(cgroup)/cgroup.procs; exec bash -c "/bin/true mark-own; exec sleep 100"' & outside=$!
        until grep -q . \(cgroup)/cgroup.procs; do sleep 0.01; done
        sleep 0.5
        read own < \(cgroup)/cgroup.procs
        try own get $own
        try declared get $a
        go a
        kill -KILL $own; wait $outside
        until rmdir \(cgroup) 2> errors; do sleep 0.1; done
        """)
      let number = try #require(lines.first.flatMap { UInt64($0) })
      let other = number | 1 << 62
      #expect(lines.dropFirst() == ["a 0 ", "own 0 \(other)", "declared 0 \(number)"])
      let marks = try place.marks("host")
      #expect(marks.map(\.mark) == ["mark-own", "mark-declared"])
      #expect(
        marks.map { $0.event.first("CONTAINER_ID")?["contid"] } == ["\(other)", "\(number)"])
      let told = try place.operations("host")
      #expect(told.prefix(2).map { $0["contid"] } == ["\(number)", "\(other)"])
      #expect(told.dropFirst(2).map { $0["old-contid"] } == ["\(number)", "\(other)"])
      #expect(
        place.collector.written.contains(
          "its contid \(number) was declared of another: it is \(other)"))
    }
  }

  /// A contid is its orchestrator's, and not that of a process that is given the orchestrator's number.
  @Test func whoHasTheNumberOfAnOrchestratorOwnsNothingOfIt() throws {
    try ContidPlace.with { place in
      let lines = try place.orchestrator.run(
        """
        cat > orchestrates.sh <<'X'
        sleep 100 & echo $! > made
        "$NA" contid set $! 7 --state "$STATE" 2> code; echo "set $? $(cut -d: -f2 code)"
        X
        export NA STATE
        mkfifo go
        bash orchestrates.sh & first=$!
        wait $first
        read made < made
        for attempt in {1..100}; do
          read last < /proc/sys/kernel/ns_last_pid
          echo $((first - 1)) > /proc/sys/kernel/ns_last_pid
          bash -c 'read x < go; . ./orchestrates.sh' < /dev/null & second=$!
          echo $last > /proc/sys/kernel/ns_last_pid
          [ $second != $first ] || break
          kill $second; wait $second
        done
        [ $second = $first ] && echo same
        echo > go; wait $second
        try made get $made
        read other < made; try other get $other
        kill $made $other
        """)
      #expect(lines == ["set 0 ", "same", "set 1  ENOTUNIQ", "made 0 7", "other 0 -1"])
    }
  }

  /// A full ring refuses to tell that its last process has ended, and that its cgroup is gone.
  @Test(arguments: [false, true])
  func anEndThatIsNotToldIsFound(hasCgroup: Bool) throws {
    try ContidPlace.with(options: ["--ring-size", "64K"]) { place in
      let before = try place.collector.status()
      let cgroup = Machine.cgroups.appending(path: "declared-\(UUID().uuidString)").path
      let moves = hasCgroup ? "echo $$ > \(cgroup)/cgroup.procs; /bin/true mark-first; " : ""
      let lines = try place.orchestrator.run(
        """
        mkdir \(cgroup)
        waiter a '\(moves)/bin/true mark-last; read x < go-end; exit 0'
        mkfifo go-end
        try a set $a 7
        echo > go-a; sleep 1
        "$NA" ps --state "$STATE" | grep -c contid-7
        # The ends of these are small: they fill what the programs of the flood leave of the ring.
        small=; for n in {1..60}; do sleep 100 & small="$small $!"; done
        sleep 1
        kill -STOP \(place.collector.pid)
        for n in {1..400}; do /bin/true flood; done
        kill $small; wait $small
        echo > go-end; wait $a
        rmdir \(cgroup)
        kill -CONT \(place.collector.pid)
        """)
      #expect(lines == ["a 0 ", "1"])
      let own = try place.collector.events(ofEnded: "seven")
      #expect(own.compactMap { $0.first("EXECVE")?["a1"] }.last == "mark-last")
      #expect(own.contains { $0.first("CONTAINER_OP")?["op"] == "drop" })
      let after = try place.collector.status()
      #expect(!after.containers.contains { $0.contid == 7 })
      for table in ["cgroups", "births", "views"] {
        #expect(after.tables[table] == before.tables[table])
      }
      // What would have told of it was lost.
      #expect(try place.collector.status().daemons.contains { $0.name == "host" && $0.lost > 0 })
    }
  }
}
