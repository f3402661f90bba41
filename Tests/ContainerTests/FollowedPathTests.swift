import Foundation
import TestSupport
import Testing

/// A rule's path means what is there now, in the daemon's own container.
///
/// Two containers and the host make the same calls on the same names; each has its own files, and a
/// daemon with the same rules.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: paths that change in containers"))
struct FollowedPath {
  /// Who can take part in a step: only containers mount anything.
  private enum Part { case all, containers }

  private typealias Step = (
    part: Part, verdict: Place.Verdict, change: String, access: String
  )

  /// `$D` is a directory that each has.
  private static let rules = """
    -w $D/watched -p rwa -k watched
    -a always,exit -F arch=b64 -S openat -F path=$D/way/file -k file
    -w $D/dir/ -p rwa -k dir
    -a always,exit -F arch=b64 -S openat -F exe=$D/prog/head -k program

    """

  /// What is there when the rules are loaded.
  private static let preparation = "mkdir -p $D/way $D/dir $D/prog"

  private static let watched: [Step] = [
    (.all, .matches, "", "/bin/dd count=# if=/dev/null of=$D/watched"),
    (.all, .matches, "", "/bin/head -c # $D/watched"),
    (.all, .matches, "", "cd $D && /bin/head -c # watched"),
    (.all, .matches, "", "/bin/head -c # /../$D/dir/.././watched"),
    (.all, .matches, "", "/bin/head -c # /proc/self/root$D/watched"),
    // The host's first process may be another's.
    (.containers, .matches, "", "/bin/head -c # /proc/1/root$D/watched"),
    (.all, .matches, "ln -s watched $D/symbolic", "/bin/head -c # $D/symbolic"),
    (.all, .matchesSoon, "ln $D/watched $D/hard", "/bin/head -c # $D/hard"),
    // Replaced by another: the old one is not meant any more, wherever it still has a name.
    (.all, .matches, "echo 2 > $D/new; mv $D/new $D/watched", "/bin/head -c # $D/watched"),
    (.all, .matches, "echo 3 > $D/new; mv $D/new $D/watched", "/bin/head -c # $D/symbolic"),
    (.all, .doesNotSoon, "", "/bin/head -c # $D/hard"),
    (.all, .matchesSoon, "ln -f $D/watched $D/hard", "/bin/head -c # $D/hard"),
    (.all, .matches, "rm $D/watched; echo 4 > $D/watched", "/bin/head -c # $D/watched"),
    (.all, .doesNotSoon, "", "/bin/head -c # $D/hard"),
    (.all, .doesNotSoon, "mv $D/watched $D/away", "/bin/head -c # $D/away"),
    (.all, .matches, "mv $D/away $D/watched", "/bin/head -c # $D/watched"),
    (.containers, .matchesSoon, "> $D/at; mount --bind $D/watched $D/at", "/bin/head -c # $D/at"),
    (.containers, .matches, "echo 5 > $D/new; mv $D/new $D/watched", "/bin/head -c # $D/watched"),
    (.containers, .doesNotSoon, "", "/bin/head -c # $D/at"),
    (
      .containers, .matchesSoon, "umount $D/at; mount --bind $D/watched $D/at",
      "/bin/head -c # $D/at"
    ),
    (.containers, .doesNot, "umount $D/at", "/bin/head -c # $D/at"),
    // Covered by another and uncovered.
    (.containers, .matchesSoon, "ln -f $D/watched $D/hard", "/bin/head -c # $D/hard"),
    (.containers, .matchesSoon, "mount --bind $D/at $D/watched", "/bin/head -c # $D/watched"),
    (.containers, .doesNotSoon, "", "/bin/head -c # $D/hard"),
    (.containers, .matchesSoon, "umount $D/watched", "/bin/head -c # $D/watched"),
    (.containers, .doesNotSoon, "", "/bin/head -c # $D/at"),
    (.containers, .matchesSoon, "", "/bin/head -c # $D/hard"),
  ]

