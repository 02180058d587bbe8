import { EtcdStore } from '../../src/metadata/etcd/etcd-store.ts';
import { nodeClock, nodeTimers } from '../../src/runtime/node-clock.ts';

let opened = 0;

/** A store over real etcd, on keys that no other has unless a name is given. */
export function openStore(endpoints: readonly string[], clusterName?: string): Promise<EtcdStore> {
  return EtcdStore.open({
    address: { endpoints, isTls: false },
    clusterName: clusterName ?? `compat-${process.pid}-${opened++}`,
    clock: nodeClock,
    timers: nodeTimers,
  });
}
