public import AuditRules
internal import Capture

/// A nested daemon as it is configured.
public struct DaemonConfiguration: Sendable {
  /// `name` in scope.conf, else its directory's name.
  public let name: String
  /// scope.conf.
  public let scope: ScopeConfiguration
  /// auditd.conf.
  public let auditd: AuditdConfiguration
  /// audit.rules, or rules.d put together.
  public let ruleset: Ruleset
  /// Of `nestaudit run` without a configuration.
  public let isEmbeddedDefault: Bool
  /// Its rules, as far as they need no kernel.
  let prepared: PreparedRuleset

  /// - Throws: the rules do not fit into the kernel's tables.
  init(
    name: String, place: String, scope: ScopeConfiguration, auditd: AuditdConfiguration,
    ruleset: Ruleset, isEmbeddedDefault: Bool = false
  ) throws(ConfigurationError) {
    self.name = name
    self.scope = scope
    self.auditd = auditd
    var ruleset = ruleset
    if !scope.isHost { ruleset.warnings.removeAll(where: \.concernsHostAlone) }
    self.ruleset = ruleset
    self.isEmbeddedDefault = isEmbeddedDefault
    do {
      prepared = try PreparedRuleset.of(
        ruleset, options: RuleOptionsOfScope(unsetAUIDMatches: scope.unsetAUIDMatches))
    } catch {
      throw ConfigurationError(place, error.description)
    }
  }
}

/// The whole configuration, checked: what it says can be done as far as files can tell.
public struct CollectorConfiguration: Sendable {
  /// What the command line says; it wins over nestaudit.conf.
  public struct Overrides: Sendable {
    /// `--state`.
    public var stateDirectory: String?
    /// `--log-dir`.
    public var logDirectory: String?
    /// `--ring-size`, as it is written.
    public var ringSize: String?
    /// `--backend`, as it is written.
    public var backend: String?

    /// What is nil is left to nestaudit.conf.
    public init(
      stateDirectory: String?, logDirectory: String?, ringSize: String?, backend: String?
    ) {
      self.stateDirectory = stateDirectory
      self.logDirectory = logDirectory
      self.ringSize = ringSize
      self.backend = backend
    }
  }

  /// Bytes: a power of two, 64 KiB to 1 GiB.
  public private(set) var ringSize: UInt32 = 16 << 20
  /// How files behind names are known.
  private(set) var backend = Backend.Choice.auto
  /// Where the lock and the control socket are.
  public private(set) var stateDirectory = "/run/nestaudit"
  /// Holds a directory for each daemon's log.
  public private(set) var logDirectory = "/var/log/nestaudit"
  /// SIGTERM leaves the programs at work, for a collector that goes on.
  private(set) var staysOnStop = false
  /// How many containers may be in each other, …
  private(set) var maxDepth = 32
  /// … and how many in all in one that stands on the host.
  private(set) var maxContainers = 1024
  /// In the order of their directories' names.
  public private(set) var daemons: [DaemonConfiguration] = []

  /// The kernel has no more PID namespaces in each other: include/linux/pid_namespace.h, MAX_PID_NS_LEVEL.
  private static let deepest = 32

  private static let standardDirectory = "/etc/nestaudit"

  /// Reads everything, or nothing.
  /// - Parameter directory: nil is /etc/nestaudit if there is one, else the embedded default.
  public static func load(
    directory: String?, overrides: Overrides
  ) throws(ConfigurationError) -> Self {
    var configuration = CollectorConfiguration()
    if let directory = directory ?? existing(standardDirectory) {
      try configuration.read(directory)
    } else {
      configuration.daemons = try embedded()
    }
    if let path = overrides.stateDirectory { configuration.stateDirectory = path }
    if let path = overrides.logDirectory { configuration.logDirectory = path }
    if let size = overrides.ringSize {
      guard let bytes = bytes(size) else {
        throw ConfigurationError("--ring-size \(size)", sizeHelp)
      }
      configuration.ringSize = bytes
    }
    if let name = overrides.backend {
      guard let choice = Backend.Choice(rawValue: name) else {
        throw ConfigurationError("--backend \(name)", backendHelp)
      }
      configuration.backend = choice
    }
    return configuration
  }

  /// What holds without any configuration.
  public static func standard() throws(ConfigurationError) -> Self {
    var configuration = CollectorConfiguration()
    configuration.daemons = try embedded()
    return configuration
  }

