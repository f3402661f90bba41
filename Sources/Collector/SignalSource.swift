import CNestaudit
internal import Containers
import Glibc

/// The signals that ask the collector for something, as something to read, with who sent them.
///
/// Blocks them for the calling thread and those it starts later, so it must be made first.
struct SignalSource: ~Copyable {
  /// Who asks for something, by a signal or over a socket, as the kernel knows it.
  struct Sender: Sendable, Codable {
    /// 0 if it was no signal.
    let signal: UInt32
    /// In the first user namespace.
    let uid: UInt32
    /// The process; pid 0 if it was the kernel.
    let process: ProcessIdentity

    /// What a signal tells of a process, and what /proc adds while it is there.
    init(signal: UInt32, pid: UInt32, uid: UInt32) {
      self.signal = signal
      self.uid = uid
      process = ProcessIdentity(of: pid)
    }

    /// Someone who has asked over a socket.
    init(uid: UInt32, process: ProcessIdentity) {
      signal = 0
      self.uid = uid
      self.process = process
    }
  }

  let descriptor: Int32

  init() {
    var mask = sigset_t()
    sigemptyset(&mask)
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2] { sigaddset(&mask, signal) }
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
