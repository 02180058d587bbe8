import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import { NodeNetwork } from '../../src/runtime/node-network.ts';
import { RawClient } from '../broker/raw-client.ts';
import { silent } from '../runtime/silent-logger.ts';

/** A connection to a process under test, closed with the test. */
export async function connect(t: TestContext, port: number, host?: string): Promise<RawClient> {
  const client = await RawClient.connect(new NodeNetwork(silent), port, host);
  t.after(() => client.close());
  return client;
}

/** Creates a topic as the broker's settings want it; tells how many partitions it got. */
export async function createTopic(client: RawClient, name: string): Promise<number> {
  const { topics } = await client.send(createTopics, 7, {
    topics: [{ name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }],
    timeoutMs: 10_000,
    validateOnly: false,
  }).response;
  assert.equal(topics[0]!.errorCode, 0);
  return topics[0]!.numPartitions;
}
