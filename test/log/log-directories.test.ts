import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { LOG_CONFIG_DEFAULTS, type LogConfig } from '../../src/log/log-config.ts';
import {
  LogDirectories,
  LogDirectoryUnusable,
  type LogDirectoriesOptions,
} from '../../src/log/directories/log-directories.ts';
import { LogShared } from '../../src/log/log-shared.ts';
import type { PartitionLog } from '../../src/log/partition-log.ts';
import { E } from '../../src/protocol/errors.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { NOW_MS, NotingLogger, batchOf, readAll, valuesOf } from './log-fixture.ts';
import { kafkaDisk, readFile, writeFile } from './kafka-directory.ts';

const TOPIC_ID = '7Vd3XX4KQ3iM0vS8Z9vYxQ';
const OTHER_ID = 'z9vYxQ7Vd3XX4KQ3iM0vSw';

class Broker {
  disk: MemoryDisk;
  readonly logger = new NotingLogger();
  readonly failed: string[] = [];
  readonly config: LogConfig;
  readonly paths: string[];
  directories!: LogDirectories;

  constructor(options: { disk?: MemoryDisk; config?: Partial<LogConfig>; paths?: string[] } = {}) {
    this.disk = options.disk ?? new MemoryDisk({ crashable: true });
    this.config = { ...LOG_CONFIG_DEFAULTS, ...options.config };
    this.paths = options.paths ?? ['/logs'];
  }

  async start(
    more: Pick<Partial<LogDirectoriesOptions>, 'checkpointEveryBytes' | 'freeBytesMin' | 'opening'> & {
      nodeId?: number;
      clusterId?: string;
    } = {},
  ): Promise<LogDirectories> {
    this.directories = await LogDirectories.open({
      shared: new LogShared({ disk: this.disk, logger: this.logger }),
      random: new SeededRandom(5),
      paths: this.paths,
      nodeId: 1,
      nowMs: NOW_MS,
      configOf: () => this.config,
      directoryFailed: (path) => this.failed.push(path),
      ...more,
    });
    return this.directories;
  }

  kill(): void {
    this.disk = this.disk.kill();
  }

  create(topic: string, partition = 0, topicId = TOPIC_ID): PartitionLog {
    return this.directories.create({ topic, partition, topicId, config: this.config });
  }

  text(path: string): string {
    return readFile(this.disk, path).toString();
  }
}

async function started(options: ConstructorParameters<typeof Broker>[0] = {}): Promise<Broker> {
  const broker = new Broker(options);
  await broker.start();
  return broker;
}

function append(log: PartitionLog, value: string): void {
  const { error } = log.appendAsLeader(batchOf([value]), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS });
  assert.equal(error, E.NONE);
  log.writeStaged();
  log.setHighWatermark(log.logEndOffset);
}

test('an empty directory gets an identity that stays', async () => {
  const broker = await started();
  const { clusterId, directoryIds } = broker.directories;
  assert.match(clusterId, /^[A-Za-z0-9_-]{22}$/);
  const lines = broker.text('/logs/meta.properties').split('\n');
  assert.ok(lines.includes('version=1') && lines.includes('node.id=1') && lines.includes(`cluster.id=${clusterId}`));
  await broker.directories.close();
  await broker.start();
  assert.equal(broker.directories.clusterId, clusterId);
  assert.deepEqual(broker.directories.directoryIds, directoryIds);
});

test('partitions, records and offsets are found again after a clean end', async () => {
  const broker = await started();
  append(broker.create('orders'), 'a');
  append(broker.create('orders', 1), 'b');
  broker.create('empty');
  await broker.directories.close(42);
  assert.equal(broker.text('/logs/.kafka_cleanshutdown'), '{"version":0,"brokerEpoch":42}');
  assert.equal(broker.text('/logs/orders-0/partition.metadata'), `version: 0\ntopic_id: ${TOPIC_ID}`);
  assert.equal(broker.text('/logs/replication-offset-checkpoint'), '0\n3\norders 0 1\norders 1 1\nempty 0 0\n');
  await broker.start();
  assert.equal(broker.disk.exists('/logs/.kafka_cleanshutdown'), false);
  const log = broker.directories.get('orders', 1)!;
  assert.deepEqual([log.topicId, log.highWatermark, log.recoveryPoint], [TOPIC_ID, 1, 1]);
  assert.deepEqual(valuesOf(readAll(log)), ['b']);
  assert.equal(Array.from(broker.directories.all()).length, 3);
});

