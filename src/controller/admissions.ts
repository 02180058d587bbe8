import type { BrokerImage, ClusterImage } from '../metadata/cluster-image.ts';
import type { Compare, StoreOp } from '../metadata/metadata-store.ts';
import { NO_LEADER } from '../metadata/partition-transition.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { putRecord } from './decision.ts';
import { isSameProcess, isSettled, standings } from './partition-repair.ts';
import { brokerState, leased } from './registration-txn.ts';

/** A step of a broker's way in, to be written while its registration stands. */
export interface Admission {
  readonly brokerId: number;
  readonly isUnfenced: boolean;
  readonly compares: readonly Compare[];
  readonly ops: readonly StoreOp[];
}

/**
 * Brokers that can go a step further: a registration is settled once no partition counts on what the broker was before it,
 * and unfenced once the broker is ready besides. One that registered anew without a restart is what it was before.
 */
export function decideAdmissions(image: ClusterImage): Admission[] {
  const waiting = [...image.brokers.values()].filter(({ isPresent, fenced }) => isPresent && fenced);
  if (waiting.length === 0) return [];
  const claimed = claimedBrokers(image, waiting);
  const admissions: Admission[] = [];
  for (const broker of waiting) {
    const settles = !isSettled(broker);
    if (settles && !isSameProcess(broker) && claimed.has(broker.id)) continue;
    const unfences = broker.ready && !broker.shuttingDown;
    if (!settles && !unfences) continue;
    admissions.push(admission(broker, { settles, unfences }));
  }
  return admissions;
}

function admission(broker: BrokerImage, step: { settles: boolean; unfences: boolean }): Admission {
  const { id, epoch, incarnation, lease } = broker;
  const ops: StoreOp[] = [];
  if (step.settles) ops.push(putRecord(storeKeys.brokerState(id), brokerState(broker, epoch)));
  if (step.unfences) ops.push(leased(storeKeys.liveBroker(id), { incarnation }, lease!));
  const compares = [{ key: storeKeys.broker(id), createRevision: epoch }];
  return { brokerId: id, isUnfenced: step.unfences, compares, ops };
}

/** Of the unsettled brokers those that a partition's record still counts on. */
function claimedBrokers(image: ClusterImage, waiting: readonly BrokerImage[]): Set<number> {
  const claimed = new Set<number>();
  const unsettled = new Set(waiting.filter((broker) => !isSettled(broker)).map(({ id }) => id));
  if (unsettled.size === 0) return claimed;
  const standing = standings(image);
  for (const { partitions } of image.topics.values()) {
    for (const { leader, isr, elr } of partitions) {
      if (unsettled.has(leader)) claimed.add(leader);
      // Where nobody leads and the set is never emptied, who was in it last comes back to it.
      const isLast = leader === NO_LEADER && !image.isElrEnabled();
      if (!isLast) for (const id of isr) if (unsettled.has(id)) claimed.add(id);
      for (const id of elr) if (unsettled.has(id) && standing(id) === 'unclean') claimed.add(id);
    }
  }
  return claimed;
}
