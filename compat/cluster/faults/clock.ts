import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '../../paths.ts';
import type { Faults } from '../fault.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SHIFTS_MS = [5 * MINUTE_MS, -5 * MINUTE_MS, HOUR_MS, -HOUR_MS, 24 * HOUR_MS, -24 * HOUR_MS, 0];
const STROBES = 20;

const preload = pathToFileURL(join(repositoryRoot, 'dist', 'compat', 'cluster', 'shifted-clock.js')).href;

/** What befalls a broker's wall clock. Nothing that brokers agree on goes by it. */
export const clockFaults: Faults = {
  clock: {
    lastsMs: () => 12_000,
    happen: async (scene) => {
      const { cluster, random } = scene;
      const id = await scene.leader();
      const file = join(cluster.home, `clock-${id}`);
      cluster.configure(id, { preload, env: { CLOCK_SHIFT: file } });
      await cluster.stop(id);
      await cluster.start(id);
      await scene.healed();
      const before = await scene.partitions();
      const shift = async (ms: number): Promise<void> => {
        await writeFile(file, String(ms));
        cluster.signal(id, 'SIGUSR2');
      };
      for (const ms of SHIFTS_MS) {
        await shift(ms);
        await pause(1000);
      }
      for (let strobe = 0; strobe < STROBES; strobe++) {
        await shift(random.below(2 * MINUTE_MS) - MINUTE_MS);
        await pause(50);
      }
      await shift(0);
      assert.deepEqual(await scene.partitions(), before, 'a clock changed who leads or is in sync');
    },
  },
};
