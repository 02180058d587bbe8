import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { buildBatch } from '../../../src/records/batch-builder.ts';
import { BATCH_ATTRIBUTE, Codec } from '../../../src/records/batch.ts';
import { bentBatch, noTopic, SOME_TIME, someBatch, someRecords, toProduce, topicOf } from '../batches.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

/** Produce: every version, and each rule by which a batch is refused, with code and text (behaviours 19-31). */
export const scenario: Scenario = {
  name: '06-produce',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 'p', { partitions: 2 });
    for (const version of versionsOf(produce)) await oneVersion(side, peer, topic, version);
    await badHeaders(peer, topic);
    await badBatches(peer, topic);
    await badRecords(peer, topic);
    await ofTopic(side, peer);
    await acks(side, topic);
    await peer.call('after all that', produce, 12, toProduce(topic, someBatch(1)));
  },
};

async function oneVersion(side: Side, peer: Peer, topic: Topic, version: number): Promise<void> {
  await peer.call('two records', produce, version, toProduce(topic, someBatch(2)));
  await peer.call('acks 1', produce, version, toProduce(topic, someBatch(1), { acks: 1 }));
  await peer.call('acks 2', produce, version, toProduce(topic, someBatch(1), { acks: 2 }));
  await peer.call('unknown topic', produce, version, toProduce(noTopic(side.name('none')), someBatch(1)));
  await peer.call('unknown partition', produce, version, toProduce(topic, someBatch(1), { partition: 9 }));
  await peer.call('negative partition', produce, version, toProduce(topic, someBatch(1), { partition: -1 }));
  await peer.call('nothing', produce, version, { acks: 1, timeoutMs: 1000, topicData: [] });
  await peer.call('a topic without partitions', produce, version, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ ...topicOf(topic), partitionData: [] }],
  });
  if (version === 12) await peer.call('null records', produce, version, toProduce(topic, null), { timeoutMs: 2000 });
  await peer.call('empty records', produce, version, toProduce(topic, new Uint8Array()));
  for (const codec of [Codec.gzip, Codec.snappy, Codec.lz4, Codec.zstd]) {
    await peer.call(`codec ${codec}`, produce, version, toProduce(topic, someBatch(3, { codec })));
  }
  const two = [
    { index: 0, records: someBatch(1) },
    { index: 1, records: bentBatch(someBatch(1), (view, field) => view.setInt32(field.crc, 1), { keepCrc: true }) },
  ];
  await peer.call('one partition right, one wrong', produce, version, {
    acks: -1,
    timeoutMs: 5000,
    topicData: [{ ...topicOf(topic), partitionData: two }],
  });
}

