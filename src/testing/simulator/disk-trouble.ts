import { dirname } from 'node:path';
import type { SeededRandom } from '../../base/seeded-random.ts';
import type { DiskCall, DiskFault } from '../../runtime/disk-faults.ts';
import type { MemoryDisk } from '../../runtime/memory-disk.ts';

const CALLS: readonly DiskCall[] = ['open', 'read', 'write', 'truncate', 'sync', 'rename', 'remove', 'list'];
/** Calls that come often enough to be the first that fails. */
const FIRST_TO_FAIL: readonly DiskCall[] = ['write', 'write', 'sync', 'sync', 'open', 'rename'];
/** The first failure is one of so many calls from now. */
const CALLS_UNTIL_MAX = 12;
const BYTES_LEFT_MAX = 4096;

/** What is wrong with a machine's disks, over all starts of its broker until somebody mends it. */
export class DiskTrouble {
  #faults: readonly DiskFault[] = [];
  #bytesLeft: number | undefined;
  #hasFailed = false;
  /** Directories of logs of which a segment could not be synced in this life of the broker. */
  readonly #unsyncable = new Set<string>();

  /** A call has failed or is going to: what the system holds of files may not be what is on the device. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Whether anything is wrong: a broker may complain of it. */
  get isAny(): boolean {
    return this.#hasFailed || this.#bytesLeft !== undefined;
  }

  /** The disk that holds `directory` fails: with one call alone, with one kind of call, or with all of them. Says how. */
  fail(disk: MemoryDisk, directory: string, random: SeededRandom): string {
    const path = `${directory}/`;
    const call = FIRST_TO_FAIL[random.below(FIRST_TO_FAIL.length)]!;
    const first = {
      ...this.#faultOf(call),
      path,
      nth: 1 + random.below(CALLS_UNTIL_MAX),
      // A part of it may have been written.
      ...(call === 'write' ? { writtenBytes: random.below(100) } : {}),
    };
    const how = random.below(3);
    this.#hasFailed = true;
    if (how === 0) {
      disk.fail(first);
      return `a ${call} in ${directory}`;
    }
    const failing = how === 1 ? [call] : CALLS;
    this.#faults = failing.map((each) => ({ ...this.#faultOf(each), path, times: Number.POSITIVE_INFINITY }));
    for (const fault of this.#faults) disk.fail({ ...fault, nth: first.nth });
    return how === 1 ? `every ${call} in ${directory}` : `everything in ${directory}`;
  }

  #faultOf(call: DiskCall): Pick<DiskFault, 'call' | 'code' | 'raised'> {
    const raised = (failed: string): void => {
      if (call === 'sync' && failed.endsWith('.log')) this.#unsyncable.add(dirname(failed));
    };
    return { call, code: 'EIO', raised };
  }

  /** Whether a segment of the log in `directory` could not be synced since the broker started: nobody may count on it. */
  isUnsyncable(directory: string): boolean {
    return this.#unsyncable.has(directory);
  }

  /** Another life of the broker begins. */
  started(): void {
    this.#unsyncable.clear();
  }

  /** The disk has next to no space left. */
  fill(disk: MemoryDisk, random: SeededRandom): void {
    this.#bytesLeft = random.below(BYTES_LEFT_MAX);
    this.apply(disk);
  }

  /** A machine that starts again has the disk that it had. */
  apply(disk: MemoryDisk): void {
    for (const fault of this.#faults) disk.fail(fault);
    if (this.#bytesLeft !== undefined) disk.leave(this.#bytesLeft);
  }

  /** There is space again. */
  empty(disk: MemoryDisk): void {
    this.#bytesLeft = undefined;
    disk.leave(undefined);
  }

  /** The disk works again, with what is on it. */
  mend(): void {
    this.#faults = [];
  }

  /** The machine has started anew: nothing of what it held in memory is left. */
  rebooted(): void {
    if (this.#faults.length === 0) this.#hasFailed = false;
  }
}
