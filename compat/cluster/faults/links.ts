import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { CUT, type Weather } from '../../brokers/tcp-proxy.ts';
import type { Faults } from '../fault.ts';
import type { Scene } from '../scene.ts';

/** Longer than a request of the clients may take, and than a broker's lease. */
const CUT_MS = 8000;
const SLOW: Weather = { delayMs: 200, bytesPerSecond: 1_000_000 };

/** Lets something be for a while, and then everything pass again. */
async function meanwhile({ cluster }: Scene, forMs = CUT_MS): Promise<void> {
  await pause(forMs);
  cluster.clearLinks();
}

/** What one broker asks another, and is answered. */
function between({ cluster }: Scene, from: number, to: number, weather: Weather): void {
  cluster.links(to).brokers.set(weather, String(from));
}

function apart(scene: Scene, a: number, b: number): void {
  between(scene, a, b, CUT);
  between(scene, b, a, CUT);
}

/** Weather between a broker and its clients. */
async function clients(scene: Scene, weather: Weather): Promise<void> {
  scene.cluster.links(await scene.leader()).clients.set(weather);
  await meanwhile(scene);
}

/** What befalls the links between brokers, etcd and clients. */
export const linkFaults: Faults = throughout({
  'etcd-cut': {
    happen: async (scene) => {
      const leader = await scene.leader();
      const [other] = scene.othersThan(leader);
      for (const link of scene.cluster.links(leader).etcd) link.set(CUT);
      await scene.until(
        'another leader',
        async () => (await scene.partitions(scene.topics, other))[0]?.leader !== leader,
      );
      await meanwhile(scene, 2000);
    },
  },
  'etcd-deaf': {
    isLong: true,
    happen: async (scene) => {
      for (const link of scene.cluster.links(scene.anyBroker()).etcd) link.set({ answers: 'lost' });
      await meanwhile(scene);
    },
  },
  'etcd-mute': {
    isLong: true,
    happen: async (scene) => {
      for (const link of scene.cluster.links(scene.anyBroker()).etcd) link.set({ requests: 'lost' });
      await meanwhile(scene);
    },
  },
  followers: {
    isLong: true,
    happen: async (scene) => {
      const leader = await scene.leader();
      for (const other of scene.othersThan(leader)) apart(scene, leader, other);
      await meanwhile(scene);
    },
  },
  'one-way': {
    happen: async (scene) => {
      between(scene, await scene.follower(), await scene.leader(), { answers: 'lost' });
      await meanwhile(scene);
    },
  },
  'other-way': {
    isLong: true,
    happen: async (scene) => {
      between(scene, await scene.follower(), await scene.leader(), { requests: 'lost' });
      await meanwhile(scene);
    },
  },
  bridge: {
    isLong: true,
    happen: async (scene) => {
      const [a, , c] = scene.cluster.ids;
      apart(scene, a!, c!);
      await meanwhile(scene);
    },
  },
  /** All that a broker is linked to, but for its clients: they go on sending to it. */
  island: {
    happen: async (scene) => {
      const leader = await scene.leader();
      for (const other of scene.othersThan(leader)) apart(scene, leader, other);
      for (const link of scene.cluster.links(leader).etcd) link.set(CUT);
      await meanwhile(scene);
    },
  },
  clients: { isLong: true, happen: async (scene) => clients(scene, CUT) },
  'clients-deaf': { happen: async (scene) => clients(scene, { answers: 'lost' }) },
  'clients-mute': { isLong: true, happen: async (scene) => clients(scene, { requests: 'lost' }) },

  slow: {
    happen: async (scene) => {
      const leader = await scene.leader();
      await scene.healed();
      const before = await scene.partitions();
      scene.cluster.links(leader).brokers.set(SLOW);
      for (const link of scene.cluster.links(leader).etcd) link.set(SLOW);
      await pause(CUT_MS);
      const after = await scene.partitions();
      scene.cluster.clearLinks();
      assert.deepEqual(after, before, 'a slow link changed who leads or is in sync');
    },
  },
  flapping: {
    happen: async (scene) => {
      const { random } = scene;
      const [leader, follower] = [await scene.leader(), await scene.follower()];
      for (let flap = 0; flap < 8; flap++) {
        apart(scene, leader, follower);
        for (const link of scene.cluster.links(leader).etcd) link.set(CUT);
        await meanwhile(scene, 200 + random.below(600));
        await pause(200 + random.below(600));
      }
    },
  },
  /** Connections that end in the middle of a frame, and frames that come in small pieces. */
  torn: {
    happen: async (scene) => {
      const { cluster, random } = scene;
      const links = cluster.ids.flatMap((id) => [cluster.links(id).clients, cluster.links(id).brokers]);
      const torn = (): number => links.reduce((sum, { cuts }) => sum + cuts, 0);
      const before = torn();
      for (const link of links) link.set({ pieceBytes: 41 });
      for (let round = 0; round < 20; round++) {
        links[random.below(links.length)]?.cutNext();
        await pause(200 + random.below(200));
      }
      cluster.clearLinks();
      return `${torn() - before} connections torn`;
    },
  },
});

/** Writers go on for as long as any of it takes. */
function throughout(faults: Faults): Faults {
  return Object.fromEntries(
    Object.entries(faults).map(([name, fault]) => [name, { ...fault, lastsMs: () => CUT_MS + 1000 }]),
  );
}
