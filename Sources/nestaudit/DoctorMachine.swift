import CAuparse
import FoundationEssentials
import Glibc

/// What the kernel and this process bring along.
func machineChecks() -> [Check] {
  var names = utsname()
  uname(&names)
  return [
    kernelCheck(release: text(of: &names.release), machine: text(of: &names.machine)),
    privilegeCheck(status: contents("/proc/self/status")),
    typeInformationCheck(path: "/sys/kernel/btf/vmlinux"),
    cgroupCheck(mounts: contents("/proc/self/mounts")),
    labelCheck(modules: contents("/sys/kernel/security/lsm")),
    kernelAuditCheck(),
  ]
}

/// BPF cgroup storage and the helpers that capture uses are in 6.1.
func kernelCheck(release: String, machine: String) -> Check {
  let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
  let isRecent = numbers.count == 2 && (numbers[0], numbers[1]) >= (6, 1)
  let detail = "Linux \(release) on \(machine)"
  if machine != "x86_64" {
    return Check(name: "kernel", state: .fail, detail: detail, cure: "nestaudit needs x86_64")
  }
  return Check(
    name: "kernel", state: isRecent ? .ok : .fail, detail: detail,
    cure: isRecent ? nil : "nestaudit needs Linux 6.1 or later")
}

/// - Parameter status: /proc/self/status.
func privilegeCheck(status: String) -> Check {
  let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
  let digits = line?.split(whereSeparator: \.isWhitespace).last
  let capabilities = digits.flatMap { UInt64($0, radix: 16) } ?? 0
  func has(_ bit: UInt64) -> Bool { capabilities & (1 << bit) != 0 }
  // linux/capability.h
  let (administrator, performance, bpf) = (has(21), has(38), has(39))
  if administrator || bpf && performance {
    let names = administrator ? "CAP_SYS_ADMIN" : "CAP_BPF and CAP_PERFMON"
    return Check(name: "privileges", state: .ok, detail: "has \(names)")
  }
  return Check(
    name: "privileges", state: .fail, detail: "neither CAP_SYS_ADMIN nor CAP_BPF and CAP_PERFMON",
    cure: "run as root, outside of a container")
}

func typeInformationCheck(path: String) -> Check {
  if access(path, R_OK) == 0 {
    return Check(name: "type information", state: .ok, detail: path)
  }
  return Check(
    name: "type information", state: .fail, detail: "\(path): \(String(cString: strerror(errno)))",
    cure: "use a kernel with CONFIG_DEBUG_INFO_BTF=y")
}

/// - Parameter mounts: /proc/self/mounts.
func cgroupCheck(mounts: String) -> Check {
  let fields = mounts.split(separator: "\n").map { $0.split(separator: " ") }
  if let mount = fields.first(where: { $0.count > 2 && $0[2] == "cgroup2" }) {
    return Check(name: "cgroup2", state: .ok, detail: "mounted at \(mount[1])")
  }
  return Check(
    name: "cgroup2", state: .fail, detail: "not mounted",
    cure: "mount -t cgroup2 none /sys/fs/cgroup, or boot with systemd.unified_cgroup_hierarchy=1")
}

/// Whose labels are written as subj= and obj=.
/// - Parameter modules: /sys/kernel/security/lsm; empty where it cannot be read.
func labelCheck(modules: String) -> Check {
  let name = "labels"
  let modules = modules.split { $0 == "," || $0.isWhitespace }
  if let other = modules.first(where: { $0 == "selinux" || $0 == "smack" }) {
    return Check(
      name: name, state: .warn,
      detail: "those of \(other) are not written: subj= and obj= are absent",
      cure: "none in this version; AppArmor's labels are written")
  }
  return Check(
    name: name, state: .ok,
    detail: modules.contains("apparmor")
      ? "subj= and obj= are AppArmor's" : "no security module gives any")
}

/// Only worth knowing: nestaudit neither needs nor disturbs it.
private func kernelAuditCheck() -> Check {
  let name = "kernel audit"
  let socket = audit_open()
  guard socket >= 0 else {
    return Check(name: name, state: .ok, detail: "not available; nestaudit does not need it")
  }
  defer { audit_close(socket) }
  let state = audit_is_enabled(socket)
  let detail =
    switch state {
    case 0: "off; nestaudit does not need it"
    case 1: "on, with its own rules and log; nestaudit leaves it alone"
    case 2: "on and locked; nestaudit leaves it alone"
    default: "cannot be asked from here; nestaudit does not need it"
    }
  return Check(name: name, state: .ok, detail: detail)
}

private func text<Field>(of field: inout Field) -> String {
  withUnsafeBytes(of: &field) { bytes in
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

private func contents(_ path: String) -> String {
  guard let data = try? Data(contentsOf: URL(filePath: path)) else { return "" }
  return String(decoding: data, as: UTF8.self)
}
