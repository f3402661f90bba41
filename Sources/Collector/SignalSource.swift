import CNestaudit
import Glibc

/// SIGTERM, SIGINT and SIGHUP as something to read, with who sent them.
///
/// Blocks the three for the calling thread and those it starts later, so it must be made first.
struct SignalSource: ~Copyable {
  /// Who asks for something, by a signal or over the control socket, as the kernel knows it.
  struct Sender {
    /// 0 if it was no signal.
    let signal: UInt32
    /// In the first namespaces; 0 from the kernel.
    let pid: UInt32
    let uid: UInt32
    let auid: UInt32
    let session: UInt32
    /// Its security label, where an LSM gives one.
    let label: String?

    var isReload: Bool { signal == UInt32(SIGHUP) }

    /// What a socket or a signal tells of a process, and what /proc adds while it is there.
    init(signal: UInt32 = 0, pid: UInt32, uid: UInt32) {
      self.signal = signal
      self.pid = pid
      self.uid = uid
      auid = Identity.number("/proc/\(pid)/loginuid")
      session = Identity.number("/proc/\(pid)/sessionid")
      label = pid == 0 ? nil : Identity.label(of: String(pid))
    }
  }

  let descriptor: Int32

  init() {
    var mask = sigset_t()
    sigemptyset(&mask)
    for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&mask, signal) }
    pthread_sigmask(SIG_BLOCK, &mask, nil)
    signal(SIGPIPE, SIG_IGN)
    descriptor = signalfd(-1, &mask, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
  }

  deinit { close(descriptor) }

  /// The signals that have come since the last call.
  func read() -> [Sender] {
    var senders: [Sender] = []
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    while Glibc.read(descriptor, &information, size) == size {
      senders.append(
        Sender(
          signal: information.ssi_signo, pid: information.ssi_pid, uid: information.ssi_uid))
    }
    return senders
  }
}
