import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { partitionValuesOf } from '../../../src/client/index.ts';
import { CUT } from '../../brokers/tcp-proxy.ts';
import { readTopic } from '../../clients/read-topic.ts';
import type { Faults } from '../fault.ts';
import type { PartitionSight, Scene } from '../scene.ts';

const MOVED_MS = 120_000;
const CREATED = 20;

/** Gives each partition of all topics other replicas, and waits until they have taken over. */
async function move(scene: Scene, replicasOf: (partition: PartitionSight) => number[]): Promise<void> {
  const names = await scene.allTopics();
  await scene.until('the moves begun', async () => {
    const moves = (await scene.partitions(names)).map((each) => ({
      topic: each.topic,
      partition: each.partition,
      replicas: replicasOf(each),
    }));
    partitionValuesOf(await scene.ask((admin) => admin.alterReassignments(moves)));
    return true;
  });
}

async function moved(scene: Scene): Promise<void> {
  await scene.until(
    'the end of all moves',
    async () => (await scene.ask((admin) => admin.listReassignments())).size === 0,
    MOVED_MS,
  );
}

async function write(scene: Scene, topic: string, text: string): Promise<void> {
  await scene.produce(
    topic,
    Array.from({ length: 100 }, (_, index) => `${text}-${index}`),
  );
}

/** What is done to topics and to where they lie, while brokers come and go. */
export const topicFaults: Faults = {
  /** A broker of the topic hears nothing of its end, nor of the beginning of another of the same name. */
  recreate: {
    happen: async (scene) => {
      const { cluster } = scene;
      const name = `${scene.topics[0]}-twice`;
      await scene.createTopic(name);
      await write(scene, name, 'first');
      await scene.healed([name]);
      const id = await scene.follower();
      for (const link of cluster.links(id).etcd) link.set(CUT);
      cluster.links(id).brokers.set(CUT);
      const [other] = scene.othersThan(id);
      await scene.deleteTopics([name], other);
      await scene.createTopic(name, other);
      cluster.clearLinks();
      await write(scene, name, 'second');
      await scene.healed([name]);
      let found = 0;
      for await (const line of readTopic(cluster.bootstrap, name, 1)) {
        assert.match(line.toString(), /\tsecond-\d+$/);
        found++;
      }
      assert.equal(found, 100);
    },
  },
  /** The controller ends while topics come and go: each is there wholly, or not at all. */
  half: {
    happen: async (scene) => {
      const { cluster } = scene;
      const names = Array.from({ length: CREATED }, (_, index) => `${scene.topics[0]}-half-${index}`);
      const controller = await scene.controller();
      const [other] = scene.othersThan(controller);
      const asked = names.map(async (name, index) => {
        await pause(index * 10);
        await scene.ask((admin) => admin.createTopics([{ name, partitions: 6 }]), other);
        if (index % 2 === 0) await scene.ask((admin) => admin.deleteTopics([name]), other);
      });
      await pause(50 + scene.random.below(100));
      await cluster.kill(controller);
      await Promise.allSettled(asked);
      await cluster.start(controller);
      const there = [...(await scene.ask((admin) => admin.listTopics())).keys()].filter((name) => names.includes(name));
      await scene.until('leaders of what was created', async () => {
        const partitions = await scene.partitions(there);
        return partitions.length === there.length * 6 && partitions.every(({ leader }) => leader >= 0);
      });
      await scene.deleteTopics(there);
      return `${there.length} of ${CREATED} there`;
    },
  },
  /** All partitions are moved to a fourth broker and two others and back again, while brokers are killed. */
  reassign: {
    isLong: true,
    lastsMs: () => 30_000,
    happen: async (scene) => {
      const { cluster } = scene;
      const before = cluster.ids;
      const added = await cluster.add();
      await move(scene, ({ partition, replicas }) =>
        replicas.map((id, at) => (at === partition % replicas.length ? added : id)),
      );
      const bounced = before[scene.random.below(before.length)]!;
      await cluster.kill(bounced);
      await pause(1000);
      await cluster.start(bounced);
      await moved(scene);
      await move(scene, ({ partition }) => before.map((_, at) => before[(at + partition) % before.length]!));
      await moved(scene);
      await cluster.retire(added);
      await scene.ask((admin) => admin.unregisterBroker(added));
    },
  },
  /** A fourth broker comes, takes over all that the first has, and the first goes. */
  grow: {
    lastsMs: () => 20_000,
    happen: async (scene) => {
      const { cluster } = scene;
      const [first] = cluster.ids;
      const began = performance.now();
      const added = await cluster.add();
      await move(scene, ({ replicas }) => replicas.map((id) => (id === first ? added : id)));
      await moved(scene);
      await cluster.retire(first!);
      await scene.ask((admin) => admin.unregisterBroker(first!));
      return `${Math.round(performance.now() - began)} ms until the first was gone`;
    },
  },
};
