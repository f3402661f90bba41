import Foundation
import TestSupport
import Testing

/// What a container does with cgroups, namespaces and processes to get at others, or to hide.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: a hostile container's cgroups"))
struct HostileNesting {
  private static let rules = "-a always,exit -F arch=b64 -S execve -k exec\n"
  private static let map = [NestedContainers.Map.from(100000, count: 65536)]

  /// Runs `attack` in a container with a cgroup tree of its own, and meanwhile `victim`s beside it; the collector's logs.
  private static func logs(
    attack: String, victims: Int = 5, in area: URL
  ) throws -> (logs: URL, status: CollectorStatus) {
    let configuration = try Configuration(in: area)
    try configuration.daemon("host", scope: "host = yes", rules: rules)
    try configuration.daemon("all", scope: "container = *", rules: rules)
    try configuration.daemon("victim", scope: "container = victim-1", rules: rules)
    // Whose cgroup is so deep that the last parts of its path could pass for one at the top.
    try configuration.daemon("deep", scope: "cgroup = /d/d/*", rules: rules)
    let status = try RunningCollector.with(in: area, configuration: configuration) { collector in
      let attacker = try NestedContainers.start(map, in: area, command: attack)
      try ContainerArea.with(in: area) { containers in
        for number in 1...victims {
          try containers.bundle(
            "victim-\(number)", command: "/bin/true victim; exec /bin/true victim-\(number)")
          try containers.run(number % 2 == 0 ? .runc : .crun, "victim-\(number)")
        }
        let result = try attacker.finish()
        guard result.status == 0 else { throw SupportError("\(result.output)\(result.errors)") }
        // When the attack has left what it leaves.
        try containers.bundle("victim-last", command: "exec /bin/true victim-last")
        try containers.run(.crun, "victim-last")
      }
      return try collector.status()
    }
    for name in (1...victims).map({ "victim-\($0)" }) + ["victim-last"] {
      let events = try AuditEvent.read(area.appending(path: "log/all/\(name)/audit.log"))
      let execs = events.compactMap { $0.first("EXECVE")?["a1"] }
      #expect(execs.first == "-c" && execs.last == name, "\(name): \(execs)")
      #expect(Set(execs).subtracting(["-c", "victim", name]) == [], "\(name)")
      #expect(events.map(\.serial) == Array(1...UInt64(events.count)), "\(name)")
    }
    #expect(!status.daemons.contains { $0.name == "deep" && $0.written > 0 })
    let own = try AuditEvent.read(area.appending(path: "log/victim/audit.log"))
    #expect(own.compactMap { $0.first("EXECVE")?["a1"] }.last == "victim-1")
    #expect(own.filter { $0.first("EXECVE") != nil }.count == 3)
    return (area.appending(path: "log"), status)
  }

  private static func marks(_ log: URL) throws -> [String] {
    try AuditEvent.read(log).compactMap { $0.first("EXECVE")?["a1"] }.filter {
      $0.hasPrefix("mark")
    }
  }

  @Test func tenThousandCgroupsHideNothingAndTakeNobodysPlace() throws {
    try withTemporaryDirectory { area in
      let attack = """
        cd /sys/fs/cgroup
        for n in $(seq 9000); do echo side-$n; done | xargs mkdir
        deep=.
        for n in $(seq 1000); do deep=$deep/d; mkdir $deep || break; done
        enter() { sh -c 'echo $$ > "$1"/cgroup.procs && exec /bin/true "$2"' sh "$1" "$2"; }
        enter side-1 mark-first
        enter side-9000 mark-last
        enter $deep mark-deepest
        exit 0
        """
      let (logs, status) = try Self.logs(attack: attack, in: area)
      let marks = try Self.marks(logs.appending(path: "all/level1/audit.log"))
      #expect(marks == ["mark-first", "mark-last", "mark-deepest"])
      #expect(status.daemons.allSatisfy { $0.lost == 0 })
      #expect(!status.containers.contains { $0.name.hasPrefix("level1/") })
    }
  }

  @Test func aNameOfAnothersIsNoMoreThanAName() throws {
    let hash = String(repeating: "0123456789abcdef", count: 4)
    try withTemporaryDirectory { area in
      let attack = """
        cd /sys/fs/cgroup
        for name in victim-1 docker-\(hash).scope host all; do
          mkdir $name
          unshare -p -m -u -i -n -C -f sh -c '
            echo $$ > /sys/fs/cgroup/'$name'/cgroup.procs; exec sh -c "/bin/true mark-'$name'; exit 0"'
        done
        exit 0
        """
      let (logs, _) = try Self.logs(attack: attack, in: area)
      let outer = try Self.marks(logs.appending(path: "all/level1/audit.log"))
      let expected = ["mark-victim-1", "mark-docker-\(hash).scope", "mark-host", "mark-all"]
      #expect(outer == expected)
      for (name, mark) in zip(["victim-1", "0123456789ab", "host", "all"], expected) {
        #expect(try Self.marks(logs.appending(path: "all/level1/\(name)/audit.log")) == [mark])
      }
    }
  }

