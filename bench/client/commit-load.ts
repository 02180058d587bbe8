import { ZERO_UUID } from '../../src/base/uuid.ts';
import { offsetCommit } from '../../src/protocol/messages/008-offset-commit.ts';
import { offsetFetch } from '../../src/protocol/messages/009-offset-fetch.ts';
import { requestFrame } from '../../src/wire/request-frame.ts';
import { openFrames } from './frames.ts';
import { outcome } from './outcome.ts';
import { withClient } from './raw-client.ts';

/*
 * Offset commits as fast as a broker takes them: connections that keep a number of requests under way, each request
 * committing the next offset of one of many groups. Requests are prepared, only numbers are patched in, and of an answer
 * only what must be seen is read, so that the client costs little. In the end every group's last offset must be there.
 * Arguments: port, topic, commits, connections, requests under way on each, groups. Prints commits per second.
 */

const COMMIT_VERSION = 7;
const FETCH_VERSION = 5;
const CORRELATION_ID_AT = 8;
const MARK = 0x1234_5678_9abc;

interface Job {
  readonly port: number;
  readonly topic: string;
  readonly commits: number;
  readonly connections: number;
  readonly underWay: number;
  readonly groups: number;
}

/** A request of one group, and where its offset stands. */
interface Prepared {
  readonly bytes: Buffer;
  readonly offsetAt: number;
}

function prepare(groupId: string, topic: string): Prepared {
  const partition = { partitionIndex: 0, committedOffset: MARK, committedLeaderEpoch: -1, committedMetadata: '' };
  const body = {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [{ name: topic, topicId: ZERO_UUID, partitions: [partition] }],
  };
  const bytes = Buffer.concat(requestFrame({ api: offsetCommit, version: COMMIT_VERSION, body }, 0, 'bench'));
  const mark = Buffer.alloc(8);
  mark.writeBigInt64BE(BigInt(MARK));
  return { bytes, offsetAt: bytes.indexOf(mark) };
}

/** One connection's share of the commits: offsets 0, 1, 2 ... in turn for each of its groups. */
async function run(job: Job, requests: readonly Prepared[], commits: number): Promise<void> {
  let sent = 0;
  let answered = 0;
  let isAsked = false;
  const { settled, done, fail } = outcome();
  const fill = (): void => {
    isAsked = false;
    const batch: Buffer[] = [];
    for (; sent < commits && sent - answered < job.underWay; sent++) {
      const request = requests[sent % requests.length];
      if (request === undefined) return;
      const bytes = Buffer.from(request.bytes);
      bytes.writeInt32BE(sent, CORRELATION_ID_AT);
      bytes.writeBigInt64BE(BigInt(Math.floor(sent / requests.length)), request.offsetAt);
      batch.push(bytes);
    }
    if (batch.length > 0) socket.write(Buffer.concat(batch));
  };
  const socket = await openFrames(job.port, (frame) => {
    // The error code of the one partition is the last thing in the answer.
    const error = frame.readInt16BE(frame.length - 2);
    if (error !== 0) fail(new Error(`a commit was answered with error ${error}`));
    if (frame.readInt32BE(0) !== answered) fail(new Error('answers came out of order'));
    if (++answered === commits) done();
    else if (!isAsked) {
      isAsked = true;
      // All answers of one read are followed by one write.
      queueMicrotask(fill);
    }
  });
  socket.once('close', () => fail(new Error('the broker closed the connection')));
  fill();
  await settled;
  socket.removeAllListeners('close');
  socket.destroy();
}

/** Throws unless each group has the offset that was committed last. */
async function expectLast(job: Job, groupIds: readonly string[], commits: number): Promise<void> {
  await withClient(job.port, async (client) => {
    for (const [index, groupId] of groupIds.entries()) {
      const topics = [{ name: job.topic, topicId: ZERO_UUID, partitionIndexes: [0] }];
      const answer = await client.request(offsetFetch, FETCH_VERSION, { groupId, topics, groups: [] });
      const found = answer.topics[0]?.partitions[0]?.committedOffset;
      const last = Math.ceil((commits - index) / groupIds.length) - 1;
      if (found !== last) throw new Error(`${groupId} is at ${found}, not ${last}`);
    }
  });
}

function jobOf(args: readonly string[]): Job {
  const [port, topic, ...numbers] = args;
  const [commits = 0, connections = 0, underWay = 0, groups = 0] = numbers.map(Number);
  return { port: Number(port), topic: topic ?? '', commits, connections, underWay, groups };
}

const job = jobOf(process.argv.slice(2));
const commitsEach = Math.floor(job.commits / job.connections);
const groupIds = Array.from({ length: job.groups }, (_, index) => `${job.topic}-group-${index}`);
const shares = Array.from({ length: job.connections }, (_, connection) =>
  groupIds.filter((_id, index) => index % job.connections === connection),
);
const began = performance.now();
await Promise.all(
  shares.map((mine) => {
    const requests = mine.map((groupId) => prepare(groupId, job.topic));
    return run(job, requests, commitsEach);
  }),
);
const seconds = (performance.now() - began) / 1000;
for (const mine of shares) await expectLast(job, mine, commitsEach);
console.log(Math.round((commitsEach * job.connections) / seconds));
