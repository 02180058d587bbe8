import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { WirePeer } from '../oracle/wire-peer.ts';

const ANSWER_MS = 10_000;
const LATEST = -1;

/** The ends of a topic's partitions for readers of everything (isolation 0) or of committed records alone (1). */
async function ends(peer: WirePeer, isolationLevel: number, topic: string, partitions: number): Promise<number[]> {
  const wanted = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: LATEST }));
  const request = { replicaId: -1, isolationLevel, topics: [{ name: topic, partitions: wanted }], timeoutMs: 0 };
  const outcome = await peer.exchange(peer.request(listOffsets, 5, request), ANSWER_MS);
  if (!('frame' in outcome)) throw new Error(`no answer to the ends of ${topic}: ${outcome.ended}`);
  const answers = peer.response(listOffsets, 5, outcome.frame).topics[0]?.partitions ?? [];
  return answers.toSorted((a, b) => a.partitionIndex - b.partitionIndex).map(({ offset }) => offset);
}

/** The last stable offset and the high watermark of each partition. */
export async function stableOffsets(
  bootstrap: string,
  topic: string,
  partitions: number,
): Promise<{ partition: number; lastStableOffset: number; highWatermark: number }[]> {
  const peer = new WirePeer(bootstrap, 'compat-ends');
  const stable = await ends(peer, 1, topic, partitions);
  const high = await ends(peer, 0, topic, partitions);
  peer.close();
  return stable.map((lastStableOffset, partition) => ({
    partition,
    lastStableOffset,
    highWatermark: high[partition] ?? -1,
  }));
}
