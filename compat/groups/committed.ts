import { offsetFetch } from '../../src/protocol/messages/009-offset-fetch.ts';
import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { WirePeer } from '../oracle/wire-peer.ts';

const ANSWER_MS = 10_000;

/** The committed offsets of a group, -1 where there are none; throws when the broker gives an error. */
export async function committedOffsets(
  bootstrap: string,
  group: string,
  topic: string,
  partitions: number,
): Promise<number[]> {
  const peer = new WirePeer(await coordinatorOf(bootstrap, group), 'compat-offsets');
  const partitionIndexes = Array.from({ length: partitions }, (_, partition) => partition);
  const outcome = await peer.exchange(
    peer.request(offsetFetch, 7, {
      groupId: group,
      topics: [{ name: topic, partitionIndexes }],
      groups: [],
      requireStable: true,
    }),
    ANSWER_MS,
  );
  if (!('frame' in outcome)) throw new Error(`no answer to the offsets of ${group}: ${outcome.ended}`);
  const answer = peer.response(offsetFetch, 7, outcome.frame);
  peer.close();
  if (answer.errorCode !== 0) throw new Error(`the offsets of ${group}: error ${answer.errorCode}`);
  const offsets = partitionIndexes.map(() => -1);
  for (const { partitionIndex, committedOffset, errorCode } of answer.topics[0]?.partitions ?? []) {
    if (errorCode !== 0) throw new Error(`the offset of ${group} ${topic}-${partitionIndex}: error ${errorCode}`);
    offsets[partitionIndex] = committedOffset;
  }
  return offsets;
}

/** Where the coordinator of a group is, as the first broker says that answers. */
async function coordinatorOf(bootstrap: string, group: string): Promise<string> {
  for (const address of bootstrap.split(',')) {
    const peer = new WirePeer(address, 'compat-offsets');
    const request = peer.request(findCoordinator, 3, { key: group, keyType: 0, coordinatorKeys: [] });
    const outcome = await peer.exchange(request, ANSWER_MS).catch(() => undefined);
    if (outcome === undefined || !('frame' in outcome)) continue;
    const { errorCode, host, port } = peer.response(findCoordinator, 3, outcome.frame);
    peer.close();
    if (errorCode === 0) return `${host}:${port}`;
  }
  throw new Error(`no coordinator of ${group}`);
}
