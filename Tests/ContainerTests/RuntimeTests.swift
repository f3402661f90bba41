import Containers
import Foundation
import TestSupport
import Testing

/// Containers of real runtimes, as the collector learns who they are: from cgroups, processes and files.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: runtimes"))
struct RuntimeTests {
  @Test(arguments: Engine.allCases.filter { $0 != .nested })
  func anEnginesContainerIsWhoTheEngineSays(engine: Engine) throws {
    guard engine.isInstalled else { return }
    try withTemporaryDirectory { area in
      try engine.withContainer(in: area) { pid in
        let cgroup = try ContainerArea.cgroup(of: pid).path
        let text = try String(contentsOf: URL(filePath: "/proc/\(pid)/cgroup"), encoding: .utf8)
        #expect(CgroupMembership.path(in: text) == cgroup)
        let form = try #require(CgroupForm(path: cgroup), "\(cgroup)")
        let root = try #require(form.rootPath)
        #expect(form.runtime.rawValue == engine.rawValue)

        let told = MetadataQuestion(cgroupPath: root, maker: 0, process: UInt32(pid)).answer()
        #expect(told.runtime == form.runtime)
        #expect(told.id == form.id)
        #expect(told.name == "web")
        let expected = Self.expected(engine, in: area)
        #expect(told.image == expected.image)
        for (key, value) in expected.labels { #expect(told.labels[key] == value, "\(key)") }
        #expect(told.pod == expected.pod)

        let hierarchy = try #require(CgroupHierarchy())
        let found = RunningContainers.find(in: hierarchy, isContainer: CgroupForm.isContainer)
          .filter { $0.initPID == UInt32(pid) }
        #expect(found.map(\.cgroupPath) == [cgroup])
      }
      #expect(Self.left(by: area).isEmpty)
    }
  }

  @Test func aContainerInAContainerIsWhoTheInnerEngineSays() throws {
    guard Engine.nested.isInstalled else { return }
    try withTemporaryDirectory { area in
      try Engine.nested.withContainer(in: area) { pid in
        let roots = CgroupForm.roots(in: try ContainerArea.cgroup(of: pid).path)
        try #require(roots.map(\.runtime) == [.podman, .podman])
        let told = try roots.map { form in
          MetadataQuestion(
            cgroupPath: try #require(form.rootPath), maker: 0, process: UInt32(pid)
          ).answer()
        }
        #expect(told.map(\.id) == roots.map(\.id))
        #expect(told.map(\.name) == ["outer", "web"])
        #expect(told.map { $0.labels["app"] } == ["outer", "inner"])
        #expect(told.map(\.image) == [nil, "localhost/busybox:1"])
      }
      #expect(Self.left(by: area).isEmpty)
    }
  }

  @Test(arguments: ContainerRuntime.allCases)
  func aBundlesContainerIsWhoItsStateSays(runtime: ContainerRuntime) throws {
    try withTemporaryDirectory { area in
      try ContainerArea.with(in: area) { containers in
        try containers.bundle("web", command: "sleep 1000")
        let file = containers.directory.appending(path: "web/config.json")
        var bundle = try #require(
          try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        bundle["annotations"] = ["io.example.team": "red"]
        try JSONSerialization.data(withJSONObject: bundle).write(to: file)
        let pid = try containers.start(runtime, "web")
        let cgroup = try ContainerArea.cgroup(of: pid).path
        #expect(CgroupForm(path: cgroup) == nil)
        // Whoever started it has ended.
        var places = MetadataPlaces()
        places.state = [containers.directory.path + "/state-\(runtime.rawValue)"]
        let told = MetadataQuestion(
          cgroupPath: cgroup, maker: 0, process: UInt32(pid), places: places
        ).answer()
        #expect(told.runtime == .oci)
        #expect(told.id == "web")
        #expect(told.name == "web")
        #expect(told.labels["io.example.team"] == "red")
        #expect(told.created != nil)
      }
    }
  }

  /// What each engine knows of the container that `scripts/runtime-fixture` makes.
  private static func expected(
    _ engine: Engine, in area: URL
  ) -> (image: String, labels: [String: String], pod: String?) {
    switch engine {
    case .docker: ("busybox:1", ["app": "web"], nil)
    case .containerd: ("docker.io/library/busybox:1", ["app": "web"], nil)
    case .podman: ("localhost/busybox:1", ["app": "web", "io.example.team": "red"], "shop")
    case .lxc: ("dir:\(area.path)/lxc/rootfs", ["lxc.group": "app=web"], nil)
    case .nspawn: ("\(area.path)/nspawn/rootfs", [:], nil)
    case .nested: ("localhost/busybox:1", ["app": "inner"], nil)
    }
  }

  /// Mounts of an engine's that are still there.
  private static func left(by area: URL) -> [Substring] {
    let mounts = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
    return (mounts ?? "").split(separator: "\n").filter { $0.contains(area.path) }
  }
}
