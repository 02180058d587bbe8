import { setTimeout as pause } from 'node:timers/promises';
import { E } from '../../src/protocol/errors.ts';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { WirePeer } from '../oracle/wire-peer.ts';

const READY_MS = 30_000;
const RETRY_MS = 20;

/** Creates topics that keep what they get, and waits until their partitions take records. */
export async function createTopicsToKeep(
  bootstrap: string,
  names: readonly string[],
  partitions: number,
): Promise<void> {
  const peer = new WirePeer(bootstrap, 'compat');
  const configs = [{ name: 'retention.ms', value: '-1' }];
  const topics = names.map((name) => ({
    name,
    numPartitions: partitions,
    replicationFactor: -1,
    assignments: [],
    configs,
  }));
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const outcome = await peer.exchange(peer.request(createTopics, 7, { topics }), READY_MS);
    if (!('frame' in outcome)) throw new Error(`topics were not created: ${outcome.ended}`);
    const refused = peer
      .response(createTopics, 7, outcome.frame)
      .topics.find(({ errorCode }) => errorCode !== E.NONE.code && errorCode !== E.TOPIC_ALREADY_EXISTS.code);
    if (refused === undefined) break;
    // Where the controller has just changed it is asked again, as clients do.
    const { name, errorCode, errorMessage } = refused;
    if (errorCode !== E.NOT_CONTROLLER.code || Date.now() > deadline) {
      throw new Error(`topic ${name} was not created: ${errorCode} ${errorMessage}`);
    }
    await pause(RETRY_MS);
  }
  peer.close();
  const peers = bootstrap.split(',').map((address) => new WirePeer(address, 'compat'));
  while (!(await haveLeaders(peers, names, partitions))) {
    if (Date.now() > deadline) throw new Error('topics never had their leaders');
    await pause(RETRY_MS);
  }
  for (const each of peers) each.close();
}

/** Whether of each partition one of the brokers says that it leads it. */
async function haveLeaders(peers: readonly WirePeer[], names: readonly string[], partitions: number): Promise<boolean> {
  const led = await Promise.all(peers.map((peer) => ledBy(peer, names, partitions)));
  return new Set(led.flat()).size === names.length * partitions;
}

async function ledBy(peer: WirePeer, names: readonly string[], partitions: number): Promise<string[]> {
  const wanted = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }));
  const topics = names.map((name) => ({ name, partitions: wanted }));
  const outcome = await peer.exchange(
    peer.request(listOffsets, 5, { replicaId: -1, isolationLevel: 0, topics, timeoutMs: 0 }),
    READY_MS,
  );
  if (!('frame' in outcome)) return [];
  return peer
    .response(listOffsets, 5, outcome.frame)
    .topics.flatMap((topic) =>
      topic.partitions
        .filter(({ errorCode }) => errorCode === 0)
        .map(({ partitionIndex }) => `${topic.name}-${partitionIndex}`),
    );
}
