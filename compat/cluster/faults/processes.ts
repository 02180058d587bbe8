import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Faults } from '../fault.ts';
import type { Scene } from '../scene.ts';

/** Shorter and longer than a broker's lease. */
const SHORT_PAUSE_MS = 2000;
const LONG_PAUSE_MS = 9000;
/** About what stopping and starting all brokers takes. */
const ROLL_MS = 6000;
const ROLLS_SHORT = 3;
const ROLLS_LONG = 20;

async function killed(scene: Scene, ids: readonly number[]): Promise<void> {
  const { cluster, random } = scene;
  await Promise.all(ids.map((id) => cluster.kill(id)));
  await pause(1000 + random.below(1000));
  await Promise.all(ids.map((id) => cluster.start(id)));
}

async function frozen({ cluster }: Scene, id: number, forMs: number): Promise<void> {
  cluster.signal(id, 'SIGSTOP');
  await pause(forMs);
  cluster.signal(id, 'SIGCONT');
}

/** What befalls the brokers' processes. */
export const processFaults: Faults = {
  kill: { isLong: true, happen: async (scene) => killed(scene, [scene.anyBroker()]) },
  leader: { happen: async (scene) => killed(scene, [await scene.leader()]) },
  follower: { isLong: true, happen: async (scene) => killed(scene, [await scene.follower()]) },
  controller: { happen: async (scene) => killed(scene, [await scene.controller()]) },
  coordinator: { happen: async (scene) => killed(scene, [await scene.coordinator()]) },
  each: {
    isLong: true,
    lastsMs: () => 9000,
    happen: async (scene) => {
      for (const id of scene.cluster.ids) await killed(scene, [id]);
    },
  },
  all: { happen: async (scene) => killed(scene, scene.cluster.ids) },

  stop: {
    happen: async (scene) => {
      const leader = await scene.leader();
      await frozen(scene, leader, SHORT_PAUSE_MS);
      assert.equal(await scene.leader(), leader, 'a broker that stood still for less than its lease leads no more');
    },
  },
  freeze: {
    lastsMs: () => LONG_PAUSE_MS + 1000,
    happen: async (scene) => {
      const leader = await scene.leader();
      const thawed = frozen(scene, leader, LONG_PAUSE_MS);
      await scene.until('another leader', async () => (await seenBesides(scene, leader)) !== leader, LONG_PAUSE_MS);
      await thawed;
    },
  },
  'freeze-controller': {
    isLong: true,
    lastsMs: () => LONG_PAUSE_MS + 1000,
    happen: async (scene) => {
      const controller = await scene.controller();
      const [other] = scene.othersThan(controller);
      const thawed = frozen(scene, controller, LONG_PAUSE_MS);
      const seen = (): Promise<number> =>
        scene.ask(async (admin) => (await admin.describeCluster()).controllerId, other);
      await scene.until('another controller', async () => ![controller, -1].includes(await seen()), LONG_PAUSE_MS);
      await thawed;
    },
  },

  roll: {
    lastsMs: (isLong) => (isLong ? ROLLS_LONG : ROLLS_SHORT) * ROLL_MS,
    happen: async (scene) => {
      const rolls = scene.isLong ? ROLLS_LONG : ROLLS_SHORT;
      for (let roll = 0; roll < rolls; roll++) {
        for (const id of scene.cluster.ids) {
          await scene.cluster.stop(id);
          await scene.cluster.start(id);
          await scene.healed();
        }
      }
      return `${rolls} times each`;
    },
  },

  /** The disk is replaced by an empty one: what the broker had is nowhere but with the others. */
  wiped: {
    happen: async (scene) => {
      const { cluster } = scene;
      const id = await scene.leader();
      await cluster.kill(id);
      await cluster.replaceDisk(id);
      await cluster.start(id);
      return `in sync again after ${await scene.healed()} ms`;
    },
  },
  power: {
    isLong: true,
    happen: async (scene) => {
      const { cluster } = scene;
      const id = await scene.leader();
      const lost = await cluster.losePower([id], scene.random);
      await cluster.start(id);
      return `${lost} bytes of the leader were not on its disk`;
    },
  },
  /**
   * The last one in sync loses power as well, and is back before the others: its partitions have to stay without a leader until one
   * comes that is eligible (KIP-966), because it ended in order and has all that was acknowledged.
   */
  last: {
    lastsMs: () => 15_000,
    happen: async (scene) => {
      const { cluster } = scene;
      // What has fewer in sync from before would lose its last one with the first that is killed.
      await scene.healed(await scene.allTopics());
      const leader = await scene.leader();
      const [killedFirst, eligible] = scene.othersThan(leader);
      for (const [id, ends] of [
        [killedFirst!, cluster.kill.bind(cluster)],
        [eligible!, cluster.stop.bind(cluster)],
      ] as const) {
        await ends(id);
        await scene.until(
          `broker ${id} out of sync`,
          async () => !(await scene.partitions(scene.topics, leader)).some(({ inSync }) => inSync.includes(id)),
        );
      }
      const lost = await cluster.losePower([leader], scene.random);
      await cluster.start(leader);
      await pause(SHORT_PAUSE_MS);
      const alone = await scene.partitions(scene.topics, leader);
      assert.ok(
        alone.every((each) => each.leader === -1),
        'one that may have lost records leads',
      );
      await cluster.start(killedFirst!);
      await cluster.start(eligible!);
      return `${lost} bytes of the last in sync were not on its disk`;
    },
  },

  /** Another process with the id of a broker that runs. */
  twin: {
    happen: async (scene) => {
      const id = scene.anyBroker();
      await assert.rejects(scene.cluster.startTwin(id), new RegExp(`a broker with the id ${id} is running already`));
    },
  },
  /** Another process takes the id of a broker that stands still; when that one wakes it must not go on as if nothing was. */
  usurper: {
    isLong: true,
    happen: async (scene) => {
      const { cluster } = scene;
      const id = await scene.leader();
      cluster.signal(id, 'SIGSTOP');
      const usurper = await cluster.startTwin(id);
      await pause(LONG_PAUSE_MS);
      cluster.signal(id, 'SIGCONT');
      await scene.until('a word of the one that was replaced', async () =>
        /a broker with the id \d+ is running already/.test(await cluster.saidBy(id)),
      );
      await usurper.stop();
      await cluster.kill(id);
      await cluster.start(id);
    },
  },
};

/** The leader of the first partition as a broker other than that one sees it. */
async function seenBesides(scene: Scene, id: number): Promise<number> {
  const [other] = scene.othersThan(id);
  return (await scene.partitions(scene.topics, other))[0]?.leader ?? -1;
}
