import type { Uuid } from '../../base/uuid.ts';
import type { InSyncProposal } from '../../replication/in-sync-proposals.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Turn } from '../turn.ts';

/** Which partition a replica is of. */
interface PlacedReplica {
  readonly topicId: Uuid;
  readonly index: number;
}

/** What replicas need of the broker that holds them. */
export interface ReplicaServices {
  readonly turn: Turn;
  readonly clock: Clock;
  readonly brokerId: number;
  /** `replica.lag.time.max.ms`. */
  readonly lagMaxMs: () => number;
  /** Whether a broker may be in sync: unfenced, staying, registered under that epoch (KIP-841, 903), its replica online. */
  readonly isEligible: (partition: PlacedReplica, brokerId: number, brokerEpoch: number) => boolean;
  /** Whether a broker is registered and not fenced. */
  readonly isUp: (brokerId: number) => boolean;
  /** Writes the in-sync set that a leader wants. */
  propose(proposal: InSyncProposal): void;
}
