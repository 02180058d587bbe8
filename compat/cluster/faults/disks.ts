import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { smallDisk, type SmallDisk } from '../../disk-full/small-disk.ts';
import type { Faults } from '../fault.ts';
import type { Scene } from '../scene.ts';

const DISK_MB = 256;
const FULL_MS = 8000;
const FILLER = Buffer.alloc(64 * 1024, 'x');

/** Gives the leader a small disk of its own, lets something happen to it, and takes the broker back to where it was. */
async function onSmallDisk(
  scene: Scene,
  happen: (disk: SmallDisk, id: number) => Promise<void>,
  more: 'alone' | 'beside its own' = 'alone',
): Promise<string> {
  const { cluster } = scene;
  const disk = smallDisk(DISK_MB);
  if ('reason' in disk) return `NOT RUN: ${disk.reason}`;
  const id = await scene.leader();
  const home = cluster.dataOf(id);
  try {
    await scene.healed();
    await cluster.stop(id);
    const dirs = [join(disk.path, 'data'), ...(more === 'alone' ? [] : [home])];
    cluster.configure(id, { settings: { 'log.dirs': dirs.join() } });
    await cluster.start(id);
    await scene.healed();
    await scene.electPreferred();
    await happen(disk, id);
    return disk.kind;
  } finally {
    if (cluster.isRunning(id)) await cluster.kill(id);
    disk.remove();
    cluster.configure(id, { settings: { 'log.dirs': home } });
    await cluster.start(id);
  }
}

/** Fills it to the last byte. */
function fill(path: string): void {
  const fd = openSync(path, 'w');
  for (let size = FILLER.length; size > 0;) {
    try {
      writeSync(fd, FILLER, 0, size);
    } catch {
      size = Math.floor(size / 2);
    }
  }
  closeSync(fd);
}

/** What befalls the disk of a leader. */
export const diskFaults: Faults = {
  full: {
    lastsMs: () => FULL_MS + 8000,
    happen: async (scene) =>
      onSmallDisk(scene, async (disk) => {
        const filler = join(disk.path, 'filler');
        fill(filler);
        await pause(FULL_MS);
        // What is there is read.
        await scene.records();
        unlinkSync(filler);
        await scene.healed();
      }),
  },
  /** Nothing is left of the broker's disk: it ends, as Kafka does. */
  failing: {
    lastsMs: () => 12_000,
    happen: async (scene) =>
      onSmallDisk(scene, async (disk, id) => {
        disk.fail();
        await othersLead(scene, id);
      }),
  },
  /** One of a broker's two disks is gone: others lead what lay there, and the broker goes on with the rest. */
  'failing-one': {
    isLong: true,
    lastsMs: () => 20_000,
    happen: async (scene) => {
      const lead = async (disk: SmallDisk, id: number): Promise<void> => {
        // Replicas that are made now lie where there are fewer: on the new disk.
        const name = `${scene.topics[0]}-there`;
        await scene.createTopic(name);
        await scene.healed([name]);
        disk.fail();
        await scene.produce(name, ['one', 'two', 'three']);
        await scene.until('leaders elsewhere', async () =>
          (await scene.partitions([name])).every(({ leader, inSync }) => leader !== id && !inSync.includes(id)),
        );
      };
      return onSmallDisk(scene, lead, 'beside its own');
    },
  },
};

async function othersLead(scene: Scene, id: number): Promise<void> {
  const [other] = scene.othersThan(id);
  await scene.until('other leaders', async () =>
    (await scene.partitions(scene.topics, other)).every(({ leader }) => leader !== id && leader >= 0),
  );
}
