import Testing

@testable import Collector

struct AuditdConfigurationTests {
  private func parse(_ text: String) throws(ConfigurationError) -> AuditdConfiguration {
    try AuditdConfiguration.parse(text, file: "auditd.conf")
  }

  @Test func debiansOwnFileIsUnderstood() throws {
    let configuration = try parse(
      """
      local_events = yes
      write_logs = yes
      log_file = /var/log/audit/audit.log
      log_group = adm
      log_format = RAW
      flush = INCREMENTAL_ASYNC
      freq = 50
      max_log_file = 8
      num_logs = 5
      priority_boost = 4
      name_format = NONE
      max_log_file_action = ROTATE
      space_left = 75
      space_left_action = SYSLOG
      verify_email = yes
      disk_full_action = SUSPEND
      ##tcp_listen_port = 60
      """)
    var expected = AuditdConfiguration()
    expected.logFile = "/var/log/audit/audit.log"
    #expect(configuration == expected)
    #expect(expected.rotationSize == 8 << 20)
  }

  @Test func theFormatIsGivenInAnyCase() throws {
    #expect(try parse("log_format = ENRICHED").logFormat == .enriched)
    #expect(try parse("log_format = enriched").logFormat == .enriched)
    #expect(try parse("log_format = Raw").logFormat == .raw)
    #expect(try parse("").logFormat == .raw)
  }

  @Test func theSizeCountsOnlyWhereTheLogIsRotated() throws {
    #expect(try parse("max_log_file_action = IGNORE").rotationSize == nil)
    #expect(try parse("num_logs = 1").rotationSize == nil)
    #expect(try parse("num_logs = 1\nmax_log_file_action = keep_logs").rotationSize == 8 << 20)
  }

  @Test(arguments: [
    ("log_format = NOLOG", "give one of raw, enriched"),
    ("log_file = audit.log", "absolute path"), ("log_file = /var/log/", "absolute path"),
    ("max_log_file_action = SUSPEND", "not supported yet"),
    ("max_log_file_action = FORGET", "give one of ignore, rotate, keep_logs"),
    ("num_logs = 1000", "from 0 to 999"), ("max_log_file = 0", "from 1 to"),
    ("flush = SOMETIMES", "give one of none, incremental"),
  ])
  func whatCannotBeDoneIsRefused(line: String, reason: String) {
    let error = #expect(throws: ConfigurationError.self) { try parse("# one\n\(line)") }
    #expect(error?.description.hasPrefix("auditd.conf:2: ") == true)
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }
}
