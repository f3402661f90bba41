internal import AuditRecords
internal import AuditRules
import CNestaudit
import Glibc

/// One nested audit daemon: rules, limits, counters, serial number and log. Lives on the drain thread.
final class Daemon {
  /// Tells it from all others, before and after it.
  let number: UInt32
  let name: String
  let template: DaemonTemplate
  let log: DaemonLog
  /// In which it sees who asks it for something.
  let view: NamespaceView
  /// How much it may take up, by scope.conf.
  var quotas: Quotas
  /// Its logs have as many bytes as they may: nothing is written until it is told to go on.
  private(set) var isSuspended = false
  /// Requests to it that were refused.
  var refusals = Refusals()
  /// What its rules say now; replaced whole by a reload.
  private(set) var ruleset: LoadedRuleset { didSet { rules = RulesInUse(of: ruleset) } }
  /// The same for the hot path.
  private(set) var rules: RulesInUse
  /// Of the ids in the records about the daemon itself, in the format ENRICHED; nil for RAW.
  private(set) var names: UnsafePointer<IDNames>?

  /// Serial number of the last event written to its log.
  private(set) var serial: UInt64 = 0
  /// What has become of the events that were for it, since it began.
  var books = Books()
  /// Of those that it lost, the ones that its log already tells of …
  var lossesTold = LossCounts()
  /// … and the ones that `--reset-lost` has it count no more.
  var forgotten: UInt64 = 0
  var partsTold: UInt64 = 0
  /// Events in its log with a name that nothing confirms.
  var unconfirmed: UInt64 = 0
  var unconfirmedTold: UInt64 = 0

  private let outside: Outside

  /// It goes by what it was told at run time, and not by its files.
  var isChanged = false
  /// Records that it takes above its limit: they are on their way, and what brings more stands still.
  var waitRoom = 0
  /// It was waited for as long as may be, and what has no room is lost until it has drained.
  var hasWaited = false
  /// Nobody could be made to wait for it; tried again within a second.
  var cannotWait = false
  /// How long containers have waited for it, in nanoseconds.
  var waited: Int64 = 0

  /// What is to be written, which it holds; nil while nothing is.
  private var batch: Unmanaged<LogBatch>?
  private var pendingRecords: Int { pending { $0.records } }
  private var second: Int64 = 0
  private var recordsThisSecond = 0

  private let ledger: Ledger
  private let kept: KeptLog?
  /// Its state is to be kept with the next commit.
  private var isNoted = false
  /// Nothing follows.
  private(set) var hasEnded = false
  /// Bytes that were handed to its log: where in its stream the next batch begins.
  private var stream: UInt64 = 0
  private var tail = LogTail()
  /// About so many bytes the next batch will have.
  private var expectedSize = 0

  /// - Parameter kept: where its state is kept, and what an earlier collector has left of it is taken up from.
  init(
    number: UInt32, name: String, template: DaemonTemplate, ruleset: LoadedRuleset, log: DaemonLog,
    view: NamespaceView, names: UnsafePointer<IDNames>?, ledger: Ledger, kept: KeptLog?,
    outside: Outside
  ) {
    self.ledger = ledger
    self.kept = kept
    self.outside = outside
    self.number = number
    self.name = name
    self.template = template
    self.ruleset = ruleset
    rules = RulesInUse(of: ruleset)
    self.names = names
    self.log = log
    self.view = view
    quotas = template.scope.quotas
    tellPatience()
    if let state = kept?.state { resume(state) }
  }

  deinit { batch?.release() }

  /// Goes on where an earlier collector has come to.
  private func resume(_ state: kept_state) {
    let counts = state.counts
    serial = state.serial
    stream = state.end
    books = Books(counts)
    lossesTold = LossCounts(counts.losses_told)
    forgotten = counts.forgotten
    partsTold = counts.parts_told
    unconfirmed = counts.unconfirmed
    unconfirmedTold = counts.unconfirmed_told
  }

  /// Has its state kept with the next commit.
  @inline(__always)
  func note() {
    if isNoted { return }
    isNoted = true
    ledger.note(self)
  }

  /// Stores its state for the commit that is being made.
  func keep() {
    isNoted = false
    guard let kept else { return }
    var state = kept_state()
    state.end = position
    state.serial = serial
    state.ended = hasEnded ? 1 : 0
    state.counts = books.kept
    state.counts.losses_told = lossesTold.kept
    state.counts.forgotten = forgotten
    state.counts.parts_told = partsTold
    state.counts.unconfirmed = unconfirmed
    state.counts.unconfirmed_told = unconfirmedTold
    kept.store(state)
  }

  /// Nothing is written to its log any more, and it is closed.
  func end() {
    hasEnded = true
    note()
    submit()
    ledger.close(log)
  }

  var enabled: Bool { ruleset.settings.enabled != 0 }

  /// Whether `-e 2` holds: rules and settings stay as they are until the collector ends.
  var locked: Bool { ruleset.settings.enabled == 2 }

  /// Goes by other rules from the next event on.
  func apply(_ ruleset: LoadedRuleset) {
    self.ruleset = ruleset
    tellPatience()
  }

  /// Writes in another format from the next event on.
  func apply(names: UnsafePointer<IDNames>?) { self.names = names }

  /// Why `records` more may not be written now: the backlog limit, the quota, the rate limit; nil if they may.
  func refusal(records: Int, at second: Int64) -> LossCause? {
    let limit = backlogLimit
    if limit > 0, backlog + records > limit + waitRoom, !mayExceedBacklog {
      return log.isFailing ? .log : .backlog
    }
    if quotas.logBytes > 0, !hasRoom() { return .logQuota }
    let rate = quotas.rate(for: ruleset.settings.rateLimit ?? 0)
    guard rate > 0 else { return nil }
    if second != self.second {
      self.second = second
      recordsThisSecond = 0
    }
    guard recordsThisSecond + records <= rate else { return .rate }
    recordsThisSecond += records
    return nil
  }

