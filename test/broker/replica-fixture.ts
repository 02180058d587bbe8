import type { ReplicaServices } from '../../src/broker/replicas/replica-services.ts';
import type { Turn } from '../../src/broker/turn.ts';
import type { PartitionImage } from '../../src/metadata/cluster-image.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';

/** A partition with one replica, on broker 1. */
export const ALONE: PartitionImage = {
  leader: 1,
  leaderEpoch: 3,
  partitionEpoch: 0,
  replicas: [1],
  isr: [1],
  elr: [],
  lastKnownElr: [],
  adding: [],
  removing: [],
  recovering: false,
  modRevision: 1,
};

/** Services of a broker that has no others beside it. */
export function aloneServices(brokerId: number, turn: Turn): ReplicaServices {
  return {
    turn,
    clock: new VirtualTime(),
    brokerId,
    lagMaxMs: () => 30_000,
    isEligible: () => false,
    isUp: () => true,
    propose: () => {
      throw new Error('a broker alone has nothing to propose');
    },
  };
}
