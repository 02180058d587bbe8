import { assert } from '../base/assert.ts';
import { partitionRecord, type PartitionRecord } from './records.ts';

/**
 * How partition records change, for the controller and for leaders alike: Kafka's rules of elections, in-sync sets,
 * eligible leader replicas (KIP-966) and reassignments (KIP-455) in one place, as functions of the record. What would not
 * change gives undefined. The partition epoch goes up with each change, the leader epoch only when the leader changes or
 * replicas are removed, for producers stand still at a new leader epoch (KAFKA-15021).
 */

/** A partition without a leader. */
export const NO_LEADER = -1;

/** What a transition has to know of the topic and of the brokers. */
export interface TransitionRules {
  readonly minIsr: number;
  /** Feature `eligible.leader.replicas.version`: without it nobody is eligible but who is in sync, and the last one in sync stays so. */
  readonly isElrEnabled: boolean;
  /** Whether the topic would rather lose records than wait for a replica that has them all. */
  readonly isUncleanAllowed: boolean;
  /** Whether the broker is unfenced and stays. */
  mayLead(brokerId: number): boolean;
}

export type Election = 'any' | 'preferred';

/** What a transition sets; what is left out stays. */
interface Target {
  readonly isr?: readonly number[];
  readonly replicas?: readonly number[];
  readonly adding?: readonly number[];
  readonly removing?: readonly number[];
  /** Replicas that may have lost the ends of their logs: they are not eligible to lead. */
  readonly unclean?: ReadonlySet<number>;
  readonly election?: Election;
}

interface Elected {
  readonly leader: number;
  readonly isUnclean: boolean;
}

function cleanly(leader: number): Elected {
  return { leader, isUnclean: false };
}

function uncleanly(leader: number): Elected {
  return { leader, isUnclean: true };
}

const NO_BROKERS: ReadonlySet<number> = new Set();

/**
 * The leader's own change of the in-sync set (KIP-497), to be written by compare-and-set: the leader stays, and what was
 * lost in an unclean election counts as recovered. Replicas dropped below `minIsr` stay eligible.
 */
export function withInSync(
  record: PartitionRecord,
  isr: readonly number[],
  rules: Pick<TransitionRules, 'minIsr' | 'isElrEnabled'>,
): PartitionRecord | undefined {
  assert(isr.includes(record.leader), 'a leader is in sync with itself');
  assert(isSubset(isr, record.replicas), 'only replicas are in sync');
  const elr = eligible(record, { isr, replicas: record.replicas, unclean: NO_BROKERS }, rules);
  const lastKnownElr = lastKnown(record, record.leader, rules);
  return changed(record, { ...partitionRecord(record), isr, elr, lastKnownElr, recovering: false });
}

/** Takes brokers out: fenced ones stay eligible where too few are left in sync, unclean ones do not. Elects where needed. */
export function withoutBrokers(
  record: PartitionRecord,
  gone: { readonly fenced: ReadonlySet<number>; readonly unclean: ReadonlySet<number> },
  rules: TransitionRules,
): PartitionRecord | undefined {
  const { fenced, unclean } = gone;
  const isr = record.isr.filter((id) => !fenced.has(id) && !unclean.has(id));
  return transition(record, { isr, unclean }, rules);
}

/** Elects a leader where the one there is cannot lead, or, with `preferred`, where the first replica can. */
export function withElection(
  record: PartitionRecord,
  election: Election,
  rules: TransitionRules,
): PartitionRecord | undefined {
  return transition(record, { election }, rules);
}

/** Sets the record on its way to other replicas; what is added comes first and counts once it is in sync. */
export function withReassignment(
  record: PartitionRecord,
  target: readonly number[],
  rules: TransitionRules,
): PartitionRecord | undefined {
  const base = record.replicas.filter((id) => !record.adding.includes(id));
  const adding = inOrder(target.filter((id) => !base.includes(id)));
  const removing = inOrder(base.filter((id) => !target.includes(id)));
  const replicas = [...target, ...removing];
  const isr = record.isr.filter((id) => replicas.includes(id));
  return transition(record, { replicas, adding, removing, isr }, rules);
}

/**
 * Back to the replicas before the reassignment; 'unclean' where none of them is in sync and the topic does not allow to
 * go on without what only the added ones have.
 */
export function withoutReassignment(
  record: PartitionRecord,
  rules: TransitionRules,
): PartitionRecord | 'unclean' | undefined {
  const replicas = record.replicas.filter((id) => !record.adding.includes(id));
  const isr = record.isr.filter((id) => replicas.includes(id));
  const isLost = isr.length === 0 && record.isr.length > 0;
  if (isLost && !rules.isUncleanAllowed) return 'unclean';
  return transition(record, { replicas, adding: [], removing: [], isr }, rules);
}

/** Empties the eligible replicas, as Kafka does when `min.insync.replicas` changes: they were so by the former number. */
export function withoutEligible(record: PartitionRecord): PartitionRecord | undefined {
  return changed(record, { ...partitionRecord(record), elr: [], lastKnownElr: [] });
}

/** Replicas that must be in sync for anything to be committed: a topic cannot ask for more than it has. */
export function neededInSync(minIsr: number, replicas: readonly number[]): number {
  return Math.min(minIsr, replicas.length);
}

/** Whether the record is on its way from one set of replicas to another. */
export function isReassigning({ adding, removing }: PartitionRecord): boolean {
  return adding.length > 0 || removing.length > 0;
}

