import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { DiskError, type DiskFile } from '../../src/runtime/disk.ts';
import type { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { BrokerFixture } from './broker-fixture.ts';
import {
  TV1,
  TV2,
  TransactionalProducer,
  committedOffset,
  readCommitted,
  type TransactionVersions,
} from './transactional-producer.ts';

/** How much of a write is on the disk when the process dies at it. */
type Written = 'nothing' | 'half' | 'all';

/** Kills the process at one write to its disk, whichever file it is to. */
class Cut {
  /** The write, counted from 1. */
  readonly at: number;
  readonly #written: Written;
  #writes = 0;
  #isArmed = false;
  #happen!: () => void;
  readonly happened = new Promise<'cut'>((resolve) => {
    this.#happen = () => resolve('cut');
  });

  constructor(at: number, written: Written) {
    this.at = at;
    this.#written = written;
  }

  /** From now on writes count. */
  arm(): void {
    this.#isArmed = true;
  }

  watch(disk: MemoryDisk): void {
    const open = disk.open.bind(disk);
    disk.open = (path, mode) => this.#watched(disk, open(path, mode));
  }

  #watched(disk: MemoryDisk, file: DiskFile): DiskFile {
    const write = file.write.bind(file);
    const writeAll = file.writeAll.bind(file);
    file.write = (bytes, position) => {
      this.#pass(disk, bytes, (part) => write(part, position));
    };
    file.writeAll = (chunks, position) => {
      if (!this.#isDue()) writeAll(chunks, position);
      else this.#die(disk, Buffer.concat(chunks), (part) => write(part, position));
    };
    return file;
  }

  #isDue(): boolean {
    if (this.#isArmed) this.#writes++;
    return this.#isArmed && this.#writes === this.at;
  }

  #pass(disk: MemoryDisk, bytes: Uint8Array, write: (part: Uint8Array) => void): void {
    if (this.#isDue()) this.#die(disk, bytes, write);
    else write(bytes);
  }

  #die(disk: MemoryDisk, bytes: Uint8Array, write: (part: Uint8Array) => void): never {
    const kept = this.#written === 'all' ? bytes.length : this.#written === 'half' ? bytes.length >> 1 : 0;
    if (kept > 0) write(bytes.subarray(0, kept));
    disk.kill();
    this.#happen();
    throw new DiskError('EIO', '/', 'the process is gone');
  }
}

const isLong = process.env['POSTHORN_LONG'] === '1';
const WRITTEN: readonly Written[] = isLong ? ['nothing', 'half', 'all'] : ['half'];

const SETTINGS = { 'transaction.state.log.num.partitions': 1 };
/** Acknowledges only what is on the device, so that power loss takes nothing acknowledged. */
const SYNCING = { ...SETTINGS, 'posthorn.flush.policy': 'group' };

/** A disk on which a transaction was committed before: `a` and `b` in the topic, offset 1 of the group. */
async function prepared({ versions, death }: Life): Promise<{ fixture: BrokerFixture; image: MemoryDisk }> {
  const fixture = await BrokerFixture.start({ settings: death === 'power loss' ? SYNCING : SETTINGS });
  await fixture.createTopic('t', { partitions: 2 });
  const producer = await new TransactionalProducer(fixture, 'tx', versions).init();
  await transact(producer, ['a', 'b'], 1, true);
  producer.close();
  await fixture.close();
  return { fixture, image: fixture.disk };
}

/** One transaction: records in both partitions, and offsets. Returns once its end was acknowledged. */
async function transact(
  producer: TransactionalProducer,
  [first, second]: readonly [string, string],
  offset: number,
  commits: boolean,
): Promise<void> {
  if (producer.versions === TV1) {
    assert.equal(await producer.add('t', 0), 'NONE');
    assert.equal(await producer.add('t', 1), 'NONE');
    assert.equal(await producer.addOffsets('g'), 'NONE');
  }
  assert.equal(await producer.send('t', [first]), 'NONE');
  assert.equal(await producer.send('t', [second], { partition: 1 }), 'NONE');
  assert.equal(await producer.commitOffset('g', 't', offset), 'NONE');
  assert.equal(await producer.send('t', [`${first}2`]), 'NONE');
  assert.equal(await producer.end(commits), 'NONE');
}