test('partitions and records are found again after kill -9', async () => {
  const broker = await started();
  append(broker.create('orders'), 'a');
  broker.kill();
  await broker.start();
  assert.deepEqual(valuesOf(readAll(broker.directories.get('orders', 0)!)), ['a']);
});

test('a start tells how many of the directories in a data directory are open', async () => {
  const broker = await started();
  broker.create('orders');
  broker.create('orders', 1);
  broker.kill();
  const told: string[] = [];
  await broker.start({ opening: (path, done, total) => told.push(`${path} ${done}/${total}`) });
  assert.deepEqual(told, ['/logs 0/2', '/logs 1/2', '/logs 2/2']);
});

test('ticks move recovery points into the checkpoint', async () => {
  const broker = await started();
  append(broker.create('orders'), 'a');
  broker.directories.tick(NOW_MS);
  await broker.directories.flushed();
  broker.directories.tick(NOW_MS + 30_000);
  assert.equal(broker.text('/logs/recovery-point-offset-checkpoint'), '0\n1\norders 0 1\n');
  assert.equal(broker.text('/logs/replication-offset-checkpoint'), '0\n1\norders 0 1\n');
});

test("the log's start is remembered", async () => {
  const broker = await started();
  const log = broker.create('orders');
  for (const value of ['a', 'b', 'c']) append(log, value);
  assert.equal(log.deleteRecordsBefore(2), E.NONE);
  broker.directories.checkpoint();
  assert.equal(broker.text('/logs/log-start-offset-checkpoint'), '0\n1\norders 0 2\n');
  broker.kill();
  await broker.start();
  assert.equal(broker.directories.get('orders', 0)?.logStartOffset, 2);
});

test('a deleted partition is renamed at once and removed after file.delete.delay.ms', async () => {
  const broker = await started();
  append(broker.create('orders'), 'a');
  assert.equal(broker.directories.delete('orders', 0, NOW_MS), true);
  assert.equal(broker.directories.get('orders', 0), undefined);
  assert.equal(broker.directories.delete('orders', 0, NOW_MS), false);
  const names = (): string[] =>
    broker.disk
      .list('/logs')
      .filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name);
  assert.equal(names().length, 1);
  assert.match(names()[0]!, /^orders-0\.[0-9a-f]{32}-delete$/);
  broker.directories.removeDeleted(NOW_MS + 59_999);
  assert.equal(names().length, 1);
  broker.directories.removeDeleted(NOW_MS + 60_000);
  assert.deepEqual(names(), []);
});

test('many deleted partitions are removed some at a time, and it is told while there are more', async () => {
  const broker = await started();
  for (let partition = 0; partition < 10; partition++) {
    broker.create('orders', partition);
    broker.directories.delete('orders', partition, NOW_MS);
  }
  const left: [boolean, number][] = [];
  for (let round = 0; round < 4; round++) {
    const isMore = broker.directories.removeDeleted(NOW_MS + 60_000);
    left.push([isMore, broker.disk.list('/logs').filter(({ isDirectory }) => isDirectory).length]);
  }
  assert.deepEqual(left, [
    [true, 6],
    [true, 2],
    [false, 0],
    [false, 0],
  ]);
});

test('what a deletion left behind is removed after the next start', async () => {
  const broker = await started();
  append(broker.create('orders'), 'a');
  broker.directories.delete('orders', 0, NOW_MS);
  broker.kill();
  await broker.start();
  assert.equal(Array.from(broker.directories.all()).length, 0);
  broker.directories.removeDeleted(NOW_MS);
  assert.ok(!broker.disk.list('/logs').some(({ isDirectory }) => isDirectory));
});

test('a partition made again under the same name inherits nothing, whenever the process dies', async () => {
  const broker = await started();
  const old = broker.create('orders');
  for (const value of ['a', 'b', 'c']) append(old, value);
  old.deleteRecordsBefore(2);
  await old.flush();
  broker.directories.checkpoint();
  broker.directories.delete('orders', 0, NOW_MS);
  const log = broker.create('orders', 0, OTHER_ID);
  assert.deepEqual([log.logStartOffset, log.logEndOffset, log.highWatermark], [0, 0, 0]);
  broker.kill();
  await broker.start();
  const found = broker.directories.get('orders', 0)!;
  assert.equal(found.offlineReason, undefined);
  assert.deepEqual([found.topicId, found.logStartOffset, found.logEndOffset], [OTHER_ID, 0, 0]);
});