/** Any change by the controller: completes what is complete, keeps the eligible replicas, elects where it must. */
function transition(record: PartitionRecord, target: Target, rules: TransitionRules): PartitionRecord | undefined {
  const unclean = target.unclean ?? NO_BROKERS;
  const layout = completed(
    {
      replicas: target.replicas ?? record.replicas,
      adding: target.adding ?? record.adding,
      removing: target.removing ?? record.removing,
      isr: target.isr ?? record.isr,
    },
    rules.minIsr,
  );
  const elr = eligible(record, { ...layout, unclean }, rules);
  const election = target.election ?? 'any';
  const { leader, isUnclean } = elect({ ...layout, elr, record, election }, rules);
  const isFromElr = !isUnclean && leader !== NO_LEADER && layout.isr.length === 0;
  const isr = isUnclean || isFromElr ? [leader] : layout.isr.length > 0 || rules.isElrEnabled ? layout.isr : record.isr;
  const next = {
    ...layout,
    isr,
    elr: isUnclean ? [] : elr.filter((id) => !isr.includes(id)),
    lastKnownElr: lastKnown(record, leader, rules),
    leader,
    recovering: record.recovering || isUnclean,
  };
  return changed(record, next);
}

interface Layout {
  readonly replicas: readonly number[];
  readonly adding: readonly number[];
  readonly removing: readonly number[];
  readonly isr: readonly number[];
}

/** Ends a reassignment once all that it adds is in sync, and enough of those that stay. */
function completed(layout: Layout, minIsr: number): Layout {
  const { replicas, adding, removing, isr } = layout;
  if (adding.length === 0 && removing.length === 0) return layout;
  const staying = replicas.filter((id) => !removing.includes(id));
  const inSync = isr.filter((id) => !removing.includes(id));
  const isCaughtUp = adding.every((id) => inSync.includes(id));
  if (!isCaughtUp || inSync.length === 0 || inSync.length < neededInSync(minIsr, staying)) return layout;
  return { replicas: staying, adding: [], removing: [], isr: inSync };
}

/** The replicas that have all that is committed without being in sync: none while enough are in sync. */
function eligible(
  record: PartitionRecord,
  next: {
    readonly isr: readonly number[];
    readonly replicas: readonly number[];
    readonly unclean: ReadonlySet<number>;
  },
  { minIsr, isElrEnabled }: Pick<TransitionRules, 'minIsr' | 'isElrEnabled'>,
): readonly number[] {
  const { isr, replicas, unclean } = next;
  if (isr.length >= neededInSync(minIsr, replicas)) return [];
  // Those from before the feature was taken back go with the next change, unless nobody else is left.
  if (!isElrEnabled) {
    const isKept = isr.length === 0 || isEqual(isr, record.isr);
    return isKept ? record.elr.filter((id) => replicas.includes(id) && !isr.includes(id) && !unclean.has(id)) : [];
  }
  const isEligible = (id: number): boolean =>
    (record.isr.includes(id) || record.elr.includes(id)) && !isr.includes(id) && !unclean.has(id);
  return replicas.filter(isEligible);
}

function elect(
  partition: Layout & {
    readonly elr: readonly number[];
    readonly record: PartitionRecord;
    readonly election: Election;
  },
  rules: TransitionRules,
): Elected {
  const { replicas, isr, elr, record, election } = partition;
  const candidates = isr.length > 0 ? isr : elr;
  const isClean = (id: number): boolean => candidates.includes(id) && rules.mayLead(id);
  if (election === 'preferred' && isClean(replicas[0]!)) return cleanly(replicas[0]!);
  if (isClean(record.leader)) return cleanly(record.leader);
  const next = replicas.find(isClean);
  if (next !== undefined) return cleanly(next);
  // Nobody is known to have everything: who led last has most of it (KIP-966, "balanced" recovery).
  const [last, ...others] = record.lastKnownElr;
  const isLastStanding = candidates.length === 0 && others.length === 0;
  if (isLastStanding && last !== undefined && replicas.includes(last) && rules.mayLead(last)) return uncleanly(last);
  const any = rules.isUncleanAllowed ? replicas.find((id) => rules.mayLead(id)) : undefined;
  return any === undefined ? cleanly(NO_LEADER) : uncleanly(any);
}

/** Who led last is remembered until there is a leader: should nobody be eligible by then, it has most of what there was. */
function lastKnown(
  record: PartitionRecord,
  leader: number,
  { isElrEnabled }: Pick<TransitionRules, 'isElrEnabled'>,
): readonly number[] {
  if (!isElrEnabled) return record.lastKnownElr;
  if (leader !== NO_LEADER) return [];
  return record.leader === NO_LEADER ? record.lastKnownElr : [record.leader];
}

/** The next record with its epochs, or undefined when it would say the same. */
function changed(
  record: PartitionRecord,
  next: Omit<PartitionRecord, 'leaderEpoch' | 'partitionEpoch'>,
): PartitionRecord | undefined {
  const isSame =
    record.leader === next.leader &&
    record.recovering === next.recovering &&
    LISTS.every((name) => isEqual(record[name], next[name]));
  if (isSame) return undefined;
  const isNewLeader = record.leader !== next.leader;
  const isAnyRemoved = !isSubset(record.replicas, next.replicas);
  return {
    ...next,
    leaderEpoch: record.leaderEpoch + (isNewLeader || isAnyRemoved ? 1 : 0),
    partitionEpoch: record.partitionEpoch + 1,
  };
}

const LISTS = ['replicas', 'isr', 'elr', 'lastKnownElr', 'adding', 'removing'] as const;

function isEqual(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((id, index) => id === right[index]);
}

/** As Kafka notes them, whatever the order in which replicas are preferred. */
function inOrder(ids: readonly number[]): readonly number[] {
  return ids.toSorted((left, right) => left - right);
}

function isSubset(part: readonly number[], whole: readonly number[]): boolean {
  return part.every((id) => whole.includes(id));
}