/** What readers of committed records and offsets see; throws while anything is undecided. */
async function seen(fixture: BrokerFixture): Promise<string> {
  const reads = [await readCommitted(fixture, 't', 0), await readCommitted(fixture, 't', 1)];
  for (const { lastStableOffset, highWatermark } of reads) assert.equal(lastStableOffset, highWatermark, 'undecided');
  const [one, other] = reads.map(({ values }) => values.join(' '));
  return `${one} | ${other} | ${await committedOffset(fixture, 'g', 't')}`;
}

const NONE_OF_IT = 'a a2 | b | 1';
const ALL_OF_IT = 'a a2 c c2 | b d | 5';

interface Life {
  readonly versions: TransactionVersions;
  readonly commits: boolean;
  readonly death: 'kill -9' | 'power loss';
}

/** Lives through a transaction and dies at the write of `cut`; returns what came of it, and whether the life ended before. */
async function dieAt(
  fixture: BrokerFixture,
  image: MemoryDisk,
  { versions, commits, death }: Life,
  cut: Cut,
): Promise<{ outcome: string; isOver: boolean }> {
  fixture.disk = image.crash('kept', new SeededRandom(1));
  cut.watch(fixture.disk);
  await fixture.start();
  cut.arm();
  let isAcknowledged = false;
  const living = async (): Promise<'lived'> => {
    const producer = await new TransactionalProducer(fixture, 'tx', versions).init();
    await transact(producer, ['c', 'd'], 5, commits);
    isAcknowledged = true;
    await fixture.time.run(1000);
    producer.close();
    return 'lived';
  };
  const lived = living();
  lived.catch(() => {});
  const end = await Promise.race([lived, cut.happened]);
  if (death === 'kill -9') await fixture.kill();
  else await fixture.crash('mixed', cut.at);
  await fixture.start();
  const heir = await new TransactionalProducer(fixture, 'tx', versions).init();
  const outcome = await seen(fixture);
  if (!commits) assert.equal(outcome, NONE_OF_IT);
  else if (isAcknowledged) assert.equal(outcome, ALL_OF_IT);
  else assert.ok(outcome === NONE_OF_IT || outcome === ALL_OF_IT, outcome);
  // Whatever it was, the next transaction finds nothing in its way, and another death changes nothing.
  await transact(heir, ['e', 'f'], 9, true);
  heir.close();
  const isWhole = outcome === ALL_OF_IT;
  const afterwards = isWhole ? 'a a2 c c2 e e2 | b d f | 9' : 'a a2 e e2 | b f | 9';
  assert.equal(await seen(fixture), afterwards);
  await fixture.kill();
  await fixture.start();
  await fixture.time.run(1000);
  assert.equal(await seen(fixture), afterwards);
  await fixture.kill();
  return { outcome, isOver: end === 'lived' };
}

/** Dies at each write of a life in turn. */
async function dieAtEach(life: Life, written: Written): Promise<void> {
  const { fixture, image } = await prepared(life);
  const outcomes = new Set<string>();
  for (let at = 1; ; at++) {
    const { outcome, isOver } = await dieAt(fixture, image, life, new Cut(at, written)).catch((error: unknown) => {
      throw new Error(`died at write ${at}, with ${written} of it written`, { cause: error });
    });
    outcomes.add(outcome);
    if (!isOver) continue;
    assert.ok(at > 12, `only ${at} writes`);
    assert.equal(outcomes.size, life.commits ? 2 : 1, 'some deaths come before the decision, some after');
    return;
  }
}

for (const [name, versions] of [
  ['version 1', TV1],
  ['version 2', TV2],
] as const) {
  for (const commits of [true, false]) {
    const what = commits ? 'committed' : 'aborted';
    for (const written of WRITTEN) {
      test(`a transaction of ${name} is ${what} whole, killed at each write with ${written} of it on the disk`, () =>
        dieAtEach({ versions, commits, death: 'kill -9' }, written));
    }
    test(`a transaction of ${name} is ${what} whole, with power lost at each write`, () =>
      dieAtEach({ versions, commits, death: 'power loss' }, 'half'));
  }
}