  /// No text, and what joins the slash before it.
  private static let names = #"$(printf '\377') $(printf '\314\201mark')"#

  /// A container that is in such a cgroup, or in a very deep one, is not gone because nobody finds it by its path.
  @Test func aCgroupOfAnyPathHidesNoContainer() throws {
    try withTemporaryDirectory { area in
      let attack = """
        contain() {
          unshare -p -m -u -i -n -C -f sh -c '
            echo $$ > cgroup.procs
            exec sh -c "/bin/true mark-soon; sleep 4; /bin/true mark-late; exit 0"'
        }
        for name in \(Self.names) $(printf 'd/%.0s' $(seq 300)); do
          mkdir -p "/sys/fs/cgroup/$name"
          cd "/sys/fs/cgroup/$name"
          contain
        done
        # No path is as long.
        cd /sys/fs/cgroup
        long=$(printf 'l%.0s' $(seq 250))
        for n in $(seq 20); do mkdir $long; cd ./$long; done
        contain
        exit 0
        """
      let (logs, status) = try Self.logs(attack: attack, in: area)
      let marks = try Self.marks(logs.appending(path: "all/level1/audit.log"))
      #expect(marks == Array(repeating: ["mark-soon", "mark-late"], count: 4).flatMap { $0 })
      #expect(status.daemons.allSatisfy { $0.lost == 0 })
    }
  }

  /// Likewise what is in it when the collector begins.
  @Test func aCgroupOfAnyPathHidesNothingThatRunsAlready() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("all", scope: "container = *", rules: Self.rules)
      let attack = """
        number=0
        for name in \(Self.names); do
          number=$((number + 1))
          mkdir "/sys/fs/cgroup/$name"
          sh -c 'echo $$ > "/sys/fs/cgroup/$1/cgroup.procs"
            while sleep 0.2; do /bin/true mark-in-$2; done' sh "$name" $number &
          mkdir "/sys/fs/cgroup/$name/inner"
          unshare -p -m -u -i -n -C -f sh -c '
            echo $$ > "/sys/fs/cgroup/$1/inner/cgroup.procs"
            exec sh -c "while sleep 0.2; do /bin/true mark-inner-$2; done"' sh "$name" $number &
        done
        cd /sys/fs/cgroup
        long=$(printf 'l%.0s' $(seq 250))
        for n in $(seq 20); do mkdir $long; cd ./$long; done
        sh -c 'echo $$ > cgroup.procs; while sleep 0.2; do /bin/true mark-long; done' &
        # More than the kernel's table takes.
        for n in $(seq 1100); do echo side-$n; done | (cd /sys/fs/cgroup && xargs mkdir)
        sh -c 'echo $$ > /sys/fs/cgroup/side-1100/cgroup.procs
          while sleep 0.2; do /bin/true mark-side; done' &
        echo ready
        sleep 15
        exit 0
        """
      let attacker = try NestedContainers.start(Self.map, in: area, command: attack)
      try wait(for: "the attack") { attacker.written.contains("ready") }
      let wanted: Set = [
        "mark-in-1", "mark-in-2", "mark-inner-1", "mark-inner-2", "mark-long", "mark-side",
      ]
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try wait(for: "what is in each") {
          let log = area.appending(path: "log/all/level1/audit.log")
          return Set(try Self.marks(log)).isSuperset(of: wanted)
        }
      }
      #expect(try attacker.finish().status == 0)
    }
  }

  @Test func unsharingEverythingAndComingBackHidesNothing() throws {
    try withTemporaryDirectory { area in
      let attack = """
        unshare -U -r -p -m -u -i -n -C -T -f /bin/true mark-unshared
        sleep 100 & peer=$!
        nsenter -t $peer -m -u -i -n -p -C /bin/true mark-entered
        mkdir /sys/fs/cgroup/a /sys/fs/cgroup/a/b
        sh -c 'echo $$ > /sys/fs/cgroup/a/b/cgroup.procs; /bin/true mark-in; echo $$ > /sys/fs/cgroup/init/cgroup.procs; exec /bin/true mark-out'
        kill $peer
        exit 0
        """
      let (logs, _) = try Self.logs(
        attack: "mkdir /sys/fs/cgroup/init; \(attack)", in: area)
      let marks = try Self.marks(logs.appending(path: "all/level1/audit.log"))
      #expect(marks == ["mark-unshared", "mark-entered", "mark-in", "mark-out"])
    }
  }

  @Test func aForkBombLosesNothingOfOthers() throws {
    try withTemporaryDirectory { area in
      let attack = """
        bomb() { [ $1 = 0 ] || { bomb $(($1 - 1)) & bomb $(($1 - 1)) & wait; /bin/true mark; }; }
        for round in 1 2 3; do bomb 8; done
        exit 0
        """
      let (logs, status) = try Self.logs(attack: attack, in: area)
      let marks = try Self.marks(logs.appending(path: "all/level1/audit.log"))
      #expect(marks.count == 3 * 255)
      #expect(status.daemons.filter { $0.name != "all/level1" }.allSatisfy { $0.lost == 0 })
    }
  }
}
