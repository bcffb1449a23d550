// swift-tools-version: 6.2

import PackageDescription

/// What every target of ours is compiled with: Swift 6, complete checking, no warnings.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// A room of the house: a library target and the product of the same name.
struct Room {
  var name: String
  var path: String
  var needs: [Target.Dependency]
  /// A folder of files whose bytes become part of the code.
  var embedded: String?

  init(
    _ name: String, _ path: String, needs: [Target.Dependency] = [], embedded: String? = nil
  ) {
    self.name = name
    self.path = path
    self.needs = needs
    self.embedded = embedded
  }

  var target: Target {
    .target(
      name: name, dependencies: needs, path: path,
      resources: embedded.map { [.embedInCode($0)] }, swiftSettings: strict)
  }

  var product: Product { .library(name: name, targets: [name]) }
}

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let arguments: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")

let rooms: [Room] = [
  Room("Values", "Sources/Values"),
  Room("Histories", "Sources/Histories", needs: ["Values"]),
  Room("Nodes", "Sources/Nodes", needs: ["Values", deque]),
  Room("Algorithms", "Sources/Algorithms", needs: ["Nodes", "Values"]),
  Room("Generators", "Sources/Generators", needs: ["Histories", "Values"]),

  Room("Exploration", "Sources/Exploration", needs: ["Nodes", "Values"]),

  Room(
    "Environments", "Sources/Environments/Capabilities", needs: ["Nodes", "Histories", "Values"]),
  Room(
    "Simulations", "Sources/Environments/Simulations",
    needs: ["Environments", "Nodes", "Histories", "Values", deque]),
  Room("Processes", "Sources/Environments/Processes", needs: ["Values", "CProcess"]),
  Room(
    "SSHHosts", "Sources/Environments/SSHHosts",
    needs: ["Processes", "Values", "CProcess", "CLibSSH2"]),
  Room(
    "Disks", "Sources/Environments/Disks", needs: ["Processes", "Values", "CProcess", "CDisks"]),
  Room(
    "NodeProcesses", "Sources/Environments/NodeProcesses",
    needs: ["Nodes", "Values", "CProcess", system]),
  Room(
    "LocalProcesses", "Sources/Environments/LocalProcesses",
    needs: [
      "Environments", "ProcessClocks", "Processes", "Nodes", "Histories", "Values", "CProcess",
      system, deque,
    ]),
  Room(
    "NodeServers", "Sources/Environments/NodeServers",
    needs: ["NodeProcesses", "Nodes", "Values", nioCore, nioPosix]),
  Room(
    "ClientTransports", "Sources/Environments/ClientTransports",
    needs: ["Environments", "NodeServers", "Nodes", "Values", nioCore, nioPosix, nioHTTP]),
  Room(
    "ProcessClocks", "Sources/Environments/ProcessClocks",
    needs: ["Environments", "Processes", "Values", "CProcessClocks"]),
  Room(
    "Packets", "Sources/Environments/Packets",
    needs: ["Environments", "Processes", "Values", "CPackets", "CProcess", heap]),
  Room(
    "Hosts", "Sources/Environments/Hosts",
    needs: [
      "Environments", "ProcessClocks", "Packets", "Disks", "Processes", "ClientTransports",
      "NodeServers", "Nodes", "Histories", "Values", "CProcess", nioCore, nioPosix,
    ]),
  Room(
    "NamespaceLab", "Sources/Environments/NamespaceLab",
    needs: ["Hosts", "Environments", "Processes", "Nodes", "Values", "CProcess"]),
  Room(
    "RemoteMachines", "Sources/Environments/RemoteMachines",
    needs: ["SSHHosts", "Hosts", "Processes", "Values"]),
  Room(
    "Examinations", "Sources/Environments/Examinations",
    needs: [
      "NamespaceLab", "Hosts", "Environments", "Packets", "Processes", "Disks", "Nodes", "Values",
      "CProcess",
    ]),
  Room(
    "Systems", "Sources/Systems",
    needs: [
      "Environments", "Simulations", "LocalProcesses", "NodeProcesses", "NodeServers",
      "Exploration", "Histories", "Algorithms", "Nodes", "Values",
    ]),
  Room(
    "NodeCommands", "Sources/NodeCommands",
    needs: ["Systems", "Algorithms", "NodeProcesses", "NodeServers"]),

  Room("Verdicts", "Checkers/Verdicts", needs: ["Histories", "Values"]),
  Room("Linearizability", "Checkers/Linearizability"),
  Room(
    "ObjectModels", "Checkers/ObjectModels",
    needs: ["Linearizability", "Verdicts", "Histories", "Values"]),
  Room("Isolation", "Checkers/Isolation", needs: ["Verdicts", "Histories", "Values", heap]),
  Room("Convergence", "Checkers/Convergence", needs: ["Verdicts", "Histories", "Values"]),
  Room(
    "Ladders", "Checkers/Ladders",
    needs: ["ObjectModels", "Isolation", "Linearizability", "Verdicts", "Histories", "Values"]),
  Room("Invariants", "Checkers/Invariants", needs: ["Verdicts", "Histories", "Values"]),
  Room(
    "Nemeses", "Nemeses", needs: ["Environments", "Generators", "Histories", "Nodes", "Values"]),
  Room(
    "Workloads", "Workloads",
    needs: [
      "Generators", "Verdicts", "ObjectModels", "Isolation", "Convergence", "Invariants",
      "Exploration", "Nodes",
      "Histories", "Values",
    ]),

  Room(
    "Clients", "Sources/Clients",
    needs: ["Workloads", "ObjectModels", "Verdicts", "Nodes", "Histories", "Values"]),

  Room("YAML", "Sources/YAML", needs: [yams]),
  Room("Suites", "Sources/Suites", needs: ["YAML", "Verdicts", "Values"]),
  Room(
    "Manifests", "Sources/Manifests", needs: ["YAML", "Environments", "Values"],
    embedded: "BuiltIn"),
  Room("Diagrams", "Sources/Diagrams", needs: ["Values"]),
  Room("Reports", "Sources/Reports", needs: ["Suites", "YAML", "Verdicts", "Histories", "Values"]),
  Room(
    "Controller", "Sources/Controller",
    needs: [
      "Systems", "Algorithms", "Workloads", "Nemeses", "Generators", "Verdicts", "Linearizability",
      "ObjectModels", "Isolation", "Convergence", "Invariants", "Environments", "Simulations",
      "LocalProcesses", "NamespaceLab", "RemoteMachines", "SSHHosts", "Hosts", "ClientTransports",
      "NodeServers", "Processes",
      "NodeProcesses", "Manifests", "Clients", "Diagrams",
      "Histories", "Nodes", "Values", system, deque,
    ]),
]

