import { connect, type Socket } from 'node:net';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { offsetCommit } from '../../src/protocol/messages/008-offset-commit.ts';
import { offsetFetch } from '../../src/protocol/messages/009-offset-fetch.ts';
import { SIZE_BYTES } from '../../src/wire/frame.ts';
import { requestFrame } from '../../src/wire/request-frame.ts';
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

function groupName(topic: string, index: number): string {
  return `${topic}-group-${index}`;
}

/** One connection's share of the commits: offsets 0, 1, 2 ... in turn for each of its groups. */
async function run(job: Job, requests: readonly Prepared[], commits: number): Promise<void> {
  const socket = await open(job.port);
  let sent = 0;
  let answered = 0;
  let rest: Buffer = Buffer.alloc(0);
  const send = (count: number): void => {
    const batch: Buffer[] = [];
    for (let left = count; left > 0 && sent < commits; left--) {
      const request = requests[sent % requests.length];
      if (request === undefined) return;
      const bytes = Buffer.from(request.bytes);
      bytes.writeInt32BE(sent, CORRELATION_ID_AT);
      bytes.writeBigInt64BE(BigInt(Math.floor(sent / requests.length)), request.offsetAt);
      batch.push(bytes);
      sent++;
    }
    if (batch.length > 0) socket.write(Buffer.concat(batch));
  };
  await new Promise<void>((done, fail) => {
    socket.once('close', () => fail(new Error('the broker closed the connection')));
    socket.on('data', (chunk) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let position = 0;
      let count = 0;
      while (rest.length - position >= SIZE_BYTES) {
        const end = position + SIZE_BYTES + rest.readInt32BE(position);
        if (rest.length < end) break;
        // The error code of the one partition is the last thing in the answer.
        const error = rest.readInt16BE(end - 2);
        if (error !== 0) fail(new Error(`a commit was answered with error ${error}`));
        if (rest.readInt32BE(position + SIZE_BYTES) !== answered) fail(new Error('answers came out of order'));
        answered++;
        count++;
        position = end;
      }
      rest = rest.subarray(position);
      if (answered === commits) done();
      else send(count);
    });
    send(job.underWay);
  });
  socket.removeAllListeners('close');
  socket.destroy();
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await new Promise<void>((done, fail) => {
    socket.once('connect', done);
    socket.once('error', fail);
  });
  return socket;
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
const groupsEach = Math.floor(job.groups / job.connections);
const shares = Array.from({ length: job.connections }, (_, connection) =>
  Array.from({ length: groupsEach }, (_each, index) => groupName(job.topic, connection * groupsEach + index)),
);
const began = performance.now();
await Promise.all(
  shares.map((groupIds) => {
    const requests = groupIds.map((groupId) => prepare(groupId, job.topic));
    return run(job, requests, commitsEach);
  }),
);
const seconds = (performance.now() - began) / 1000;
for (const groupIds of shares) await expectLast(job, groupIds, commitsEach);
console.log(Math.round((commitsEach * job.connections) / seconds));
