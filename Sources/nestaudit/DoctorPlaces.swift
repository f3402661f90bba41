import Capture
import Control
import Glibc

/// The directories that a collector writes to, and whether one does.
func placeChecks(state: String, logs: String) -> [Check] {
  [
    directoryCheck("log directory", logs, cure: "name another one with --log-dir"),
    directoryCheck("state directory", state, cure: "name another one with --state"),
    collectorCheck(state: state),
    pinCheck(PinDirectory(stateDirectory: state), isRunning: isCollectorRunning(state: state)),
  ]
}

/// What is pinned, for a collector that is killed; without a collector it goes on capturing until the ring is full.
func pinCheck(_ pins: PinDirectory, isRunning: Bool) -> Check {
  let name = "pinned"
  let contents = pins.contents
  if contents.isEmpty {
    return Check(name: name, state: .ok, detail: "nothing at \(pins.path)")
  }
  let versions = contents.map {
    "\($0.name) (\($0.programs) programs, \($0.maps) maps, \($0.links) links, \($0.events) events of \($0.bytes) bytes in the ring)"
  }
  let detail = "\(pins.path): \(versions.joined(separator: ", "))"
  return Check(
    name: name, state: isRunning ? .ok : .warn, detail: detail,
    cure: isRunning
      ? nil : "'nestaudit run' goes on with it, 'nestaudit unload' takes it out of the kernel")
}

private func isCollectorRunning(state: String) -> Bool {
  (try? ControlClient.status(state: state)) != nil
}

/// Whether `path` can be written to, or made.
func directoryCheck(_ name: String, _ path: String, cure: String) -> Check {
  var place = path
  while access(place, F_OK) != 0 && errno == ENOENT, let slash = place.lastIndex(of: "/") {
    place = slash == place.startIndex ? "/" : String(place[..<slash])
  }
  guard access(place, W_OK | X_OK) == 0 else {
    let reason = String(cString: strerror(errno))
    return Check(
      name: name, state: .fail, detail: "\(place): \(reason)", cure: "run as root, or \(cure)")
  }
  var status = stat()
  if stat(place, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR {
    return Check(name: name, state: .fail, detail: "\(place): not a directory", cure: cure)
  }
  let detail = place == path ? "\(path) is writable" : "\(path) will be made"
  return Check(name: name, state: .ok, detail: detail)
}

private func collectorCheck(state: String) -> Check {
  let name = "collector"
  do {
    let reply = try ControlClient.status(state: state)
    let lost = reply.daemons.reduce(0) { $0 + $1.lost }
    let detail =
      "\(reply.version), pid \(reply.pid), backend \(reply.backend), "
      + "\(reply.daemons.count) daemons"
    if lost > 0 || reply.skippedRuns > 0 {
      return Check(
        name: name, state: .warn,
        detail: "\(detail), \(lost) events lost, \(reply.skippedRuns) runs skipped",
        cure: "narrow the rules, or give it a larger buffer with --ring-size")
    }
    return Check(name: name, state: .ok, detail: detail)
  } catch .noCollector(let socket) {
    return Check(
      name: name, state: .warn, detail: "none answers at \(socket)",
      cure: "start one with 'nestaudit run'")
  } catch {
    return Check(name: name, state: .warn, detail: "\(error)")
  }
}
