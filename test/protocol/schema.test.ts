import assert from 'node:assert/strict';
import { test } from 'node:test';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import type { ReadMessage, WriteMessage } from '../../src/protocol/schema.ts';

type Partition = ReadMessage<typeof produce.response>['responses'][number]['partitionResponses'][number];

test('the static types follow from the declarations', () => {
  const partition = {
    index: 0,
    errorCode: 0,
    baseOffset: 0,
    logAppendTimeMs: -1,
    logStartOffset: 0,
    recordErrors: [{ batchIndex: 0, batchIndexErrorMessage: null }],
    errorMessage: null,
    currentLeader: { leaderId: 1, leaderEpoch: 2 },
  } satisfies Partition;
  // @ts-expect-error Reading yields every field, those with a default too.
  const part: Partition = { index: 0, errorCode: 0, baseOffset: 0 };
  assert.ok(partition.index === part.index);

  const request: WriteMessage<typeof produce.request> = { acks: -1, timeoutMs: 5, topicData: [] };
  assert.equal(request.transactionalId, undefined);
  // @ts-expect-error A field without a default must be given.
  const lacking: WriteMessage<typeof produce.request> = { acks: -1, topicData: [] };
  // @ts-expect-error Not nullable.
  const wrong: WriteMessage<typeof produce.request> = { acks: null, timeoutMs: 5, topicData: [] };
  assert.ok(lacking !== wrong);
});
