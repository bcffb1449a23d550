import Clients
import Manifests
import Values
import Verdicts
import Workloads

extension Plan {
  /// Makes clients of a system that does not speak as bundled ones do; nothing for one that does.
  var foreignClient: (@Sendable () -> any Client)? {
    get throws {
      guard case .manifest(let manifest, _) = try subject else { return nil }
      switch manifest.client {
      case .maelstrom: return nil
      case .http, .program: return { ForeignClient() }
      case .etcd:
        guard let client = EtcdClient(workload: workload, try etcdOptions(manifest)) else {
          throw PlanError(
            "etcd's client does not speak for the workload \"\(workload)\"; it does for "
              + EtcdClient.workloads.joined(separator: ", "))
        }
        return { client }
      case .redis:
        guard let client = RedisClient(workload: workload, try redisOptions(manifest)) else {
          throw PlanError(
            "Redis's client does not speak for the workload \"\(workload)\"; it does for "
              + RedisClient.workloads.joined(separator: ", "))
        }
        return { client }
      }
    }
  }

  /// What judges a workload on a system whose client tells more than the workload knows; nothing for
  /// others.
  func foreignCheckers(_ workload: any Workload) throws -> [any Checker]? {
    guard case .manifest(let manifest, _) = try subject else { return nil }
    switch manifest.client {
    case .etcd: return EtcdClient.checkers(workload, try etcdOptions(manifest))
    case .redis: return RedisClient.checkers(workload, try redisOptions(manifest))
    case .maelstrom, .http, .program: return nil
    }
  }

  /// What the options of a system that etcd's client speaks to say to that client.
  private func etcdOptions(_ manifest: SystemManifest) throws -> EtcdClient.Options {
    let values = try manifest.options(given: options, workload: workload)
    var client = EtcdClient.Options()
    client.readsAreSerializable = values["serializable-reads"] == "true"
    if let lease = try lease(values) { client.leaseSeconds = Int(lease / .seconds(1)) }
    return client
  }

  /// What the options of a system that Redis's client speaks to say to that client.
  private func redisOptions(_ manifest: SystemManifest) throws -> RedisClient.Options {
    let values = try manifest.options(given: options, workload: workload)
    return try lease(values).map { RedisClient.Options(lease: $0) } ?? RedisClient.Options()
  }

  /// How long a lock's lease lives, where an option says so.
  private func lease(_ values: [String: String]) throws -> Nanoseconds? {
    guard let text = values["lease-ttl"] else { return nil }
    guard let lease = Nanoseconds(duration: text), lease >= .seconds(1) else {
      throw PlanError("option lease-ttl: \"\(text)\" is not a duration of a second or more")
    }
    return lease
  }
}