/** Wrong fields of the batch header. */
async function badHeaders(peer: Peer, topic: Topic): Promise<void> {
  const bends: readonly (readonly [string, Buffer])[] = [
    ['base offset 5', bentBatch(someBatch(2), (view) => view.setInt32(4, 5))],
    ['last offset delta too small', bentBatch(someBatch(2), (view, field) => view.setInt32(field.lastOffsetDelta, 0))],
    ['last offset delta too large', bentBatch(someBatch(2), (view, field) => view.setInt32(field.lastOffsetDelta, 5))],
    ['record count too small', bentBatch(someBatch(2), (view, field) => view.setInt32(field.recordCount, 1))],
    ['record count too large', bentBatch(someBatch(2), (view, field) => view.setInt32(field.recordCount, 3))],
    [
      'count and delta agree, records do not',
      bentBatch(someBatch(2), (view, field) => {
        view.setInt32(field.recordCount, 3);
        view.setInt32(field.lastOffsetDelta, 2);
      }),
    ],
    ['record count zero', bentBatch(someBatch(1), (view, field) => view.setInt32(field.recordCount, 0))],
    ['record count negative', bentBatch(someBatch(1), (view, field) => view.setInt32(field.recordCount, -1))],
    ['magic 0', bentBatch(someBatch(1), (view, field) => view.setInt8(field.magic, 0))],
    ['magic 1', bentBatch(someBatch(1), (view, field) => view.setInt8(field.magic, 1))],
    ['magic 3', bentBatch(someBatch(1), (view, field) => view.setInt8(field.magic, 3))],
    ['magic -1', bentBatch(someBatch(1), (view, field) => view.setInt8(field.magic, -1))],
    ['codec 5', bentBatch(someBatch(1), (view, field) => view.setInt16(field.attributes, 5))],
    ['codec 7', bentBatch(someBatch(1), (view, field) => view.setInt16(field.attributes, 7))],
    ['unused attribute bits', bentBatch(someBatch(1), (view, field) => view.setInt16(field.attributes, 0x0700))],
    [
      'control batch',
      bentBatch(someBatch(1), (view, field) => view.setInt16(field.attributes, BATCH_ATTRIBUTE.control)),
    ],
    [
      'transactional without producer',
      bentBatch(someBatch(1), (view, field) => view.setInt16(field.attributes, BATCH_ATTRIBUTE.transactional)),
    ],
    [
      'delete horizon',
      bentBatch(someBatch(1), (view, field) => view.setInt16(field.attributes, BATCH_ATTRIBUTE.deleteHorizon)),
    ],
    [
      'LogAppendTime to a CreateTime topic',
      bentBatch(someBatch(1), (view, field) => view.setInt16(field.attributes, BATCH_ATTRIBUTE.logAppendTime)),
    ],
    ['max timestamp too small', bentBatch(someBatch(2), (view, field) => view.setInt32(field.maxTimestamp + 4, 0))],
    ['leader epoch set', bentBatch(someBatch(1), (view, field) => view.setInt32(field.partitionLeaderEpoch, 7))],
    ['wrong checksum', bentBatch(someBatch(1), (view, field) => view.setInt32(field.crc, 1), { keepCrc: true })],
  ];
  for (const [label, bytes] of bends) {
    for (const version of [7, 12]) await peer.call(label, produce, version, toProduce(topic, bytes));
  }
}

/** Bytes that are not one batch. */
async function badBatches(peer: Peer, topic: Topic): Promise<void> {
  const one = someBatch(1);
  const bytes: readonly (readonly [string, Uint8Array])[] = [
    ['two batches', Buffer.concat([one, one])],
    ['a byte after the batch', Buffer.concat([one, Buffer.of(0)])],
    ['cut off at the end', one.subarray(0, one.length - 1)],
    ['cut off in the header', one.subarray(0, 40)],
    ['cut off before magic', one.subarray(0, 10)],
    ['a length too small', bentBatch(one, (view, field) => view.setInt32(field.batchLength, 10), { keepCrc: true })],
    ['a length of zero', bentBatch(one, (view, field) => view.setInt32(field.batchLength, 0), { keepCrc: true })],
    ['a negative length', bentBatch(one, (view, field) => view.setInt32(field.batchLength, -1), { keepCrc: true })],
    [
      'a length too large',
      bentBatch(one, (view, field) => view.setInt32(field.batchLength, 1 << 30), { keepCrc: true }),
    ],
    ['noise', Buffer.alloc(100, 0xab)],
    ['zeros', Buffer.alloc(100)],
  ];
  for (const [label, records] of bytes) {
    await peer.call(label, produce, 12, toProduce(topic, records));
    await peer.call(`${label}, acks 1`, produce, 7, toProduce(topic, records, { acks: 1 }));
  }
}

