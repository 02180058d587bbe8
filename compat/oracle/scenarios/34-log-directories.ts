import { setTimeout as pause } from 'node:timers/promises';
import { createTopics } from '../../../src/protocol/messages/019-create-topics.ts';
import { deleteTopics } from '../../../src/protocol/messages/020-delete-topics.ts';
import { alterReplicaLogDirs } from '../../../src/protocol/messages/034-alter-replica-log-dirs.ts';
import { fetch } from '../../../src/protocol/messages/001-fetch.ts';
import { describeLogDirs } from '../../../src/protocol/messages/035-describe-log-dirs.ts';
import { incrementalAlterConfigs } from '../../../src/protocol/messages/044-incremental-alter-configs.ts';
import type { Read } from '../../../src/protocol/schema.ts';
import { put, someBatch } from '../batches.ts';
import { partitionAt, toFetch } from '../reading.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, newTopic } from '../topics.ts';

type Answer = Read<typeof describeLogDirs.response.fields>;

const BROKER = 4;
const SET = 0;
const DELETE = 1;
const RATE = 'replica.alter.log.dirs.io.max.bytes.per.second';
const CORDONED = 'cordoned.log.dirs';
const SETTLED_MS = 10_000;
const NEWEST = 5;

/** The two directories, by where the scenario's first partition was made. */
interface Directories {
  readonly from: string;
  readonly to: string;
}

async function describe(peer: Peer): Promise<Answer> {
  const answer = await peer.quiet(describeLogDirs, NEWEST, { topics: null });
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

/** Asks until the answer is as wanted; what is recorded is only that it came to be. */
async function until(side: Side, peer: Peer, label: string, isReached: (answer: Answer) => boolean): Promise<void> {
  const deadline = Date.now() + SETTLED_MS;
  while (Date.now() < deadline) {
    if (isReached(await describe(peer))) {
      side.note(label, 'reached');
      return;
    }
    await pause(20);
  }
  throw new Error(`never: ${label}`);
}

/** Whether the partition lies in the directory, with no copy of it anywhere. */
function liesIn(answer: Answer, topic: string, partition: number, path: string): boolean {
  const places = answer.results.flatMap(({ logDir, topics }) =>
    topics
      .filter(({ name }) => name === topic)
      .flatMap(({ partitions }) => partitions.filter(({ partitionIndex }) => partitionIndex === partition))
      .map(({ isFutureKey }) => (isFutureKey ? 'future' : logDir)),
  );
  return places.length === 1 && places[0] === path;
}

/** The directories under names of the scenario, with this side's own topics; of a copy only that it is behind. */
function shown(side: Side, { from }: Directories): (answer: Answer) => unknown {
  return ({ errorCode, results }) => ({
    errorCode,
    results: results
      .map((result) => ({
        errorCode: result.errorCode,
        isCordoned: result.isCordoned,
        hasTotal: result.totalBytes > 0,
        hasUsable: result.usableBytes > 0,
        place: result.logDir === from ? 'from' : 'to',
        topics: result.topics
          .filter(({ name }) => side.isOwn(name))
          .map(({ name, partitions }) => ({
            name,
            partitions: partitions
              .map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) =>
                isFutureKey
                  ? { partitionIndex, isFutureKey, isBehind: offsetLag > 0 }
                  : { partitionIndex, partitionSize, offsetLag },
              )
              .toSorted((left, right) => left.partitionIndex - right.partitionIndex),
          }))
          .toSorted((left, right) => (left.name < right.name ? -1 : 1)),
      }))
      .toSorted((left, right) => (left.place < right.place ? -1 : 1)),
  });
}

function errorsOf({ responses }: Read<typeof incrementalAlterConfigs.response.fields>): number[] {
  return responses.map(({ errorCode }) => errorCode);
}

async function configure(peer: Peer, label: string, name: string, value: string | null): Promise<void> {
  const configs = [{ name, configOperation: value === null ? DELETE : SET, value }];
  const resources = [{ resourceType: BROKER, resourceName: '1', configs }];
  await peer.call(label, incrementalAlterConfigs, 1, { resources, validateOnly: false }, { pick: errorsOf });
}

