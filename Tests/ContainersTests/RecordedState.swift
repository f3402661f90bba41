import Foundation
import TestSupport

@testable import Containers

/// What runtimes had on disk for a container, recorded by `scripts/runtime-fixture` below /recorded, or as documented; and processes
/// that pass for a runtime's.
final class RecordedState {
  /// A copy of Fixtures, whose paths lead into it.
  let path: String
  private let area: Area
  private var programs: [Program] = []
  private var started: [(runtime: UInt32, first: UInt32)] = []

  /// Containers that were recorded.
  static let docker = "55e083555fea43d1150cf2d0fe56bf4a28dbf4782c2f03d8cec487ed05705429"
  static let podman = "49303b9f814ce9b99dac7a818125179389f22e8d489dd346dcd6cf29a31eb691"
  /// As documented for Kubernetes.
  static let kubernetes = "c0ffee00112233445566778899aabbccddeeff00112233445566778899aabbcc"
  static let sandbox = "5a9db0c500112233445566778899aabbccddeeff00112233445566778899aabb"
  static let podSlice =
    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_4e5f_6789_abcd_ef0123456789.slice"
  static let podmanStorage = "podman/storage/overlay-containers/\(podman)/userdata"
  static let dockerTask =
    "docker/exec/containerd/daemon/io.containerd.runtime.v2.task/moby/\(docker)"

  init() throws {
    area = try Area()
    path = area.path + "/state"
    try FileManager.default.copyItem(atPath: Self.fixtures, toPath: path)
    for case let file as String in FileManager.default.enumerator(atPath: path) ?? .init() {
      guard let text = try? String(contentsOfFile: "\(path)/\(file)", encoding: .utf8),
        text.contains("/recorded/")
      else { continue }
      try write(text.replacing("/recorded/", with: path + "/"), to: file)
    }
    try write("sleep 1000 & wait\n", to: "run")
  }

  deinit {
    for process in started { kill(pid_t(process.first), SIGKILL) }
  }

  /// Where the recorded files are in the sources.
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures").path

  /// Writes a file of the copy.
  func write(_ text: String, to name: String) throws {
    let file = URL(filePath: "\(path)/\(name)")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: false, encoding: .utf8)
  }

  /// Starts a process with this command line; it and its child, which stands for a container's first process.
  /// - Parameters:
  ///   - wrapper: a command that runs it.
  ///   - directory: its working directory in the copy.
  func start(
    _ command: [String], by wrapper: [String] = [], in directory: String? = nil
  ) throws -> (runtime: UInt32, first: UInt32) {
    let script = #"exec -a "$0" /bin/sh "$@""#
    let whole =
      wrapper + ["/bin/bash", "-c", script, command[0], path + "/run"] + command.dropFirst()
    let program = try Program(
      whole[0], Array(whole.dropFirst()), in: directory.map { URL(filePath: "\(path)/\($0)") })
    programs.append(program)
    var found: (runtime: UInt32, first: UInt32)?
    try wait(for: "a process that passes for \(command[0])") {
      found = Self.sleeper(below: UInt32(program.pid))
      return found != nil
    }
    started.append(found!)
    return found!
  }

  /// The process that sleeps, however deep, and its parent: found from outside, since inside a
  /// namespace it would have another number.
  private static func sleeper(below process: UInt32) -> (runtime: UInt32, first: UInt32)? {
    var parent = process
    while let text = try? String(
      contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8),
      let child = text.split(separator: " ").first.flatMap({ UInt32($0) })
    {
      let name = try? String(contentsOfFile: "/proc/\(child)/comm", encoding: .utf8)
      if name == "sleep\n" { return (parent, child) }
      parent = child
    }
    return nil
  }

  /// No place at all, so that a test finds nothing of the machine's own.
  func nowhere() -> MetadataPlaces {
    var places = MetadataPlaces()
    places.docker = []
    places.storage = []
    places.containerd = []
    places.state = []
    places.lxc = []
    places.machines = path + "/none"
    places.passwd = path + "/none"
    return places
  }
}
