/// All workloads, in the order in which they are listed.
public let workloads: [any Workload.Type] = [
  EchoWorkload.self, UniqueIDsWorkload.self, BroadcastWorkload.self, GSetWorkload.self,
  GCounterWorkload.self, PNCounterWorkload.self, LinKVWorkload.self, ListAppendWorkload.self,
  RegisterTransactionsWorkload.self, KafkaWorkload.self, BankWorkload.self, LongForkWorkload.self,
  DeliveryWorkload<BestEffortLevel>.self, DeliveryWorkload<ReliableLevel>.self,
  DeliveryWorkload<FIFOLevel>.self, DeliveryWorkload<CausalLevel>.self,
  DeliveryWorkload<TotalOrderLevel>.self, DeliveryWorkload<CausalTotalOrderLevel>.self,
  ChatWorkload.self, ClocksWorkload.self,
]

/// The workload of a name.
public func workload(named name: String) -> (any Workload.Type)? {
  workloads.first { $0.name == name }
}