test('a log whose partition.metadata was lost can be named', async () => {
  const broker = await started();
  append(broker.create('orders'), 'a');
  broker.kill();
  writeFile(broker.disk, '/logs/orders-0/partition.metadata', Buffer.alloc(0));
  await broker.start();
  const log = broker.directories.get('orders', 0)!;
  assert.equal(log.topicId, 'AAAAAAAAAAAAAAAAAAAAAA');
  broker.directories.adoptTopicId(log, TOPIC_ID);
  assert.equal(log.topicId, TOPIC_ID);
  assert.equal(broker.text('/logs/orders-0/partition.metadata'), `version: 0\ntopic_id: ${TOPIC_ID}`);
});

test('a stray log is put aside and stays', async () => {
  const broker = await started();
  append(broker.create('orders'), 'a');
  broker.directories.setAside(broker.directories.get('orders', 0)!);
  broker.kill();
  await broker.start();
  assert.equal(broker.directories.get('orders', 0), undefined);
  assert.ok(broker.disk.list('/logs').some(({ name }) => /^orders-0\.[0-9a-f]{32}-stray$/.test(name)));
});

test('a directory in use, of another node or of another cluster is refused in one sentence', async () => {
  const broker = await started();
  const second = new Broker({ disk: broker.disk });
  await assert.rejects(second.start(), new LogDirectoryUnusable('/logs is in use by another broker'));
  await broker.directories.close();
  await assert.rejects(
    second.start({ nodeId: 2 }),
    new LogDirectoryUnusable(
      '/logs belongs to node 1, this broker has node.id 2; take the other directory or --override node.id=1',
    ),
  );
  await assert.rejects(second.start({ clusterId: 'other' }), /belongs to cluster .*, the metadata to other/);
  await second.start();
});

for (const file of ['recovery-point', 'replication', 'log-start']) {
  test(`a damaged ${file}-offset-checkpoint is refused with what to do, and without it all is there`, async () => {
    const broker = await started();
    append(broker.create('orders'), 'a');
    await broker.directories.close();
    const path = `/logs/${file}-offset-checkpoint`;
    writeFile(broker.disk, path, Buffer.from('nonsense\n'));
    await assert.rejects(broker.start(), {
      name: 'LogDirectoryUnusable',
      message: /has version nonsense; remove this file/,
    });
    broker.disk.remove(path);
    await broker.start();
    assert.deepEqual(valuesOf(readAll(broker.directories.get('orders', 0)!)), ['a']);
  });
}

test('a meta.properties that is none is refused', async () => {
  const broker = new Broker();
  broker.disk.makeDirectory('/logs');
  writeFile(broker.disk, '/logs/meta.properties', Buffer.from('version=0\nbroker.id=1\n'));
  await assert.rejects(broker.start(), /has version 0, not 1/);
});

test('new partitions go to the directory with the fewest; one found twice is refused', async () => {
  const broker = await started({ paths: ['/one', '/two'] });
  for (let partition = 0; partition < 4; partition++) broker.create('orders', partition);
  assert.deepEqual(
    broker.directories.describe().map(({ logs }) => logs.length),
    [2, 2],
  );
  await broker.directories.close();
  broker.disk.makeDirectory('/two/orders-0');
  await assert.rejects(broker.start(), /orders-0 is in both \/one and \/two/);
  broker.disk.remove('/two/orders-0');
  await broker.start();
});

test('a failed write takes its directory offline for good, and no other', async () => {
  const broker = await started({ paths: ['/one', '/two'] });
  const logs = [0, 1, 2, 3].map((partition) => broker.create('orders', partition));
  for (const log of logs) append(log, 'a');
  broker.disk.fail({ call: 'write', code: 'EIO', path: '/one/' });
  const first = logs.find(({ directory }) => directory.startsWith('/one/'))!;
  first.appendAsLeader(batchOf(['b']), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS });
  assert.throws(() => first.writeStaged());
  assert.deepEqual(broker.failed, ['/one']);
  for (const log of logs) assert.equal(log.isOffline, log.directory.startsWith('/one/'));
  assert.deepEqual(
    broker.directories.describe().map(({ error }) => error),
    [E.KAFKA_STORAGE_ERROR, E.NONE],
  );
  assert.equal(broker.directories.isAnyOnline, true);
  assert.ok(broker.create('more').directory.startsWith('/two/'));
  await broker.directories.close();
  assert.equal(broker.disk.exists('/one/.kafka_cleanshutdown'), false);
  assert.equal(broker.disk.exists('/two/.kafka_cleanshutdown'), true);
  await broker.start();
  assert.equal(broker.directories.get('orders', 0)?.isOffline, false);
});

