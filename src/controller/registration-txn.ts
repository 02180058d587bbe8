import type { Uuid } from '../base/uuid.ts';
import type { ClusterImage } from '../metadata/cluster-image.ts';
import type { Compare, LeaseId, StoreOp } from '../metadata/metadata-store.ts';
import type { BrokerRecord, BrokerStateRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import type { Random } from '../runtime/random.ts';
import { INITIAL_FEATURES } from './features.ts';
import { randomUuid } from './random-id.ts';

export interface RegistrationWish {
  readonly brokerId: number;
  readonly record: BrokerRecord;
  /** The id that the first start gives the cluster; random when undefined. */
  readonly clusterId: Uuid | undefined;
  readonly random: Random;
}

/**
 * The one transaction of a registration. The first start ever also makes the cluster. Where there is no controller the
 * broker takes the office along; when it is alone besides, nobody else has to let it in: it is unfenced at once.
 */
export function registrationTxn(
  image: ClusterImage,
  { brokerId, record, clusterId, random }: RegistrationWish,
  lease: LeaseId,
): { compares: Compare[]; onSuccess: StoreOp[] } {
  const compares: Compare[] = [{ key: storeKeys.broker(brokerId), createRevision: 0 }];
  const onSuccess: StoreOp[] = [];
  const isElected = image.controller === undefined;
  const isAlone = isElected && isAloneIn(image, brokerId);
  const own = isAlone ? { ...record, ready: true } : record;
  onSuccess.push(leased(storeKeys.broker(brokerId), own, lease));
  if (image.clusterId === undefined) {
    const meta = { clusterId: clusterId ?? randomUuid(random), format: 1, features: INITIAL_FEATURES };
    compares.push({ key: storeKeys.meta, createRevision: 0 });
    onSuccess.push({ type: 'put', key: storeKeys.meta, value: JSON.stringify(meta) });
  }
  if (isElected) {
    compares.push({ key: storeKeys.controller, createRevision: 0 });
    onSuccess.push(leased(storeKeys.controller, { brokerId }, lease));
  }
  if (isAlone) {
    const { incarnation } = record;
    onSuccess.push(leased(storeKeys.liveBroker(brokerId), { incarnation }, lease));
    const state = brokerState(own, null);
    onSuccess.push({ type: 'put', key: storeKeys.brokerState(brokerId), value: JSON.stringify(state) });
  }
  return { compares, onSuccess };
}

/** What is to be remembered of a registration that is settled. */
export function brokerState(record: BrokerRecord, epoch: number | null): BrokerStateRecord {
  const { incarnation, endpoints, rack, logDirs } = record;
  return { incarnation, endpoints, rack, logDirs, epoch };
}

/** Whether no other broker runs, and none has a replica of anything: then nobody can know better what was written last. */
function isAloneIn(image: ClusterImage, brokerId: number): boolean {
  for (const { id, isPresent } of image.brokers.values()) if (isPresent && id !== brokerId) return false;
  for (const { partitions } of image.topics.values()) {
    for (const { replicas } of partitions) if (replicas.some((id) => id !== brokerId)) return false;
  }
  return true;
}

export function leased(key: string, record: object, lease: LeaseId): StoreOp {
  return { type: 'put', key, value: JSON.stringify(record), lease };
}
