// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

// What handles every event: the compiler proves most of it, and what it cannot is one thread's own.
let hot =
  strict + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

let package = Package(
  name: "nestaudit",
  products: [
    .executable(name: "nestaudit", targets: ["nestaudit"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    .target(name: "CNestaudit"),
    .systemLibrary(name: "CLibBPF", pkgConfig: "libbpf", providers: [.apt(["libbpf-dev"])]),
    .systemLibrary(name: "CLibAudit", pkgConfig: "audit", providers: [.apt(["libaudit-dev"])]),
    .systemLibrary(name: "CAuparse", pkgConfig: "auparse", providers: [.apt(["libauparse-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    .target(
      name: "AuditRules", dependencies: ["CNestaudit", "CLibAudit"], swiftSettings: hot),
    .target(
      name: "AuditRecords", dependencies: ["CNestaudit", "CLibAudit"], swiftSettings: hot),
    .target(
      name: "Containers",
      dependencies: ["CNestaudit"],
      swiftSettings: strict),
    .target(
      name: "Capture",
      dependencies: [
        "CNestaudit", "CLibBPF",
      ],
      swiftSettings: strict),
    .target(name: "Recording", dependencies: ["CNestaudit", "CZlib"], swiftSettings: strict),
    .target(
      name: "Collector",
      dependencies: [
        "AuditRules", "AuditRecords", "Containers", "Capture", "Recording", "CNestaudit",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: hot),
    .target(
      name: "Control",
      dependencies: [
        "CNestaudit", "Containers",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "nestaudit",
      dependencies: [
        "Collector", "Control", "AuditRules", "Containers", "Capture", "Recording", "CAuparse",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),

    // The code by which BPF reads a ruleset, outside of the kernel.
    .target(
      name: "CTableReader", path: "Tests/CTableReader",
      cSettings: [.headerSearchPath("../../bpf")]),
    .target(
      name: "TableReader", dependencies: ["AuditRules", "CTableReader", "CNestaudit"],
      path: "Tests/TableReader", swiftSettings: strict),
    .testTarget(
      name: "AuditRulesTests", dependencies: ["AuditRules", "TableReader"], swiftSettings: strict),
    .testTarget(
      name: "AuditRecordsTests", dependencies: ["AuditRecords", "CNestaudit", "CAuparse"],
      swiftSettings: strict),
    .testTarget(
      name: "ContainersTests", dependencies: ["Containers", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "CollectorTests",
      dependencies: [
        "Collector", "Containers", "TestSupport", "CNestaudit",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ControlTests", dependencies: ["Control", "Containers", "CNestaudit"],
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests", dependencies: ["nestaudit", "TestSupport"], swiftSettings: strict),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "KernelTests", dependencies: ["TestSupport", "AuditRules", "Capture", "nestaudit"],
      swiftSettings: strict),
    .testTarget(
      name: "ContainerTests", dependencies: ["TestSupport", "Containers", "nestaudit"],
      swiftSettings: strict),
    .testTarget(
      name: "RecordingTests", dependencies: ["Recording", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "CaptureTests", dependencies: ["Capture"], swiftSettings: strict),
    .testTarget(
      name: "GuestTests", dependencies: ["TestSupport", "Capture", "nestaudit"],
      exclude: ["guest", "functions"], swiftSettings: strict),
    .executableTarget(name: "workload", path: "Tests/Workload", exclude: ["programs"]),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "AuditRules", "CNestaudit", "TableReader", "Collector", "Recording",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/Fuzz", swiftSettings: strict),
    .testTarget(
      name: "FuzzTests", dependencies: ["TestSupport", "fuzz"], swiftSettings: strict),
  ]
)