/** A batch whose header is right and whose records are not. */
async function badRecords(peer: Peer, topic: Topic): Promise<void> {
  const skip = [...someRecords(3)].map((record, index) => ({ ...record, offset: index * 2 }));
  await peer.call('offsets with gaps', produce, 12, toProduce(topic, buildBatch(skip)));
  const names = ['record length too large', 'record length negative', 'record attributes set', 'first delta not zero'];
  const bends: ((bytes: Uint8Array) => void)[] = [
    (bytes) => bytes.fill(0x7e, 61, 62),
    (bytes) => bytes.fill(0x01, 61, 62),
    (bytes) => bytes.fill(0x01, 62, 63),
    (bytes) => bytes.fill(0x02, 64, 65),
  ];
  for (const [index, bend] of bends.entries()) {
    const bytes = bentBatch(someBatch(1), (view) =>
      bend(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)),
    );
    await peer.call(names[index] ?? '', produce, 12, toProduce(topic, bytes));
  }
  for (const codec of [Codec.gzip, Codec.snappy, Codec.lz4, Codec.zstd]) {
    const packed = bentBatch(someBatch(5, { codec }), (view) => view.setInt32(70, 0x55555555));
    await peer.call(`damaged ${codec}`, produce, 12, toProduce(topic, packed), { pick: codesOnly });
    const wrongCount = bentBatch(someBatch(5, { codec }), (view, field) => {
      view.setInt32(field.recordCount, 6);
      view.setInt32(field.lastOffsetDelta, 5);
    });
    await peer.call(`too few records in ${codec}`, produce, 12, toProduce(topic, wrongCount));
  }
}

/** Texts of a damaged compression are those of the codec's library. */
function codesOnly(answer: {
  responses: { partitionResponses: { errorCode: number; baseOffset: number }[] }[];
}): unknown {
  return answer.responses.map(({ partitionResponses }) =>
    partitionResponses.map(({ errorCode, baseOffset }) => ({ errorCode, baseOffset })),
  );
}

function batchOfSize(size: number): Buffer {
  const padding = size - someBatch(1).length;
  return buildBatch([{ ...someRecords(1)[0], value: Buffer.alloc(2 + padding, 'x') }]);
}

/** Rules that come from the topic's settings. */
async function ofTopic(side: Side, peer: Peer): Promise<void> {
  const compact = await createTopic(side, 'compact', { configs: { 'cleanup.policy': 'compact' } });
  const keyless = someRecords(3).map((record, index) => (index === 1 ? { ...record, key: null } : record));
  for (const version of [7, 8, 12])
    await peer.call('no key to a compacted topic', produce, version, toProduce(compact, buildBatch(keyless)));
  await peer.call(
    'no keys at all',
    produce,
    12,
    toProduce(compact, buildBatch(keyless.map((record) => ({ ...record, key: null })))),
  );
  await peer.call(
    'a tombstone',
    produce,
    12,
    toProduce(compact, buildBatch([{ key: Buffer.from('k'), value: null, timestamp: SOME_TIME }])),
  );
  const small = await createTopic(side, 'small', { configs: { 'max.message.bytes': '200' } });
  for (const size of [120, 199, 200, 201, 300]) {
    const bytes = batchOfSize(size);
    await peer.call(`batch of ${bytes.length} bytes`, produce, 12, toProduce(small, bytes));
  }
  await peer.call(
    'to an internal topic',
    produce,
    12,
    toProduce({ name: '__consumer_offsets', topicId: small.topicId }, someBatch(1)),
  );
  await side
    .peer('__admin_client')
    .call(
      'a damaged batch to an internal topic, as admin client',
      produce,
      12,
      toProduce({ name: '__transaction_state', topicId: small.topicId }, someBatch(1).fill(0, 61)),
    );
  await peer.call('a wrong name', produce, 12, toProduce(noTopic('a/b'), someBatch(1)));
}

/** Without acknowledgement there is no answer; an error closes the connection. */
async function acks(side: Side, topic: Topic): Promise<void> {
  const peer = side.peer();
  await peer.tell('acks 0', produce, 12, toProduce(topic, someBatch(1), { acks: 0 }));
  await side
    .peer()
    .tell('acks 0, unknown topic', produce, 12, toProduce(noTopic(side.name('none')), someBatch(1), { acks: 0 }));
  await side.peer().tell(
    'acks 0, wrong checksum',
    produce,
    12,
    toProduce(
      topic,
      bentBatch(someBatch(1), (view, field) => view.setInt32(field.crc, 1), { keepCrc: true }),
      { acks: 0 },
    ),
  );
  await side.peer().call('acks -2', produce, 12, toProduce(topic, someBatch(1), { acks: -2 }));
  await side
    .peer()
    .call(
      'transactional id of nobody',
      produce,
      11,
      toProduce(topic, someBatch(1), { transactionalId: side.name('txn') }),
    );
}
