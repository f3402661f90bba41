internal import CLibBPF
import CNestaudit
import Glibc

/// The programs that are attached, each once: by this process, or by one before it that has left its link pinned.
final class Attachments {
  /// By the program's name.
  private var links: [String: Int32] = [:]
  /// Where links stay when this process is killed; nil if they need not.
  private let pins: PinnedObjects?

  /// Takes over what is pinned there.
  init(pinnedIn pins: PinnedObjects?) {
    self.pins = pins
    for name in pins?.names(.link) ?? [] where !name.hasPrefix(SyscallFunctions.mark) {
      links[name] = pins?.open(.link, name)
    }
  }

  deinit { for link in links.values { close(link) } }

  func isAttached(_ program: String) -> Bool { links[program] != nil }

  /// Attaches a program where it was loaded for, unless it is attached.
  /// - Throws: the kernel refuses.
  func attach(_ program: LoadedProgram) throws(CaptureError) {
    guard links[program.name] == nil else { return }
    let link = bpf_link_create(program.descriptor, 0, program.place, nil)
    guard link >= 0 else {
      throw CaptureError("program \(program.name) does not attach", errno: errno)
    }
    do {
      try pins?.pin(link, .link, program.name)
    } catch {
      close(link)
      throw error
    }
    links[program.name] = link
  }

  /// Takes programs off; those that are not attached stay as they are.
  func detach(_ programs: some Sequence<String>) {
    let descriptors = programs.compactMap { program -> Int32? in
      guard let link = links.removeValue(forKey: program) else { return nil }
      pins?.unpin(.link, program)
      return link
    }
    if descriptors.isEmpty { return }
    // A pin gives its link back a grace period after it is gone (kernel/bpf/inode.c, bpf_free_inode): what is closed last
    // takes the program off.
    if pins != nil { nestaudit_wait_for_grace_period() }
    for descriptor in descriptors { close(descriptor) }
  }

  func detachAll() { detach(Array(links.keys)) }
}