test('recovery points do not wait for their time once much was synced, whoever asked for the sync', async () => {
  const broker = new Broker();
  await broker.start({ checkpointEveryBytes: 200 });
  broker.directories.tick(NOW_MS);
  const log = broker.create('orders');
  const path = '/logs/recovery-point-offset-checkpoint';
  append(log, 'a');
  await log.flush();
  broker.directories.tick(NOW_MS + 1);
  assert.equal(broker.disk.exists(path), false);
  for (const value of ['b', 'c', 'd']) append(log, value);
  await log.flush();
  broker.directories.tick(NOW_MS + 2);
  assert.equal(broker.text(path), '0\n1\norders 0 4\n');
});

test('a producer that fills the disk between two ticks is refused before the disk is full', async () => {
  const capacityBytes = 100_000;
  const freeBytesMin = 40_000;
  const broker = new Broker({ disk: new MemoryDisk({ capacityBytes }) });
  await broker.start({ freeBytesMin });
  const log = broker.create('orders');
  const value = 'x'.repeat(1000);
  const place = (): boolean => {
    const context = { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS } as const;
    const { error } = log.appendAsLeader(batchOf([value]), context);
    log.writeStaged();
    return error === E.NONE;
  };
  let count = 0;
  while (place()) count++;
  const { freeBytes } = broker.disk.space('/logs');
  assert.ok(freeBytes > freeBytesMin - 2 * value.length && freeBytes < freeBytesMin + 2 * value.length, `${freeBytes}`);
  assert.equal(log.isOffline, false);
  log.setHighWatermark(log.logEndOffset);
  assert.equal(readAll(log).length, count);
});

test('checkpoints, syncs and new partitions are done though the process is out of file handles, as long as the pool has some', async () => {
  const broker = await started();
  const logs = [0, 1, 2, 3, 4].map((partition) => broker.create('orders', partition));
  for (const log of logs) append(log, 'a');
  for (const path of ['/logs/recovery-point', '/logs/orders-5', 'leader-epoch', '.log']) {
    broker.disk.fail({ call: 'open', code: 'EMFILE', path, times: 2 });
  }
  append(broker.create('orders', 5), 'a');
  for (const log of logs) await log.flush();
  broker.directories.checkpoint();
  assert.deepEqual(broker.failed, []);
  assert.match(broker.text('/logs/recovery-point-offset-checkpoint'), /orders 4 1/);
  for (const log of logs) assert.deepEqual(valuesOf(readAll(log)), ['a']);
});

test('a failed checkpoint takes the directory offline', async () => {
  const broker = await started();
  append(broker.create('orders'), 'a');
  broker.disk.fail({ call: 'rename', code: 'EIO' });
  broker.directories.checkpoint();
  assert.deepEqual(broker.failed, ['/logs']);
  assert.equal(broker.directories.isAnyOnline, false);
  assert.throws(() => broker.create('more'), LogDirectoryUnusable);
});

test('damage of one log leaves the others alone, and those end in order', async () => {
  const broker = await started();
  for (const topic of ['orders', 'other']) {
    append(broker.create(topic), 'a');
    await broker.directories.get(topic, 0)!.flush();
  }
  broker.directories.checkpoint();
  broker.kill();
  writeFile(broker.disk, '/logs/orders-0/00000000000000000000.log', Buffer.from('junk'));
  await broker.start();
  assert.equal(broker.directories.get('orders', 0)?.isDamaged, true);
  assert.equal(broker.directories.get('other', 0)?.isOffline, false);
  assert.deepEqual(broker.failed, []);
  broker.directories.checkpoint();
  assert.equal(broker.text('/logs/recovery-point-offset-checkpoint'), '0\n2\norders 0 1\nother 0 1\n');
  await broker.directories.close(7);
  assert.equal(broker.text('/logs/.kafka_cleanshutdown'), '{"version":0,"brokerEpoch":7}');
});

