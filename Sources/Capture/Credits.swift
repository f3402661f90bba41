internal import CLibBPF
import CNestaudit
import Glibc

/// What each container has in the ring, so that one that floods it leaves room for the others: `bpf/lib/credit.h`.
///
/// BPF counts what goes in, the drain what comes out. An account is a container's from its birth to its end; those
/// born in the ring get theirs from BPF.
public final class Credits: @unchecked Sendable {
  private let accounts: UnsafeMutablePointer<policy_credit>
  private let control: UnsafeMutablePointer<policy_control>
  private let isMapped: Bool
  /// Whose events are being taken out, and how many bytes of them are not given back yet.
  private var account: UInt32 = 0
  private var pending: UInt64 = 0

  private static let count = Int(POLICY_ACCOUNTS_MAX)
  private static let size = count * MemoryLayout<policy_credit>.stride
  /// So many times an account is looked for.
  private static let tries = 64

  /// Maps the accounts, and says how much of the ring one of them may use.
  init(
    of programs: ProgramSet, control: UnsafeMutablePointer<policy_control>, ringSize: UInt32
  ) throws(CaptureError) {
    let memory = mmap(
      nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED,
      programs.descriptor(ofMap: "credits"), 0)
    guard let memory, memory != MAP_FAILED else {
      throw CaptureError("the accounts of the ring cannot be mapped", errno: errno)
    }
    accounts = memory.bindMemory(to: policy_credit.self, capacity: Self.count)
    self.control = control
    isMapped = true
    control.pointee.ring_size = ringSize
    control.pointee.credit = ringSize / UInt32(Self.share)
  }

  /// Without a kernel: nobody has anything in a ring.
  init(detached control: UnsafeMutablePointer<policy_control>) {
    accounts = .allocate(capacity: Self.count)
    accounts.initialize(repeating: policy_credit(), count: Self.count)
    self.control = control
    isMapped = false
  }

  deinit {
    if isMapped { munmap(accounts, Self.size) } else { accounts.deallocate() }
  }

  /// One container may have this part of the ring.
  private static let share = 4

  /// Bytes that an account may have in the ring, as long as as much of it is free.
  public var limit: UInt64 { UInt64(control.pointee.credit) }

  /// Bytes that an account has in the ring.
  public func used(_ account: UInt32) -> UInt64 {
    guard account < Self.count else { return 0 }
    let credit = accounts[Int(account)]
    return UInt64(max(0, Int64(bitPattern: credit.produced &- credit.consumed)))
  }

  /// Puts right what a collector that was killed had taken out of the ring and not given back: once the ring is empty,
  /// nobody has anything there.
  /// - Parameter isEmpty: asked when what went in so far has been looked at.
  /// - Returns: false if there was something in it just then.
  func settle(isEmpty: () -> Bool) -> Bool {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.count) { produced in
      for account in 0..<Self.count { produced[account] = accounts[account].produced }
      guard isEmpty() else { return false }
      for account in 0..<Self.count { accounts[account].consumed = produced[account] }
      return true
    }
  }

  /// An account that nobody has; the host's if none is found.
  public func hold(for contid: UInt64) -> UInt32 {
    for _ in 0..<Self.tries {
      // BPF does the same at the same time: each search has a number of its own.
      let account = nestaudit_fetch_add_32(&control.pointee.accounts, 1) % UInt32(Self.count)
      if account == ACCOUNT_HOST || accounts[Int(account)].holder != 0 { continue }
      accounts[Int(account)].holder = contid
      return account
    }
    return UInt32(ACCOUNT_HOST)
  }

  /// The container has ended; nothing is done if the account is another's by now.
  public func release(_ account: UInt32, of contid: UInt64) {
    guard account < Self.count, accounts[Int(account)].holder == contid else { return }
    accounts[Int(account)].holder = 0
  }

  /// Counts an event that was taken out of the ring.
  @inline(__always)
  func take(_ bytes: UInt64, of account: UInt32) {
    if account != self.account {
      give()
      self.account = account
    }
    pending += bytes
  }

  /// Gives back what was counted: BPF reads it with every event, so that it is written as rarely as may be.
  func give() {
    guard pending > 0 else { return }
    if account < Self.count { accounts[Int(account)].consumed &+= pending }
    pending = 0
  }
}