/** Moving partitions between log directories, throttled, cancelled and to where they cannot go (KIP-113, KIP-1066). */
export const scenario: Scenario = {
  name: '34-log-directories',
  directories: 2,
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 'm', { partitions: 1 });
    await put(peer, topic, someBatch(5));
    const first = await describe(peer);
    const own = first.results.find(({ topics }) => topics.some(({ name }) => name === topic.name));
    const other = first.results.find((result) => result !== own);
    if (own === undefined || other === undefined) throw new Error('the brokers have to have two log directories');
    const directories = { from: own.logDir, to: other.logDir };
    const pick = shown(side, directories);
    const { from, to } = directories;
    const look = async (label: string, version = NEWEST): Promise<void> => {
      await peer.call(label, describeLogDirs, version, { topics: null }, { pick });
    };
    const alter = async (
      label: string,
      path: string,
      partitions = [0],
      name = topic.name,
      version = 2,
    ): Promise<void> => {
      const step = side.step(`${label} (AlterReplicaLogDirs v${version})`, { name, partitions });
      const dirs = [{ path, topics: [{ name, partitions }] }];
      step.answer = side.plain(await peer.quiet(alterReplicaLogDirs, version, { dirs }));
    };
    for (const version of versionsOf(describeLogDirs)) await look('before', version);
    for (const version of versionsOf(alterReplicaLogDirs)) {
      await alter('an unknown directory', '/does/not/exist', [0], topic.name, version);
      await alter('a relative one', 'data', [0], topic.name, version);
      await alter('one that is spelled in another way', `${to}/`, [0], topic.name, version);
      await alter('an unknown partition', to, [9], topic.name, version);
      await alter('an unknown topic', to, [0], side.name('none'), version);
      await alter('a topic whose copy cannot be named', to, [0], 'x'.repeat(240), version);
      await alter('no partitions', to, [], topic.name, version);
      await alter('where it is', from, [0], topic.name, version);
    }
    await look('nothing has happened');

    await alter('to the other directory', to);
    await until(side, peer, 'it is there', (answer) => liesIn(answer, topic.name, 0, to));
    for (const version of versionsOf(describeLogDirs)) await look('moved', version);
    await put(peer, topic, someBatch(5));
    await peer.call('all of it', fetch, 12, toFetch(topic, [partitionAt()]));
    await alter('back, version 1', from, [0], topic.name, 1);
    await until(side, peer, 'it is back', (answer) => liesIn(answer, topic.name, 0, from));
    await look('moved back');
    await peer.call('all of it', fetch, 12, toFetch(topic, [partitionAt()]));

    await configure(peer, 'almost nothing may be copied', RATE, '1');
    const slow = await createTopic(side, 's', { partitions: 1 });
    for (let count = 0; count < 50; count++) await put(peer, slow, someBatch(20));
    const at = (await describe(peer)).results.find(({ topics }) =>
      topics.some(({ name }) => name === slow.name),
    )!.logDir;
    const away = at === from ? to : from;
    await alter('a slow move', away, [0], slow.name);
    await until(side, peer, 'it has begun', (answer) =>
      answer.results.some(({ topics }) =>
        topics.some(({ partitions }) => partitions.some(({ isFutureKey }) => isFutureKey)),
      ),
    );
    await alter('the same again', away, [0], slow.name);
    await alter('and back', at, [0], slow.name);
    await until(side, peer, 'the copy is gone', (answer) => liesIn(answer, slow.name, 0, at));
    await alter('once more', away, [0], slow.name);
    const gone = await peer.call('deleted meanwhile', deleteTopics, 5, {
      topics: [],
      topicNames: [slow.name],
      timeoutMs: 5000,
    });
    if (gone === undefined) throw new Error('not deleted');
    await until(side, peer, 'with its copy', (answer) =>
      answer.results.every(({ topics }) => topics.every(({ name }) => name !== slow.name)),
    );
    await configure(peer, 'as fast as can be', RATE, null);

    await configure(peer, 'cordon the other', CORDONED, to);
    await until(side, peer, 'cordoned', ({ results }) => results.some(({ isCordoned }) => isCordoned));
    for (const version of versionsOf(describeLogDirs)) await look('one is cordoned', version);
    await alter('to the cordoned one', to);
    await alter('an unknown topic to the cordoned one', to, [0], side.name('none'));
    await createTopic(side, 'c', { partitions: 4 });
    await look('new partitions');
    await configure(peer, 'cordon all', CORDONED, '*');
    await until(side, peer, 'all are', ({ results }) => results.every(({ isCordoned }) => isCordoned));
    await pause(500);
    await peer.call('a new topic', createTopics, 7, { topics: [newTopic(side.name('d'))], timeoutMs: 5000 });
    await configure(peer, 'cordon none', CORDONED, null);
    await until(side, peer, 'none is', ({ results }) => results.every(({ isCordoned }) => !isCordoned));
  },
};