test('a damaged log is not taken for one that ended in order with the others', async () => {
  const broker = await started();
  for (const topic of ['orders', 'other']) {
    append(broker.create(topic), 'a');
    await broker.directories.get(topic, 0)!.flush();
    append(broker.directories.get(topic, 0)!, 'b');
  }
  broker.directories.checkpoint();
  broker.kill();
  const path = '/logs/orders-0/00000000000000000000.log';
  const sound = broker.disk.readFile(path, 1000);
  writeFile(broker.disk, path, Buffer.from('junk'));
  await broker.start();
  await broker.directories.close(7);
  const torn = Buffer.from(sound);
  torn[torn.length - 1]! ^= 1;
  writeFile(broker.disk, path, torn);
  await broker.start();
  assert.equal(broker.directories.cleanEpoch, 7);
  assert.equal(broker.directories.get('orders', 0)?.logEndOffset, 1, 'what was never synced is summed');
  assert.equal(broker.disk.exists('/logs/orders-0/.unclean'), false);
  assert.equal(broker.directories.get('other', 0)?.logEndOffset, 2);
});

test("Kafka's own directory is taken over", async () => {
  const broker = new Broker({ disk: kafkaDisk(), config: { indexIntervalBytes: 512 } });
  await broker.start({ clusterId: '4L6g3nShT-eMCtK--X86sw' });
  const log = broker.directories.get('orders', 0)!;
  assert.deepEqual([log.logEndOffset, log.highWatermark, log.recoveryPoint], [233, 233, 233]);
  append(log, 'ours');
  await broker.directories.close();
  await broker.start();
  assert.deepEqual(valuesOf(readAll(broker.directories.get('orders', 0)!, 233)), ['ours']);
});

test('retention and idle producers are looked after', async () => {
  const broker = await started({ config: { retentionMs: 1000 } });
  append(broker.create('orders'), 'a');
  assert.equal(broker.directories.cleanUp(NOW_MS + 500, 86_400_000), 0);
  assert.equal(broker.directories.cleanUp(NOW_MS + 2000, 86_400_000), 1);
  const log = broker.directories.get('orders', 0)!;
  assert.deepEqual([log.logStartOffset, log.logEndOffset], [1, 1]);
});

test('a disk that fails under retention keeps nothing from the other one', async () => {
  const broker = await started({ config: { retentionMs: 1000 }, paths: ['/one', '/two'] });
  const [failing, other] = [broker.create('orders'), broker.create('other')];
  for (const log of [failing, other]) append(log, 'a');
  broker.disk.fail({ call: 'remove', code: 'EIO', path: `${failing.directory}/` });
  assert.equal(broker.directories.cleanUp(NOW_MS + 2000, 86_400_000), 1);
  assert.deepEqual([failing.isOffline, other.isOffline, other.logStartOffset], [true, false, 1]);
});

test('a partition can be deleted while it is being synced', async () => {
  const broker = await started({ config: { segmentBytes: 100 } });
  const log = broker.create('orders');
  for (let index = 0; index < 20; index++) append(log, `${index}`);
  const first = log.flush().catch(() => {});
  const second = log.flush().catch(() => {});
  broker.directories.delete('orders', 0, NOW_MS);
  await Promise.all([first, second]);
  assert.deepEqual(broker.failed, []);
  assert.equal(append(broker.create('orders'), 'a'), undefined);
});

test('a failure while closing leaves no clean mark', async () => {
  const broker = await started();
  append(broker.create('orders'), 'a');
  broker.disk.fail({ call: 'sync', code: 'EIO', path: '.log' });
  await broker.directories.close();
  assert.deepEqual(broker.failed, ['/logs']);
  assert.equal(broker.disk.exists('/logs/.kafka_cleanshutdown'), false);
  await broker.start();
  assert.deepEqual(valuesOf(readAll(broker.directories.get('orders', 0)!)), ['a']);
});

test('a full disk refuses producers before it is full', async () => {
  const broker = new Broker({ disk: new MemoryDisk({ capacityBytes: 70 * 1024 * 1024 }) });
  await broker.start();
  const log = broker.create('orders');
  broker.directories.tick(NOW_MS);
  append(log, 'a');
  writeFile(broker.disk, '/other', Buffer.alloc(8 * 1024 * 1024));
  broker.directories.tick(NOW_MS);
  const refused = log.appendAsLeader(batchOf(['b']), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS });
  assert.equal(refused.error, E.KAFKA_STORAGE_ERROR);
  broker.disk.remove('/other');
  broker.directories.tick(NOW_MS);
  append(log, 'b');
});