/// A test target and what it reaches.
func tests(_ name: String, _ needs: Target.Dependency...) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: needs, path: "Tests/\(name)Tests", swiftSettings: strict)
}

let package = Package(
  name: "shrike",
  products: rooms.map(\.product) + [
    .executable(name: "shrike", targets: ["shrike"]),
    .executable(name: "shrike-node", targets: ["shrike-node"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: rooms.map(\.target) + [
    .target(name: "CProcess", path: "Sources/Environments/CProcess"),
    .target(name: "CLibSSH2", path: "Sources/Environments/CLibSSH2"),
    .target(name: "CProcessClocks", path: "Sources/Environments/CProcessClocks"),
    .target(name: "CPackets", path: "Sources/Environments/CPackets"),
    .target(name: "CDisks", path: "Sources/Environments/CDisks"),
    .executableTarget(
      name: "shrike",
      dependencies: [
        "Controller", "Systems", "NodeCommands", "Algorithms", "Workloads", "Nemeses", "Reports",
        "Suites", "YAML", "Manifests", "Diagrams",
        "Histories", "Nodes", "Values", "Verdicts", "Linearizability", "ObjectModels", "Isolation",
        "Ladders", "Invariants", "Convergence",
        "NodeProcesses", "LocalProcesses", "ProcessClocks", "Hosts", "NamespaceLab", "SSHHosts",
        "Examinations", "Processes", "CProcess", "Disks", "Exploration", "Simulations",
        "Generators",
        "Environments",
        system, arguments, heap, nioCore, nioPosix, "ClientTransports", "NodeServers",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "shrike-node", dependencies: ["NodeCommands"], path: "Sources/shrike-node",
      swiftSettings: strict),
    tests("Values", "Values"),
    tests("Histories", "Histories", "Values"),
    tests("Nodes", "Nodes", "Values"),
    tests("Algorithms", "Algorithms", "Nodes", "Values", "Simulations", "Environments"),
    tests(
      "Exploration", "Exploration", "Systems", "Algorithms", "Workloads", "Nodes", "Values"),
    tests("Generators", "Generators", "Histories", "Values"),
    tests("Simulations", "Simulations", "Environments", "Algorithms", "Nodes", "Values"),
    tests(
      "LocalProcesses", "LocalProcesses", "LocalProcessesFixture", "Environments",
      "ProcessClocks", "Processes", "Nodes", "Values"),
    .executableTarget(name: "ProcessClocksFixture", path: "Tests/ProcessClocksFixture"),
    tests("ProcessClocks", "ProcessClocks", "ProcessClocksFixture", "Processes", "Values"),
    tests("Disks", "Disks", "Processes", "CProcess", "Values"),
    tests(
      "NodeServers", "NodeServers", "NodeProcesses", "Algorithms", "Nodes", "Values", nioCore,
      nioPosix),
    tests("NodeCommands", "NodeCommands", "NodeServers", "shrike-node"),
    .executableTarget(
      name: "LocalProcessesFixture",
      dependencies: ["LocalProcesses", "NodeProcesses", "Environments", "Nodes", "Values"],
      path: "Tests/LocalProcessesFixture", swiftSettings: strict),
    tests("Packets", "Packets", "Environments", "Processes", "Values"),
    tests(
      "NamespaceLab", "NamespaceLab", "Hosts", "Disks", "Packets", "HostClusters", "HostsFixture",
      "Environments",
      "Processes", "Nodes",
      "Values"),
    tests(
      "Examinations", "Examinations", "Disks", "HostClusters", "HostsFixture", "Environments",
      "Hosts",
      "Processes", "Nodes",
      "Values"),
    .target(
      name: "HostClusters",
      dependencies: ["NamespaceLab", "Hosts", "Environments", "Nodes", "Values"],
      path: "Tests/HostClusters", swiftSettings: strict),
    .executableTarget(
      name: "HostsFixture",
      dependencies: [
        "HostClusters", "Examinations", "NamespaceLab", "Hosts", "Environments", "Nodes", "Values",
      ],
      path: "Tests/HostsFixture", swiftSettings: strict),
    tests(
      "SSHHosts", "SSHHosts", "RemoteMachines", "Hosts", "HostsFixture", "Processes", "Values"),
    tests("Linearizability", "Linearizability"),
    tests(
      "ObjectModels", "ObjectModels", "Linearizability", "Verdicts", "Histories", "Values"),
    tests("Isolation", "Isolation", "Verdicts", "Histories", "Values"),
    tests("Convergence", "Convergence", "Verdicts", "Histories", "Values"),
    tests(
      "Ladders", "Ladders", "ObjectModels", "Isolation", "Linearizability", "Verdicts", "Histories",
      "Values"),
    tests("Invariants", "Invariants", "Verdicts", "Histories", "Values"),
    tests("Nemeses", "Nemeses", "Environments", "Generators", "Histories", "Nodes", "Values"),
    tests(
      "Clients", "Clients", "Workloads", "Generators", "ObjectModels", "Verdicts", "Nodes",
      "Histories", "Values"),
    tests(
      "ClientTransports", "ClientTransports", "Clients", "Environments", "NodeServers",
      "NodeProcesses", "Algorithms", "Workloads", "Nodes", "Histories", "Values", nioCore, nioPosix),
    tests("YAML", "YAML"),
    tests("Suites", "Suites", "YAML", "Reports", "Verdicts", "Values"),
    tests("Manifests", "Manifests", "YAML", "Environments", "Values"),
    tests("Diagrams", "Diagrams", "Values"),
    tests(
      "Controller", "Controller", "Systems", "Algorithms", "Workloads", "Nemeses", "Generators",
      "Environments", "Verdicts", "Reports", "Diagrams", "Simulations", "Histories", "Nodes",
      "Values", "Invariants", "Isolation", "ObjectModels"),
  ]
)