  /// The same daemons with one log each below a directory, whatever the disk and its limits: for replay, which waits for them.
  public func replayed(into logDirectory: String) throws(ConfigurationError) -> Self {
    var configuration = self
    configuration.logDirectory = logDirectory
    configuration.daemons = []
    for daemon in daemons {
      var scope = daemon.scope
      scope.quotas.logBytes = 0
      var auditd = daemon.auditd
      auditd.logFile = nil
      auditd.maxLogFileAction = .ignore
      auditd.flush = .none
      var ruleset = daemon.ruleset
      ruleset.settings.backlogLimit = 0
      ruleset.settings.backlogWaitTime = nil
      configuration.daemons.append(
        try DaemonConfiguration(
          name: daemon.name, place: daemon.name, scope: scope, auditd: auditd, ruleset: ruleset,
          isEmbeddedDefault: daemon.isEmbeddedDefault))
    }
    return configuration
  }

  /// What is other than in the configuration that the collector began with, and waits for its next start.
  func waitingForRestart(since old: Self) -> [String] {
    let keys: [(name: String, isSame: Bool)] = [
      ("ring_size", ringSize == old.ringSize), ("backend", backend == old.backend),
      ("state_directory", stateDirectory == old.stateDirectory),
      ("log_directory", logDirectory == old.logDirectory),
      ("max_depth", maxDepth == old.maxDepth),
      ("max_containers", maxContainers == old.maxContainers),
      ("on_stop", staysOnStop == old.staysOnStop),
    ]
    return keys.filter { !$0.isSame }.map {
      "\($0.name) stays as it is until the collector is started again"
    }
  }

  private static func existing(_ path: String) -> String? { TextFile.exists(path) ? path : nil }

  private static func embedded() throws(ConfigurationError) -> [DaemonConfiguration] {
    var host = ScopeConfiguration()
    host.isHost = true
    var containers = ScopeConfiguration()
    containers.container = "*"
    return [
      try DaemonConfiguration(
        name: "host", place: "embedded host rules", scope: host, auditd: AuditdConfiguration(),
        ruleset: try rules(DefaultRules.host, "embedded host rules"), isEmbeddedDefault: true),
      try DaemonConfiguration(
        name: "default", place: "embedded container rules", scope: containers,
        auditd: AuditdConfiguration(),
        ruleset: try rules(DefaultRules.container, "embedded container rules"),
        isEmbeddedDefault: true),
    ]
  }

  // MARK: Files

  private mutating func read(_ directory: String) throws(ConfigurationError) {
    guard TextFile.names(in: directory) != nil else {
      throw ConfigurationError(
        directory, "is no directory that can be read; give one with --config")
    }
    let file = directory + "/nestaudit.conf"
    if TextFile.exists(file) {
      let values = try KeyValueFile(
        try TextFile.read(file), file: file,
        known: [
          "ring_size", "backend", "state_directory", "log_directory", "max_depth", "max_containers",
          "on_stop",
        ])
      maxDepth = try values.number("max_depth", 1...Self.deepest, default: maxDepth)
      maxContainers = try values.number("max_containers", 0...65536, default: maxContainers)
      if let entry = values["ring_size"] {
        guard let bytes = Self.bytes(entry.value) else {
          throw values.failure(entry, Self.sizeHelp)
        }
        ringSize = bytes
      }
      if let entry = values["backend"] {
        guard let choice = Backend.Choice(rawValue: entry.value) else {
          throw values.failure(entry, Self.backendHelp)
        }
        backend = choice
      }
      if let entry = values["on_stop"] {
        guard let stays = ["end": false, "stay": true][entry.value] else {
          throw values.failure(entry, "give end or stay")
        }
        staysOnStop = stays
      }
      stateDirectory = try Self.path("state_directory", in: values) ?? stateDirectory
      logDirectory = try Self.path("log_directory", in: values) ?? logDirectory
    }
    let daemonsDirectory = directory + "/daemons"
    guard let names = TextFile.names(in: daemonsDirectory), !names.isEmpty else {
      throw ConfigurationError(
        daemonsDirectory, "describes no daemon; make daemons/NAME/scope.conf and audit.rules")
    }
    var places: [String: String] = [:]
    for name in names {
      let place = daemonsDirectory + "/" + name
      let daemon = try Self.daemon(in: place, named: name)
      if let other = places[daemon.name] {
        throw ConfigurationError(
          place + "/scope.conf", line: daemon.scope.nameLine,
          "the name '\(daemon.name)' is taken by \(other); give another with 'name = …'")
      }
      places[daemon.name] = place
      daemons.append(daemon)
    }
  }