  private static let file: [Step] = [
    (.all, .matches, "echo 1 > $D/way/file", "/bin/head -c # $D/way/file"),
    (.all, .matchesSoon, "ln $D/way/file $D/hard", "/bin/head -c # $D/hard"),
    // A directory on the way is replaced by another, and comes back.
    (
      .all, .matchesSoon, "mv $D/way $D/old; mkdir $D/way; echo 2 > $D/way/file",
      "/bin/head -c # $D/way/file"
    ),
    (.all, .doesNotSoon, "", "/bin/head -c # $D/old/file"),
    (.all, .doesNotSoon, "", "/bin/head -c # $D/hard"),
    (.all, .matchesSoon, "mv $D/way $D/new; mv $D/old $D/way", "/bin/head -c # $D/hard"),
    (.all, .matches, "", "cd $D/way && /bin/head -c # file"),
    (.all, .doesNotSoon, "", "/bin/head -c # $D/new/file"),
    (.all, .matches, "mv $D/new/file $D/way/file", "/bin/head -c # $D/way/file"),
    (.all, .doesNotSoon, "", "/bin/head -c # $D/hard"),
    // It becomes a link to a directory.
    (.all, .matchesSoon, "mv $D/way $D/real; ln -s real $D/way", "/bin/head -c # $D/way/file"),
    (.all, .matchesSoon, "", "/bin/head -c # $D/real/file"),
    (.all, .matchesSoon, "rm $D/way; mv $D/real $D/way", "/bin/head -c # $D/way/file"),
    (
      .containers, .matchesSoon,
      "mkdir $D/at; echo 3 > $D/at/file; mount --bind $D/at $D/way", "/bin/head -c # $D/way/file"
    ),
    (.containers, .matchesSoon, "", "/bin/head -c # $D/at/file"),
    (.containers, .matchesSoon, "umount $D/way", "/bin/head -c # $D/way/file"),
    (.containers, .doesNotSoon, "", "/bin/head -c # $D/at/file"),
    (
      .containers, .matchesSoon, "mount -t tmpfs none $D/way; echo 4 > $D/way/file",
      "/bin/head -c # $D/way/file"
    ),
    (.containers, .matches, "rm $D/way/file; echo 5 > $D/way/file", "/bin/head -c # $D/way/file"),
    (.containers, .matchesSoon, "umount $D/way", "/bin/head -c # $D/way/file"),
  ]

  private static let directory: [Step] = [
    (.all, .matches, "", "/bin/dd count=# if=/dev/null of=$D/dir/leaf"),
    (.all, .matches, "", "/bin/head -c # $D/dir/leaf"),
    (
      .all, .matches, "mkdir -p $D/dir/a/b; echo 1 > $D/dir/a/b/leaf",
      "/bin/head -c # $D/dir/a/b/leaf"
    ),
    (.all, .matches, "", "cd $D/dir/a && /bin/head -c # b/leaf"),
    (.all, .matches, "ln -s $D/dir/a $D/to-a", "/bin/head -c # $D/to-a/b/leaf"),
    (.all, .matches, "", "/bin/head -c # /proc/self/root$D/dir/a/b/leaf"),
    (.all, .doesNotSoon, "mv $D/dir/a $D/out", "/bin/head -c # $D/out/b/leaf"),
    (
      .all, .matches, "mkdir $D/in; echo 2 > $D/in/leaf; mv $D/in $D/dir/in",
      "/bin/head -c # $D/dir/in/leaf"
    ),
    // The directory is replaced by another.
    (
      .all, .matchesSoon, "mv $D/dir $D/old; mkdir $D/dir; echo 3 > $D/dir/leaf",
      "/bin/head -c # $D/dir/leaf"
    ),
    (.all, .doesNotSoon, "", "/bin/head -c # $D/old/in/leaf"),
    (.all, .matchesSoon, "rm -r $D/dir; mv $D/old $D/dir", "/bin/head -c # $D/dir/in/leaf"),
    (
      .containers, .matchesSoon, "mkdir $D/at; mount --bind $D/dir $D/at",
      "/bin/head -c # $D/at/leaf"
    ),
    (
      .containers, .matchesSoon, "umount $D/at; mount --bind $D/dir/in $D/at",
      "/bin/head -c # $D/at/leaf"
    ),
    (
      .containers, .matchesSoon, "mount -t tmpfs none $D/dir; echo 4 > $D/dir/leaf",
      "/bin/head -c # $D/dir/leaf"
    ),
    (.containers, .doesNotSoon, "", "/bin/head -c # $D/at/leaf"),
    (.containers, .matchesSoon, "umount $D/dir", "/bin/head -c # $D/dir/leaf"),
    (.containers, .matchesSoon, "", "/bin/head -c # $D/at/leaf"),
  ]

