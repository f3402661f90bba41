import Foundation
import TestSupport
import Testing

@testable import Containers

/// Who is not believed about a container.
struct MetadataTrustTests {
  private let state: RecordedState

  init() throws { state = try RecordedState() }

  private func ask(
    maker: UInt32 = 0, _ process: UInt32, outer: UInt32 = 0, places: MetadataPlaces? = nil,
    cgroup: String = "/nestaudit/other"
  ) -> ContainerMetadata {
    MetadataQuestion(
      cgroupPath: cgroup, maker: maker, process: process, outer: outer,
      places: places ?? state.nowhere()
    ).answer()
  }

  private var runc: [String] {
    ["runc", "create", "--bundle", "\(state.path)/bundle", "other"]
  }

  private let nobody = ["/bin/nobody"]
  private let unknown = ContainerMetadata(runtime: .cgroup, id: "other")

  /// The maker has ended, and its number has come to somebody who says that he was it.
  @Test func aMakerThatIsYoungerThanTheContainerIsNone() throws {
    let container = try state.start(nobody)
    usleep(30_000)
    let forger = try state.start(runc)
    #expect(ask(maker: forger.runtime, container.first) == unknown)
    let later = try state.start(nobody)
    #expect(ask(maker: forger.runtime, later.first).name == "other")
  }

  @Test(.enabled(if: Machine.isRoot, "needs root: namespaces"))
  func aMakerInAnotherPIDNamespaceIsNone() throws {
    let forger = try state.start(runc, by: ["unshare", "--pid", "--fork"])
    let container = try state.start(nobody)
    #expect(RuntimeCommand(Witness(forger.runtime)?.arguments() ?? [])?.id == "other")
    #expect(ask(maker: forger.runtime, container.first) == unknown)
    // Nor is it without a first process to compare it with.
    #expect(ask(maker: forger.runtime, 0) == unknown)
    #expect(ask(maker: container.runtime, 0) == unknown)
    #expect(ask(maker: forger.runtime, 0, outer: container.runtime) == unknown)
    #expect(ask(maker: forger.runtime, 0, outer: forger.runtime).name == "other")
    let runtime = try state.start(runc)
    #expect(ask(maker: runtime.runtime, 0).name == "other")
  }

  @Test(arguments: [
    ["runc", "create", "--bundle", "BUNDLE", "web"], ["runc", "create", "other"],
    ["runc", "delete", "--bundle", "BUNDLE", "other"],
    ["runc", "init", "--bundle", "BUNDLE", "other"],
    ["runc", "create", "--bundle", "BUNDLE/none", "other"],
    ["runc", "create", "--bundle", "BUNDLE", ".."],
    ["conmon", "-b", "BUNDLE", "-n", "web"], ["runc"], ["[lxc monitor] /x web"],
  ])
  func whoSpeaksOfAnotherContainerIsNotHeard(command: [String]) throws {
    let words = command.map { $0.replacing("BUNDLE", with: "\(state.path)/bundle") }
    // The name of a bundle's container is what the cgroup is called; a bundle is found by its cgroup too.
    let process = try state.start(words)
    #expect(ask(process.first, cgroup: "/nestaudit/third").labels == [:])
    #expect(ask(process.first, cgroup: "/nestaudit/third").name == nil)
  }

  @Test(.enabled(if: Machine.isRoot, "needs root: uids"))
  func aUsersWordLeadsToNothingThatIsNotHis() throws {
    let user: UInt32 = 54321
    let wrapper = ["setpriv", "--reuid", "\(user)", "--clear-groups"]
    let process = try state.start(runc, by: wrapper)
    #expect(ask(process.first) == unknown)
    chown("\(state.path)/bundle/config.json", user, user)
    #expect(ask(process.first).name == "other")
    #expect(ask(process.first).labels["io.example.team"] == "red")
    // A link of his own leads to what is another's.
    let own = state.path + "/own"
    try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: false)
    try #require(symlink("\(state.path)/crun/other/config.json", own + "/config.json") == 0)
    let linked = try state.start(["runc", "create", "--bundle", own, "other"], by: wrapper)
    #expect(ask(linked.first) == unknown)
  }

  @Test(.enabled(if: Machine.isRoot, "needs root: uids"))
  func aUsersStorageIsFoundInHisHome() throws {
    let user: UInt32 = 54321
    let process = try state.start(nobody)
    var places = state.nowhere()
    places.passwd = "\(state.path)/passwd"
    places.userStorage = "storage"
    try state.write(
      "root:x:0:0::/root:/bin/sh\nred:x:\(user):1::\(state.path)/podman:/bin/sh\n", to: "passwd")
    let cgroup =
      "/user.slice/user-\(user).slice/user@\(user).service/user.slice/libpod-\(RecordedState.podman).scope"
    let bundle = "\(state.path)/\(RecordedState.podmanStorage)/config.json"
    try state.write(
      try String(contentsOfFile: bundle, encoding: .utf8).replacing(
        "/libpod_parent/libpod-", with: "user.slice:libpod:"),
      to: RecordedState.podmanStorage + "/config.json")
    // Nothing of it is his.
    #expect(ask(process.first, places: places, cgroup: cgroup).name == nil)
    for file in [bundle, "\(state.path)/podman/storage/overlay-containers/containers.json"] {
      chown(file, user, user)
    }
    let told = ask(process.first, places: places, cgroup: cgroup)
    #expect(told.runtime == .podman)
    #expect(told.name == "web")
    #expect(told.image == "localhost/busybox:1")
    // The database is still root's.
    #expect(told.labels["app"] == nil)
    chown("\(state.path)/podman/storage/libpod/bolt_state.db", user, user)
    #expect(ask(process.first, places: places, cgroup: cgroup).labels["app"] == "web")
  }

  /// A runtime in a container, which has other files under the same paths.
  @Test(.enabled(if: Machine.isRoot, "needs root: namespaces"))
  func filesAreThoseThatTheRuntimeSees() throws {
    let hidden = state.path + "/hidden"
    try FileManager.default.createDirectory(atPath: hidden, withIntermediateDirectories: false)
    let mount = """
      mount -t tmpfs tmpfs \(hidden) && cp -r \(state.path)/bundle \(hidden)/ && exec "$@"
      """
    let process = try state.start(
      ["runc", "create", "--bundle", "\(hidden)/bundle", "other"],
      by: ["unshare", "--mount", "sh", "-c", mount, "sh"])
    #expect(!FileManager.default.fileExists(atPath: hidden + "/bundle"))
    #expect(ask(process.first).labels["io.example.team"] == "red")
    var places = state.nowhere()
    places.state = [hidden]
    try state.write(
      #"{"bundle": "\#(hidden)/bundle", "cgroup-path": "/nestaudit/other"}"#,
      to: "hidden/other/status")
    // What the host has at the runtime's paths is not the runtime's.
    let other = try state.start(
      nobody,
      by: ["unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs \(hidden) && exec \"$@\"", "sh"])
    #expect(ask(other.first, places: places) == unknown)
    #expect(ask(try state.start(nobody).first, places: places).name == "other")
    // The same once the container's process has ended.
    #expect(ask(0, outer: other.runtime, places: places) == unknown)
    #expect(ask(0, outer: UInt32(getpid()), places: places).name == "other")
    #expect(ask(0, places: places) == unknown)
  }
}