  private static func daemon(
    in directory: String, named directoryName: String
  ) throws(ConfigurationError) -> DaemonConfiguration {
    let scopeFile = directory + "/scope.conf"
    let scope = try ScopeConfiguration.parse(try TextFile.read(scopeFile), file: scopeFile)
    let name = scope.name ?? directoryName
    guard isName(name) else {
      throw ConfigurationError(
        scope.name == nil ? directory : scopeFile,
        "'\(name)' cannot name a daemon; use up to 64 letters, digits, '.', '_' and '-'")
    }
    let auditdFile = directory + "/auditd.conf"
    var auditd = AuditdConfiguration()
    if TextFile.exists(auditdFile) {
      auditd = try AuditdConfiguration.parse(try TextFile.read(auditdFile), file: auditdFile)
      if auditd.logFile != nil, scope.isPerContainer, !scope.isHost {
        throw ConfigurationError(
          auditdFile,
          "log_file cannot be one file for a daemon with 'instance = per-container'; leave it out")
      }
    }
    return try DaemonConfiguration(
      name: name, place: directory, scope: scope, auditd: auditd,
      ruleset: try ruleset(in: directory))
  }

  /// audit.rules, or rules.d/*.rules put together as augenrules(8) does.
  private static func ruleset(in directory: String) throws(ConfigurationError) -> Ruleset {
    let single = directory + "/audit.rules"
    let parts = directory + "/rules.d"
    let files = (TextFile.names(in: parts) ?? []).filter { $0.hasSuffix(".rules") }
    if TextFile.exists(single) {
      guard files.isEmpty else {
        throw ConfigurationError(directory, "has both audit.rules and rules.d; remove one of them")
      }
      return try rules(try TextFile.read(single), single)
    }
    guard !files.isEmpty else {
      throw ConfigurationError(directory, "has neither audit.rules nor rules.d/*.rules; make one")
    }
    var texts: [(name: String, text: String)] = []
    for file in RulesDirectory.sorted(files) {
      let path = parts + "/" + file
      texts.append((path, try TextFile.read(path)))
    }
    do {
      return try RuleFile.parse(RulesDirectory.join(texts))
    } catch {
      throw ConfigurationError(error)
    }
  }

  private static func rules(_ text: String, _ file: String) throws(ConfigurationError) -> Ruleset {
    do {
      return try RuleFile.parse(text, file: file)
    } catch {
      throw ConfigurationError(error)
    }
  }

  /// A file of rules, up to 16 MiB.
  public static func text(of file: String) throws(ConfigurationError) -> String {
    try TextFile.read(file)
  }

  // MARK: Values

  private static let backendHelp = "give hooks, tracepoints or auto"
  private static let sizeHelp = "give a power of two from 64K to 1G, such as 32M"

  /// "64K" to "1G".
  static func bytes(_ text: String) -> UInt32? {
    let units: [Character: Int] = ["K": 10, "M": 20, "G": 30]
    var digits = text.uppercased()
    var shift = 0
    if let last = digits.last, let unit = units[last] {
      shift = unit
      digits.removeLast()
    }
    guard let number = UInt32(digits), number <= UInt32.max >> UInt32(shift) else { return nil }
    let size = number << UInt32(shift)
    guard size & (size &- 1) == 0, (64 << 10...1 << 30).contains(size) else { return nil }
    return size
  }

  private static func path(
    _ key: String, in values: KeyValueFile
  ) throws(ConfigurationError) -> String? {
    guard let entry = values[key] else { return nil }
    guard entry.value.hasPrefix("/") else {
      throw values.failure(entry, "give an absolute path")
    }
    return entry.value
  }

  private static func isName(_ name: String) -> Bool {
    let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    return (1...64).contains(name.count) && !name.hasPrefix(".")
      && name.allSatisfy(allowed.contains)
  }
}

extension ConfigurationError {
  init(_ error: RuleError) { self.init(error.file, line: error.line, error.reason) }
}