  private static let program: [Step] = [
    (.all, .matches, "cp /bin/busybox $D/prog/head", "$D/prog/head -c # /etc/passwd"),
    (.all, .doesNot, "", "/bin/head -c # /etc/passwd"),
    (.all, .matches, "", "cd $D && prog/head -c # /etc/passwd"),
    (.all, .matches, "ln -s $D/prog/head $D/head", "$D/head -c # /etc/passwd"),
    (.all, .matchesSoon, "mkdir $D/b; ln $D/prog/head $D/b/head", "$D/b/head -c # /etc/passwd"),
    (
      .all, .matches, "cp /bin/busybox $D/prog/new; mv $D/prog/new $D/prog/head",
      "$D/prog/head -c # /etc/passwd"
    ),
    (.all, .doesNotSoon, "", "$D/b/head -c # /etc/passwd"),
    (.all, .doesNotSoon, "mv $D/prog/head $D/b/head", "$D/b/head -c # /etc/passwd"),
    (.all, .matches, "mv $D/b/head $D/prog/head", "$D/prog/head -c # /etc/passwd"),
    (
      .all, .matches, "rm $D/prog/head; cp /bin/busybox $D/prog/head",
      "$D/prog/head -c # /etc/passwd"
    ),
    (
      .all, .matchesSoon, "mv $D/prog $D/old; mkdir $D/prog; cp /bin/busybox $D/prog/head",
      "$D/prog/head -c # /etc/passwd"
    ),
    (.all, .doesNotSoon, "", "$D/old/head -c # /etc/passwd"),
    (
      .containers, .matchesSoon, "> $D/b/head; mount --bind $D/prog/head $D/b/head",
      "$D/b/head -c # /etc/passwd"
    ),
    (
      .containers, .matchesSoon, "mount --bind $D/old $D/prog", "$D/prog/head -c # /etc/passwd"
    ),
    (.containers, .matchesSoon, "umount $D/prog", "$D/prog/head -c # /etc/passwd"),
    (.containers, .doesNotSoon, "", "$D/old/head -c # /etc/passwd"),
  ]

  @Test(arguments: ContainerRuntime.allCases)
  func aWatchedFileIsFollowed(runtime: ContainerRuntime) throws {
    try Self.follow(Self.watched, key: "watched", runtime)
  }

  @Test(arguments: ContainerRuntime.allCases)
  func aPathBelowDirectoriesThatAreReplacedIsFollowed(runtime: ContainerRuntime) throws {
    try Self.follow(Self.file, key: "file", runtime)
  }

  @Test(arguments: ContainerRuntime.allCases)
  func aWatchedDirectoryIsFollowed(runtime: ContainerRuntime) throws {
    try Self.follow(Self.directory, key: "dir", runtime)
  }

  @Test(arguments: ContainerRuntime.allCases)
  func aProgramIsFollowed(runtime: ContainerRuntime) throws {
    try Self.follow(Self.program, key: "program", runtime)
  }

  /// Takes the steps in two containers and on the host in turn.
  private static func follow(_ steps: [Step], key: String, _ runtime: ContainerRuntime) throws {
    try withTemporaryDirectory { area in
      let directory = area.appending(path: "same").path
      func here(_ text: String) -> String { text.replacing("$D", with: directory) }
      let configuration = try Configuration(in: area)
      let rules = here(Self.rules) + Place.fence
      for name in ["one", "two"] {
        try configuration.daemon(name, scope: "container = \(name)", rules: rules)
      }
      try configuration.daemon("host", scope: "host = yes", rules: rules)
      try ContainerArea.with(in: area) { containers in
        var places = [
          Place("host", log: area.appending(path: "log/host/audit.log")) {
            try Program.output(of: "sh", ["-c", $0], in: URL(filePath: "/"))
          }
        ]
        for (name, id) in [("one", UInt32(100000)), ("two", 200000)] {
          try containers.bundle(
            name, hostID: id, capabilities: ["CAP_SYS_ADMIN"], command: "sleep 1000")
          try containers.start(runtime, name)
          places.append(
            Place(name, log: area.appending(path: "log/\(name)/audit.log")) {
              try containers.execute(runtime, name, $0)
            })
        }
        for place in places { try place.run(here(preparation)) }
        try RunningCollector.with(in: area, configuration: configuration) { _ in
          for step in steps {
            for place in places.dropFirst(step.part == .containers ? 1 : 0) {
              try place.expect(key, step.verdict, here(step.change), here(step.access))
            }
          }
          for place in places { #expect(try place.foreign() == [:]) }
        }
      }
    }
  }
}
