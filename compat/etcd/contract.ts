import { after, before } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { MetadataStore } from '../../src/metadata/metadata-store.ts';
import { storeContract, type StoreUnderTest } from '../../test/metadata/store-contract.ts';
import { TcpProxy } from '../brokers/tcp-proxy.ts';
import { EtcdCluster } from './etcd-cluster.ts';
import { openStore } from './open-store.ts';

/** The contract of all metadata stores on a real etcd; run.ts counts its tests. */
let cluster: EtcdCluster;
const proxies: TcpProxy[] = [];
const stores: MetadataStore[] = [];

before(async () => {
  cluster = await EtcdCluster.start({ members: 1 });
});

after(async () => {
  await Promise.all(stores.map((store) => store.close()));
  for (const proxy of proxies) proxy.stop();
  await cluster.stop();
});

async function underTest(): Promise<StoreUnderTest> {
  const proxy = await TcpProxy.start(cluster.ports[0]!);
  proxies.push(proxy);
  const store = await openStore([`127.0.0.1:${proxy.port}`]);
  stores.push(store);
  return {
    store,
    pass: (ms) => pause(ms),
    stepMs: 2,
    compact: () => Promise.resolve(cluster.compact()),
    goAway: () => {
      proxy.set({ requests: 'lost', answers: 'lost' });
      return () => proxy.clear();
    },
    loseAnswers: () => {
      proxy.set({ answers: 'lost' });
      return () => proxy.clear();
    },
  };
}

storeContract('etcd', underTest, { abilities: ['compact', 'goAway', 'loseAnswers'], runs: 40 });
