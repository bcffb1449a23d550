/// All workloads, in the order in which they are listed.
public let workloads: [any Workload.Type] = [
  EchoWorkload.self, UniqueIDsWorkload.self, BroadcastWorkload.self, GSetWorkload.self,
  GCounterWorkload.self, PNCounterWorkload.self, LinKVWorkload.self, ListAppendWorkload.self,
  RegisterTransactionsWorkload.self, KafkaWorkload.self, BankWorkload.self, LongForkWorkload.self,
  ReplicatedWorkload<GrowOnlyCounterKind>.self, ReplicatedWorkload<CounterKind>.self,
  ReplicatedWorkload<BoundedCounterKind>.self, ReplicatedWorkload<GrowOnlySetKind>.self,
  ReplicatedWorkload<TwoPhaseSetKind>.self, ReplicatedWorkload<LastWriterSetKind>.self,
  ReplicatedWorkload<AddWinsSetKind>.self, ReplicatedWorkload<RemoveWinsSetKind>.self,
  ReplicatedWorkload<LastWriterRegisterKind>.self, ReplicatedWorkload<MultiValueRegisterKind>.self,
  ReplicatedWorkload<EnableWinsFlagKind>.self, ReplicatedWorkload<DisableWinsFlagKind>.self,
  ReplicatedWorkload<MapKind>.self, ReplicatedWorkload<TextKind>.self,
  ReplicatedWorkload<TreeKind>.self, ReplicatedWorkload<CartKind>.self,
  DeliveryWorkload<BestEffortLevel>.self, DeliveryWorkload<ReliableLevel>.self,
  DeliveryWorkload<FIFOLevel>.self, DeliveryWorkload<CausalLevel>.self,
  DeliveryWorkload<TotalOrderLevel>.self, DeliveryWorkload<CausalTotalOrderLevel>.self,
  ChatWorkload.self, ClocksWorkload.self, LockWorkload.self,
]

/// The workload of a name.
public func workload(named name: String) -> (any Workload.Type)? {
  workloads.first { $0.name == name }
}
