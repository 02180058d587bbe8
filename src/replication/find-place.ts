import { E } from '../protocol/errors.ts';
import { listOffsets } from '../protocol/messages/002-list-offsets.ts';
import { PeerFailure } from '../wire/peer-connection.ts';
import type { Peers } from '../wire/peers.ts';

const LIST_OFFSETS_VERSION = 9;
const EARLIEST = -2;
const LATEST = -1;

export interface PlaceQuestion {
  readonly peers: Peers;
  readonly brokerId: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly topic: string;
  readonly index: number;
  /** Where the follower's log ends. */
  readonly endOffset: number;
  readonly timeoutMs: number;
}

/** What a follower does whose end the leader does not have; undefined when the leader cannot tell now. */
export type Place = { readonly cutTo: number } | { readonly restartAt: number } | 'stay' | undefined;

/**
 * Asks the leader where a follower has to go on: it is cut where the leader's log ends before its own, and starts anew
 * where the leader's starts behind it (AbstractFetcherThread.fetchOffsetAndTruncate).
 */
export function findPlace(question: PlaceQuestion, found: (place: Place) => void): void {
  const { endOffset } = question;
  ask(question, LATEST, (leaderEnd) => {
    if (leaderEnd === undefined) found(undefined);
    else if (leaderEnd < endOffset) found({ cutTo: leaderEnd });
    else {
      ask(question, EARLIEST, (leaderStart) => {
        if (leaderStart === undefined) found(undefined);
        else found(leaderStart > endOffset ? { restartAt: leaderStart } : 'stay');
      });
    }
  });
}

function ask(question: PlaceQuestion, timestamp: number, told: (offset: number | undefined) => void): void {
  const { peers, brokerId, leaderId, leaderEpoch, topic, index, timeoutMs } = question;
  const partitions = [{ partitionIndex: index, currentLeaderEpoch: leaderEpoch, timestamp }];
  const body = { replicaId: brokerId, isolationLevel: 0, topics: [{ name: topic, partitions }], timeoutMs };
  peers.send(leaderId, 'requests', { api: listOffsets, version: LIST_OFFSETS_VERSION, body, timeoutMs }, (answer) => {
    const partition = answer instanceof PeerFailure ? undefined : answer.topics[0]?.partitions[0];
    told(partition?.errorCode === E.NONE.code ? partition.offset : undefined);
  });
}
