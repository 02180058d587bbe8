import type { Uuid } from '../base/uuid.ts';
import type { BrokerImage, ClusterImage, PartitionImage } from '../metadata/cluster-image.ts';
import {
  isReassigning,
  neededInSync,
  NO_LEADER,
  withoutBrokers,
  type TransitionRules,
} from '../metadata/partition-transition.ts';
import type { PartitionRecord } from '../metadata/records.ts';

/**
 * How the controller sees a broker:
 * - `live`: unfenced, may lead;
 * - `leaving`: unfenced, and about to stop;
 * - `awaited`: gone for a moment only, as it seems: nothing is taken from it, and nothing given to it;
 * - `gone`: fenced, its log as it was;
 * - `unclean`: back from a crash that may have cost it the ends of its logs.
 */
export type Standing = 'live' | 'leaving' | 'awaited' | 'gone' | 'unclean';

/** The standing of each known broker; unknown ones are gone. `isPatient`: those that are absent are awaited. */
export function standings(image: ClusterImage, isPatient = false): (brokerId: number) => Standing {
  const known = new Map<number, Standing>();
  for (const broker of image.brokers.values()) known.set(broker.id, standingOf(broker, isPatient));
  return (id) => known.get(id) ?? 'gone';
}

/** The standing of each broker as far as one partition goes. */
export type ReplicaStandings = (topicId: Uuid, index: number) => (brokerId: number) => Standing;

/** As {@link standings}, partition by partition: where a broker's replica lies out of its reach, the broker might as well be gone. */
export function replicaStandings(image: ClusterImage, isPatient = false): ReplicaStandings {
  const standing = standings(image, isPatient);
  const isAnyLost = [...image.directories.values()].some(({ lost }) => Object.keys(lost).length > 0);
  if (!isAnyLost) return () => standing;
  return (topicId, index) => (id) => {
    const ofBroker = standing(id);
    return ofBroker !== 'unclean' && image.isReplicaOffline(id, topicId, index) ? 'gone' : ofBroker;
  };
}

function standingOf(broker: BrokerImage, isPatient: boolean): Standing {
  if (!broker.fenced) return broker.shuttingDown ? 'leaving' : 'live';
  if (!broker.isPresent) return isPatient ? 'awaited' : 'gone';
  if (isSettled(broker)) return 'gone';
  if (isSameProcess(broker)) return broker.ready && !broker.shuttingDown ? 'awaited' : 'gone';
  return broker.cleanEpoch >= 0 && broker.cleanEpoch === broker.state?.epoch ? 'gone' : 'unclean';
}

/** Whether the partitions owe nothing any more to what the broker was before this registration. */
export function isSettled({ epoch, state }: BrokerImage): boolean {
  return state?.epoch === epoch;
}

/** Whether the broker registered anew without having been restarted: it has lost nothing. */
export function isSameProcess({ incarnation, state }: BrokerImage): boolean {
  return state?.incarnation === incarnation;
}

/** What the topic, and the cluster's features, say about its partitions. */
export type TopicRules = Omit<TransitionRules, 'mayLead'>;

/**
 * The record that a partition should have, given how its brokers are; undefined when it has it. A function of the state
 * alone: whatever a former controller left half done, this finishes.
 */
export function repaired(
  partition: PartitionImage,
  standing: (brokerId: number) => Standing,
  topicRules: TopicRules,
): PartitionRecord | undefined {
  const { minIsr, isUncleanAllowed } = topicRules;
  const { leader, isr, elr, replicas } = partition;
  if (leader !== NO_LEADER && standing(leader) === 'awaited') return undefined;
  const isSound = leader !== NO_LEADER && elr.length === 0 && !isReassigning(partition);
  if (isSound && isr.every((id) => standing(id) === 'live')) return undefined;
  const fenced = new Set<number>();
  const unclean = new Set<number>();
  for (const id of [...isr, ...elr]) {
    const state = standing(id);
    if (state === 'gone') fenced.add(id);
    if (state === 'unclean') unclean.add(id);
  }
  const staying = isr.filter((id) => !fenced.has(id) && !unclean.has(id) && standing(id) !== 'leaving');
  const isAnyAble = staying.some((id) => standing(id) === 'live');
  // Who leaves stays in sync while it is needed.
  const mayLeave = isAnyAble && staying.length >= neededInSync(minIsr, replicas);
  if (mayLeave) for (const id of isr) if (standing(id) === 'leaving') fenced.add(id);
  const isLive: TransitionRules['mayLead'] = (id) => standing(id) === 'live';
  const clean = withoutBrokers(
    partition,
    { fenced, unclean },
    { ...topicRules, isUncleanAllowed: false, mayLead: isLive },
  );
  if ((clean ?? partition).leader !== NO_LEADER) return clean;
  // Who leaves goes on leading while nobody else can. Nothing is lost for good while who has it may be back in a moment.
  const isUp: TransitionRules['mayLead'] = (id) => standing(id) === 'live' || standing(id) === 'leaving';
  const isAnyAwaited = [...isr, ...elr].some((id) => standing(id) === 'awaited');
  const rules = { ...topicRules, isUncleanAllowed: isUncleanAllowed && !isAnyAwaited, mayLead: isUp };
  return withoutBrokers(partition, { fenced, unclean }, rules);
}

/** Whether the controller still has to take something over from a broker that is about to stop. */
export function owesHandover(image: ClusterImage, brokerId: number): boolean {
  const standing = standings(image);
  for (const { partitions } of image.topics.values()) {
    for (const { leader, isr } of partitions) {
      if (leader === brokerId && isr.some((id) => standing(id) === 'live')) return true;
    }
  }
  return false;
}
