import { ByteReader } from '../../src/base/byte-reader.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { decodeExact } from '../../src/protocol/codec.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { requestFrame } from '../../src/wire/request-frame.ts';
import { openFrames } from './frames.ts';
import { outcome } from './outcome.ts';

/*
 * Consumers at the ends of all partitions, each with a fetch session of its own, to whom nothing comes: they ask, wait, and ask
 * again. Argument: an IdleSessions as JSON. Prints "ready" when every session is there, runs until it is killed.
 */

export interface IdleSessions {
  readonly port: number;
  readonly topic: string;
  readonly sessions: number;
  readonly partitions: number;
  /** Where every partition ends. */
  readonly offset: number;
}

const FETCH_VERSION = 11;
/** The defaults of Kafka's consumer. */
const WAIT_MS = 500;
const BYTES_MAX = 50 << 20;
const PARTITION_BYTES_MAX = 1 << 20;

function request({ topic, partitions: count, offset }: IdleSessions, sessionId: number, sessionEpoch: number): Buffer {
  const partitions = Array.from({ length: count }, (_, partition) => ({
    partition,
    fetchOffset: offset,
    partitionMaxBytes: PARTITION_BYTES_MAX,
  }));
  const body = {
    maxWaitMs: WAIT_MS,
    minBytes: 1,
    maxBytes: BYTES_MAX,
    sessionId,
    sessionEpoch,
    topics: sessionEpoch === 0 ? [{ topic, topicId: ZERO_UUID, partitions }] : [],
    forgottenTopicsData: [],
  };
  return Buffer.concat(requestFrame({ api: fetch, version: FETCH_VERSION, body }, 0, 'bench'));
}

/** Resolves when the session is there; goes on from then. */
async function open(job: IdleSessions): Promise<void> {
  let epoch = 0;
  const { settled, done } = outcome();
  const socket = await openFrames(job.port, (frame) => {
    const reader = new ByteReader(frame);
    reader.int32();
    const { errorCode, sessionId, responses } = decodeExact(fetch.response, FETCH_VERSION, reader);
    if (errorCode !== 0 || sessionId === 0) throw new Error(`no session: error ${errorCode}`);
    for (const { partitions } of responses) {
      for (const { partitionIndex, errorCode: error, records } of partitions) {
        if (error !== 0) throw new Error(`partition ${partitionIndex}: error ${error}`);
        if (records !== null && records.length > 0)
          throw new Error(`partition ${partitionIndex} is not read to its end`);
      }
    }
    epoch++;
    done();
    socket.write(request(job, sessionId, epoch));
  });
  socket.once('close', () => {
    throw new Error('the broker closed the connection');
  });
  socket.write(request(job, 0, 0));
  await settled;
}

const job = JSON.parse(process.argv[2] ?? '') as IdleSessions;
for (let session = 0; session < job.sessions; session++) await open(job);
console.log('ready');
