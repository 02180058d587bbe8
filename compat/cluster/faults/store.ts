import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Faults } from '../fault.ts';

const SHORT_OUTAGE_MS = 9000;
const LONG_OUTAGE_MS = Number(process.env['OUTAGE_MS'] ?? 120_000);
/** What a new leader of etcd and the elections after it may take together. */
const LEADERS_BACK_MS = 15_000;

/** What befalls etcd. */
export const storeFaults: Faults = {
  'etcd-leader': {
    happen: async (scene) => {
      const { etcd } = scene.cluster;
      const before = await scene.partitions();
      const member = etcd.leader();
      await etcd.kill(member);
      const began = performance.now();
      await scene.createTopic(`${scene.topics[0]}-meanwhile`);
      const tookMs = Math.round(performance.now() - began);
      assert.deepEqual(leaders(await scene.partitions()), leaders(before));
      etcd.startMember(member);
      await etcd.ready();
      return `a topic was created ${tookMs} ms after the kill`;
    },
  },
  store: {
    lastsMs: (isLong) => (isLong ? LONG_OUTAGE_MS : SHORT_OUTAGE_MS) + 2000,
    happen: async (scene) => {
      const { etcd } = scene.cluster;
      const forMs = scene.isLong ? LONG_OUTAGE_MS : SHORT_OUTAGE_MS;
      const before = await scene.partitions();
      await Promise.all([etcd.kill(0), etcd.kill(1)]);
      const half = await pause(forMs / 2).then(() => scene.records());
      await pause(forMs / 2);
      const grown = (await scene.records()) - half;
      assert.ok(grown > 0, 'nothing was written while the store was away');
      assert.deepEqual(leaders(await scene.partitions()), leaders(before));
      etcd.startMember(0);
      etcd.startMember(1);
      await etcd.ready();
      return `${forMs / 1000} s without a quorum, ${grown} records in their second half`;
    },
  },
  leases: {
    happen: async (scene) => {
      const { etcd } = scene.cluster;
      const lines = etcd.ctl(['lease', 'list']).split('\n').slice(1);
      const leases = lines.filter((line) => /^[0-9a-f]+$/.test(line));
      for (const lease of leases) etcd.ctl(['lease', 'revoke', lease]);
      const began = performance.now();
      await scene.until(
        'leaders of all partitions',
        async () => (await scene.partitions()).every(({ leader }) => leader >= 0) && (await scene.records()) >= 0,
        LEADERS_BACK_MS,
      );
      return `${leases.length} leases, leaders of all after ${Math.round(performance.now() - began)} ms`;
    },
  },
  /** A broker misses changes, and the history that would tell it of them is gone. */
  compaction: {
    isLong: true,
    happen: async (scene) => {
      const { cluster } = scene;
      const id = await scene.follower();
      for (const link of cluster.links(id).etcd) link.set({ answers: 'lost' });
      const name = `${scene.topics[0]}-unheard`;
      await scene.createTopic(name, scene.othersThan(id)[0]);
      cluster.etcd.compact();
      await pause(1000);
      cluster.clearLinks();
      await scene.until('the topic at the broker that missed it', async () =>
        (await scene.partitions([name], id)).every(({ leader }) => leader >= 0),
      );
    },
  },
  /** The database is full: etcd takes nothing but deletions. */
  quota: {
    isLong: true,
    happen: async (scene) => {
      const { etcd } = scene.cluster;
      const before = await scene.records();
      await etcd.raiseAlarm('NOSPACE');
      await pause(SHORT_OUTAGE_MS);
      assert.ok((await scene.records()) > before, 'nothing was written while the store was full');
      etcd.ctl(['alarm', 'disarm']);
    },
  },
  /** A copy of etcd's data from before the last changes is put in its place: brokers refuse it until they are told to go on with it. */
  'old-copy': {
    isLong: true,
    lastsMs: () => 20_000,
    happen: async (scene) => {
      const { cluster } = scene;
      await scene.healed();
      const copy = cluster.etcd.copy();
      const forgotten = `${scene.topics[0]}-forgotten`;
      await scene.createTopic(forgotten);
      await scene.produce(forgotten, ['one', 'two', 'three']);
      await Promise.all(cluster.ids.map((id) => cluster.stop(id)));
      await cluster.etcd.restore(copy);
      const refusal = /the metadata store went back from revision \d+ to \d+, as after a restore from an old copy/;
      for (const id of cluster.ids) await assert.rejects(cluster.start(id), refusal);
      // The brokers' leases are in the copy as well, and have to run out first.
      await scene.until('higher epochs', async () => cluster.metadataCommand('jump-epochs').includes('went up'));
      await Promise.all(cluster.ids.map((id) => cluster.start(id)));
      await scene.healed();
      assert.ok(!(await scene.ask((admin) => admin.listTopics())).has(forgotten));
      return 'refused by each, taken after its epochs were raised';
    },
  },
};

function leaders(partitions: readonly { readonly leader: number }[]): number[] {
  return partitions.map(({ leader }) => leader);
}
