import Foundation
import TestSupport
import Testing

@testable import Containers

/// Files that somebody wrote for whoever reads them.
struct HostileStateTests {
  private let state: RecordedState
  private let process: UInt32

  init() throws {
    state = try RecordedState()
    process = try state.start(["runc", "create", "--bundle", "\(state.path)/bundle", "other"]).first
  }

  private func answer() -> ContainerMetadata {
    MetadataQuestion(
      cgroupPath: "/nestaudit/other", maker: 0, process: process, places: state.nowhere()
    ).answer()
  }

  private func write(annotations: String, padding: String = "") throws {
    try state.write(
      """
      {\(padding)"annotations": \(annotations), "linux": {"cgroupsPath": "nestaudit/other"}}
      """, to: "bundle/config.json")
  }

  @Test func aFileThatIsTooLargeIsNotRead() throws {
    let room = 1 << 20
    try write(annotations: #"{"a": "b"}"#)
    let size = try Data(contentsOf: URL(filePath: state.path + "/bundle/config.json")).count
    try write(annotations: #"{"a": "b"}"#, padding: String(repeating: " ", count: room - size))
    #expect(answer().labels == ["a": "b"])
    try write(annotations: #"{"a": "b"}"#, padding: String(repeating: " ", count: room - size + 1))
    #expect(answer().runtime == .cgroup)
  }

  @Test(arguments: [
    "", "{", "[]", "null", "0", "{\"annotations\": 1}", "\u{0}",
    "{\"linux\": {\"cgroupsPath\": []}}",
    String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 100_000),
    "{\"annotations\": " + String(repeating: "[", count: 400_000)
      + String(repeating: "]", count: 400_000) + "}",
  ])
  func whatIsNoConfigurationSaysNothing(text: String) throws {
    try state.write(text, to: "bundle/config.json")
    #expect(answer() == ContainerMetadata(runtime: .cgroup, id: "other"))
  }

  @Test func aPipeOrADeviceIsNotWaitedFor() throws {
    let file = state.path + "/bundle/config.json"
    unlink(file)
    try #require(mkfifo(file, 0o600) == 0)
    #expect(answer().runtime == .cgroup)
    unlink(file)
    try #require(symlink("/dev/zero", file) == 0)
    #expect(answer().runtime == .cgroup)
    unlink(file)
    try #require(symlink(file, file) == 0)
    #expect(answer().runtime == .cgroup)
  }

  @Test func labelsAreBounded() throws {
    let many = (0..<1000).map { #""k\#($0 + 1000)": "v""# }.joined(separator: ",")
    try write(annotations: "{\(many)}")
    #expect(answer().labels.count == 64)
    #expect(answer().labels["k1063"] == "v")
    #expect(answer().labels["k1064"] == nil)
    let key = String(repeating: "k", count: 256)
    let value = String(repeating: "v", count: 4096)
    try write(
      annotations: """
        {"\(key)": "1", "\(key)k": "2", "a": "\(value)", "b": "\(value)v", "": "3", "c": 4, "d": null, "e": "a\\nb"}
        """)
    #expect(answer().labels == [key: "1", "a": value, "e": "a\nb"])
  }

  @Test func namesAreFitForAFileAndALine() throws {
    try write(
      annotations: #"""
        {"io.kubernetes.cri.container-name": "../../etc/x\n\u001b", "io.kubernetes.cri.sandbox-name": ".pod",
         "io.kubernetes.cri.sandbox-namespace": "\#(String(repeating: "n", count: 300))",
         "io.kubernetes.cri.image-name": "a\nb"}
        """#)
    let told = answer()
    #expect(told.name == "_._.._etc_x__")
    #expect(told.pod == "_pod")
    #expect(told.podNamespace == String(repeating: "n", count: 253))
    #expect(told.image == nil)
    try write(annotations: #"{"io.kubernetes.cri.container-name": "audit.log.1"}"#)
    #expect(answer().name == "_audit.log.1")
    try write(annotations: #"{"io.kubernetes.cri.container-name": ""}"#)
    #expect(answer().name == "other")
  }

  @Test func aListThatIsWrongTellsNothing() throws {
    let cgroup = "/libpod_parent/libpod-\(RecordedState.podman)"
    let conmon = try state.start([
      "conmon", "-c", RecordedState.podman, "-b", "\(state.path)/\(RecordedState.podmanStorage)",
    ])
    try FileManager.default.removeItem(atPath: state.path + "/podman/storage/libpod")
    let list = "podman/storage/overlay-containers/containers.json"
    func name() -> String? {
      MetadataQuestion(
        cgroupPath: cgroup, maker: 0, process: conmon.first, places: state.nowhere()
      ).answer().name
    }
    let good = try String(contentsOfFile: "\(state.path)/\(list)", encoding: .utf8)
    #expect(name() == "web")
    for bad in ["", "{}", "[1]", good.replacing("[", with: "[[", maxReplacements: 1)] {
      try state.write(bad, to: list)
      #expect(name() == nil)
    }
    // As large as a machine with ten thousand containers has it.
    try state.write(good + String(repeating: " ", count: (8 << 20) - good.utf8.count), to: list)
    #expect(name() == "web")
    try state.write(good + String(repeating: " ", count: (8 << 20) - good.utf8.count + 1), to: list)
    #expect(name() == nil)
  }
}