  /// The contids of a container as its records tell them, innermost first: those inside of the one that it sees from.
  func contids(of entry: ContainerEntry, seenBy owner: ContainerEntry?) -> [UInt64] {
    let contids = entry.contids(in: owner)
    // One log for several containers: only the contid tells them apart.
    return contids.isEmpty && owner != nil && !template.isPerContainer ? [entry.number] : contids
  }

  /// A number of what is to be written; 0 while nothing is.
  @inline(__always)
  private func pending(_ number: (LogBatch) -> Int) -> Int {
    batch?._withUnsafeGuaranteedRef(number) ?? 0
  }

  /// Where its stream ends.
  private var position: UInt64 { stream + UInt64(pending { $0.count }) }

  /// Where its next lines are to be. It must outlive what is done with that.
  @inline(__always)
  var place: TwinLines.Place {
    TwinLines.Place(Unmanaged.passUnretained(self).toOpaque(), position)
  }

  /// So many bytes at a place; nil if they were handed to a log. Valid until something is written.
  @inline(__always)
  static func text(at place: TwinLines.Place, count: Int) -> UnsafeRawPointer? {
    Unmanaged<Daemon>.fromOpaque(place.daemon)._withUnsafeGuaranteedRef {
      $0.text(from: place.position, count: count)
    }
  }

  @inline(__always)
  private func text(from position: UInt64, count: Int) -> UnsafeRawPointer? {
    guard position >= stream else { return nil }
    return batch?._withUnsafeGuaranteedRef { batch in
      let start = batch.carried + Int(position - stream)
      guard start + count <= batch.text.count else { return nil }
      return batch.text.bytes.baseAddress! + start
    }
  }

  /// Appends the records of one event that was captured.
  @inline(__always)
  func write(records: Int, _ body: (UInt64, inout TextBuffer) -> Void) {
    books.take()
    append(records: records, events: 1, body)
  }

  /// Appends records, with the next serial number.
  @inline(__always)
  private func append(
    records: Int, events: Int = 0, _ body: (UInt64, inout TextBuffer) -> Void
  ) {
    serial += 1
    note()
    let isFull = (batch ?? begin())._withUnsafeGuaranteedRef { batch in
      batch.records += records
      batch.events += events
      batch.text.fetchAhead()
      body(serial, &batch.text)
      return batch.text.count >= LogBatch.fullSize
    }
    if isFull { submit() }
  }

  @inline(never)
  private func begin() -> Unmanaged<LogBatch> {
    let empty = Unmanaged.passRetained(
      log.emptyBatch(at: stream, after: tail.bytes, expecting: expectedSize))
    batch = empty
    return empty
  }

  /// Its books, with what waits for the disk.
  var booksNow: BooksSnapshot {
    BooksSnapshot(books, queued: UInt64(pending { $0.events } + log.queuedEvents))
  }

  /// Whether its logs may have more bytes; says so, as the last it says, once they may not.
  private func hasRoom() -> Bool {
    if isSuspended { return false }
    guard log.bytes + pending({ $0.count }) >= quotas.logBytes else { return true }
    write(.logQuota(bytes: quotas.logBytes), at: .now)
    isSuspended = true
    return false
  }

  /// Begins a new log, as SIGUSR1 has auditd do it.
  func rotate(askedBy asker: Asker) {
    submit()
    write(.rotated(asker.seen(by: self)), at: .now)
    submit(toNewFile: true)
  }

  /// Goes on writing to logs that have room again, as SIGUSR2 has auditd do it.
  func resume(askedBy asker: Asker) {
    log.measure()
    isSuspended = false
    guard quotas.logBytes == 0 || log.bytes < quotas.logBytes else {
      isSuspended = true
      return
    }
    write(.resumed(asker.seen(by: self)), at: .now)
  }

  /// Appends a record about the daemon itself.
  func write(_ record: DaemonRecord, at time: EventTime) {
    guard !isSuspended else { return }
    if let replayed = outside.replayed, replayed.knows(self) { return replayed.writeOwn(self) }
    append(records: record.lines) { serial, text in
      let start = text.count
      record.append(
        to: &text, seconds: time.seconds, milliseconds: time.milliseconds, serial: serial,
        names: names?.pointee)
      outside.recorder?.ownRecord(
        of: self, UnsafeRawBufferPointer(rebasing: text.bytes[start...]))
    }
  }

  /// Where it is within a second of its rate limit.
  var pace: (second: Int64, records: Int) { (second, recordsThisSecond) }

  /// Goes on where it was when a recording began.
  func resume(serial: UInt64, pace: (second: Int64, records: Int)) {
    self.serial = serial
    (second, recordsThisSecond) = pace
  }

  /// Writes what a recording has of its own records.
  func write(replayed lines: RecordedLines) {
    append(records: lines.count) { serial, text in lines.append(to: &text, serial: serial) }
  }

  /// Records that are not in the log's file yet.
  var backlog: Int { log.queuedRecords + pendingRecords }

  /// Whether anything waits for `submit()`.
  var hasPending: Bool { batch != nil }

  /// Has what was written handed to the log's thread with the next commit.
  /// - Parameter isFirst: it goes to a new file.
  func submit(toNewFile isFirst: Bool = false) {
    guard let full = batch?.takeRetainedValue() else { return }
    batch = nil
    full.isFirst = isFirst
    // What is left of several may be little.
    expectedSize = max(full.count, expectedSize / 2)
    stream += UInt64(full.count)
    tail.keep(log.tail(of: full, endingAt: stream), of: full.text.bytes)
    ledger.seal(full, for: log)
  }
}
