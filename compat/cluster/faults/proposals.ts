import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { CUT } from '../../brokers/tcp-proxy.ts';
import type { Faults } from '../fault.ts';

/** So long nobody joins the set in sync who must not. */
const WATCHED_MS = 3000;
/** What a leader needs to propose a follower that keeps up again, and less than a lease together with the follower's start. */
const PROPOSED_MS = 1500;

/** What befalls the changes of sets in sync on their way to etcd. */
export const proposalFaults: Faults = {
  /**
   * A leader proposes a follower that has caught up; before etcd hears of it, the follower is back with an empty disk. The proposal is
   * of a broker that is no more (KIP-903), and must not make this one count as in sync.
   */
  late: {
    isLong: true,
    lastsMs: () => 20_000,
    happen: async (scene) => {
      const { cluster } = scene;
      await scene.electPreferred();
      await scene.healed();
      const controller = await scene.controller();
      // What the controller has to say of the follower must not be held back with the proposal.
      const partition = (await scene.partitions()).find(({ leader }) => leader !== controller);
      if (partition === undefined) throw new Error('the controller leads everything');
      const { leader } = partition;
      const follower = scene.othersThan(leader).find((id) => id !== controller)!;
      const isInSync = async (): Promise<boolean> =>
        (await scene.partitions(scene.topics, controller)).some(
          (each) => each.leader === leader && each.inSync.includes(follower),
        );
      await cluster.stop(follower);
      await scene.until('the follower out of sync', async () => !(await isInSync()));
      for (const link of cluster.links(leader).etcd) link.set(CUT);
      await cluster.start(follower);
      await pause(PROPOSED_MS);
      await cluster.kill(follower);
      await cluster.replaceDisk(follower);
      for (const id of scene.othersThan(follower)) cluster.links(id).brokers.set(CUT, String(follower));
      await cluster.start(follower);
      for (const link of cluster.links(leader).etcd) link.clear();
      for (const end = performance.now() + WATCHED_MS; performance.now() < end; await pause(100)) {
        assert.ok(!(await isInSync()), 'a follower with an empty disk counts as in sync');
      }
      cluster.clearLinks();
      return `in sync again ${await scene.healed()} ms after it could fetch`;
    },
  },
};
