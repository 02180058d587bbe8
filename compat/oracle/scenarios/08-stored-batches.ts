import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { buildBatch } from '../../../src/records/batch-builder.ts';
import { BATCH_ATTRIBUTE, Codec } from '../../../src/records/batch.ts';
import { bentBatch, SOME_TIME, someBatch, someRecords, toProduce } from '../batches.ts';
import { readBack } from '../reading.ts';
import type { Peer, Scenario, Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

const HOUR_MS = 3_600_000;

/** What is stored of what was sent: timestamps, codecs, and their bounds (behaviours 23-27). */
export const scenario: Scenario = {
  name: '08-stored-batches',
  async run(side: Side) {
    const peer = side.peer();
    await createTime(side, peer);
    await logAppendTime(side, peer);
    await bounds(side, peer);
    await recompression(side, peer);
  },
};

async function stored(peer: Peer, topic: Topic, label: string, bytes: Uint8Array): Promise<void> {
  await peer.call(label, produce, 12, toProduce(topic, bytes));
  await readBack(peer, topic, `${label}, stored`);
}

async function createTime(side: Side, peer: Peer): Promise<void> {
  const topic = await createTopic(side, 'create-time');
  await stored(peer, topic, 'as sent', someBatch(2));
  await stored(peer, topic, 'no timestamp', buildBatch([{ key: null, value: Buffer.from('x') }]));
  await stored(
    peer,
    topic,
    'wrong max timestamp',
    bentBatch(someBatch(2), (view, field) => view.setInt32(field.maxTimestamp + 4, 0)),
  );
  await stored(peer, topic, 'growing backwards', buildBatch(someRecords(3).toReversed()));
  await stored(
    peer,
    topic,
    'null key, value and header',
    buildBatch([{ key: null, value: null, timestamp: SOME_TIME, headers: [{ key: 'n', value: null }] }]),
  );
}

async function logAppendTime(side: Side, peer: Peer): Promise<void> {
  const topic = await createTopic(side, 'append-time', { configs: { 'message.timestamp.type': 'LogAppendTime' } });
  for (const codec of [Codec.none, Codec.gzip, Codec.lz4])
    await stored(peer, topic, `append time, codec ${codec}`, someBatch(2, { codec }));
  await stored(
    peer,
    topic,
    'flag already set',
    bentBatch(someBatch(1), (view, field) => view.setInt16(field.attributes, BATCH_ATTRIBUTE.logAppendTime)),
  );
}

function at(timestamp: number): Buffer {
  return buildBatch([{ key: Buffer.from('k'), value: Buffer.from('v'), timestamp }]);
}

async function bounds(side: Side, peer: Peer): Promise<void> {
  const now = Date.now();
  const defaults = await createTopic(side, 'default-bounds');
  for (const [label, time] of [
    ['half an hour ahead', now + HOUR_MS / 2],
    ['two hours ahead', now + 2 * HOUR_MS],
    ['long ago', 1],
  ] as const) {
    await peer.call(label, produce, 12, toProduce(defaults, at(time)), { pick: codes });
  }
  const narrow = await createTopic(side, 'narrow-bounds', {
    configs: { 'message.timestamp.before.max.ms': '60000', 'message.timestamp.after.max.ms': '60000' },
  });
  for (const [label, time] of [
    ['now', now],
    ['an hour ago', now - HOUR_MS],
    ['an hour ahead', now + HOUR_MS],
    ['no time', -1],
    ['time -2', -2],
  ] as const) {
    await peer.call(`narrow: ${label}`, produce, 12, toProduce(narrow, at(time)), { pick: codes });
    await peer.call(
      `narrow, in a batch: ${label}`,
      produce,
      12,
      toProduce(
        narrow,
        buildBatch([
          { value: null, timestamp: now },
          { value: null, timestamp: time },
        ]),
      ),
      { pick: codes },
    );
  }
  const append = await createTopic(side, 'append-bounds', {
    configs: { 'message.timestamp.type': 'LogAppendTime', 'message.timestamp.before.max.ms': '1000' },
  });
  await peer.call('append time ignores the bounds', produce, 12, toProduce(append, at(5)));
}

/** Texts of these errors hold the times; codes, records and the start of the text are compared. */
function codes(answer: {
  responses: {
    partitionResponses: {
      errorCode: number;
      errorMessage: string | null;
      recordErrors: { batchIndex: number; batchIndexErrorMessage: string | null }[];
    }[];
  }[];
}): unknown {
  return answer.responses[0]?.partitionResponses.map(({ errorCode, errorMessage, recordErrors }) => ({
    errorCode,
    errorMessage,
    recordErrors: recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => ({
      batchIndex,
      text: batchIndexErrorMessage?.replaceAll(/\d{6,}/g, '#') ?? null,
    })),
  }));
}

async function recompression(side: Side, peer: Peer): Promise<void> {
  for (const type of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const topic = await createTopic(side, `to-${type}`, { configs: { 'compression.type': type } });
    for (const codec of [Codec.none, Codec.gzip, Codec.zstd]) {
      await peer.call(`codec ${codec} to ${type}`, produce, 12, toProduce(topic, someBatch(10, { codec })));
      await readBack(peer, topic, `codec ${codec} to ${type}, stored`, { withoutSizes: true });
    }
  }
}
