import { E } from '../../protocol/errors.ts';
import { beginEpoch } from './consumer-epoch.ts';
import type { ConsumerGroup, ResolvedPattern } from './consumer-group.ts';
import { isSameSet } from './consumer-member.ts';
import { recordBytes } from './consumer-records.ts';
import { writePatternTombstone } from './consumer-tombstones.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { refusal, type Refusal } from './refusal.ts';
import { patternsKey } from './timer-keys.ts';
import { compileTopicPattern, type TopicPattern } from './topic-pattern.ts';

/** What a heartbeat means for the pattern that its member subscribes to. */
export const PatternChange = {
  none: 'none',
  /** It is another one, and which topics it matches is not known yet. */
  pending: 'pending',
  /** It is another one whose topics are known, or there is none any more. */
  resolved: 'resolved',
} as const;
export type PatternChange = (typeof PatternChange)[keyof typeof PatternChange];

/** Between two matchings of a group's patterns lies at least this time (as in Kafka, where it is no setting). */
const REFRESH_INTERVAL_MIN_MS = 10_000;
/** Topics that are matched in one go before other work gets its turn. */
const MATCHED_AT_ONCE = 2_000;

interface Follow {
  readonly before: string;
  readonly after: string;
  /** When the patterns had last been matched before the heartbeat changed anything. */
  readonly lastRefreshMs: number;
}

/** Why a pattern cannot be one (KIP-848: the syntax is that of RE2). */
export function patternRefusal(pattern: string): Refusal | undefined {
  if (pattern === '') return undefined;
  const compiled = compileTopicPattern(pattern);
  return typeof compiled === 'function' ? undefined : refusal(E.INVALID_REGULAR_EXPRESSION, compiled.refused);
}

/** After a member was updated: forgets a pattern that nobody has any more, and has the patterns matched where that is due. */
export function followPattern(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  { before, after, lastRefreshMs }: Follow,
): PatternChange {
  let change: PatternChange = PatternChange.none;
  let isUnknown = false;
  if (before !== after) {
    change = PatternChange.pending;
    if (before !== '' && group.patternMembers(before) === 0) writePatternTombstone(effects, group, before);
    if (after === '' || group.patterns.has(after)) change = PatternChange.resolved;
    isUnknown = after !== '' && group.patternMembers(after) === 1;
  }
  if (isUnknown || isMatchingDue(state, effects, group, lastRefreshMs)) matchSoon(state, effects, group, lastRefreshMs);
  return change;
}

function isMatchingDue(state: GroupState, effects: GroupEffects, group: ConsumerGroup, lastRefreshMs: number): boolean {
  if (group.patternCount === 0) return false;
  if (group.patternCount !== group.patterns.size) return true;
  if (group.patternsRevision < state.newTopicsRevision) return true;
  return effects.nowMs > lastRefreshMs + state.config.consumerPatternRefreshIntervalMs;
}

function matchSoon(state: GroupState, effects: GroupEffects, group: ConsumerGroup, lastRefreshMs: number): void {
  if (group.isResolvingPatterns || effects.nowMs <= lastRefreshMs + REFRESH_INTERVAL_MIN_MS) return;
  group.isResolvingPatterns = true;
  effects.setTimer(patternsKey(group.id), 0, (later) => match(state, later, startMatching(state, later, group)));
}

/** A matching under way: topic names as they were at its start, and how many of them are done. */
interface Matching {
  readonly group: ConsumerGroup;
  readonly names: readonly string[];
  readonly revision: number;
  readonly timestampMs: number;
  readonly patterns: readonly { readonly text: string; readonly matches: TopicPattern; readonly topics: Set<string> }[];
  done: number;
}

function startMatching(state: GroupState, effects: GroupEffects, group: ConsumerGroup): Matching {
  const patterns = group.subscribedPatterns().flatMap((text) => {
    const matches = compileTopicPattern(text);
    return typeof matches === 'function' ? [{ text, matches, topics: new Set<string>() }] : [];
  });
  const { topics } = state;
  return {
    group,
    names: topics.names(),
    revision: topics.revision(),
    timestampMs: effects.nowMs,
    patterns,
    done: 0,
  };
}

function match(state: GroupState, effects: GroupEffects, matching: Matching): void {
  const { group, names, patterns } = matching;
  if (state.findConsumerGroup(group.id) !== group) return;
  const end = Math.min(names.length, matching.done + MATCHED_AT_ONCE);
  for (; matching.done < end; matching.done++) {
    const name = names[matching.done]!;
    for (const { matches, topics } of patterns) if (matches(name)) topics.add(name);
  }
  if (end < names.length) effects.setTimer(patternsKey(group.id), 0, (later) => match(state, later, matching));
  else finishMatching(state, effects, matching);
}

/**
 * Records what was found; topics that came or went are a reason for a new group epoch. A pattern that
 * matches more than a record can hold stays as it was.
 */
function finishMatching(state: GroupState, effects: GroupEffects, matching: Matching): void {
  const { group, patterns, revision, timestampMs } = matching;
  group.isResolvingPatterns = false;
  let hasChanged = false;
  for (const { text, topics } of patterns) {
    if (group.patternMembers(text) === 0) continue;
    const value: ResolvedPattern = { topics, revision, timestampMs };
    const record = { type: 'consumerPattern', group: group.id, pattern: text, value } as const;
    if (recordBytes(record) > effects.recordBytesMax) {
      group.patternsFailedMs = timestampMs;
      continue;
    }
    if (!isSameSet(group.patterns.get(text)?.topics ?? NO_TOPICS, topics)) hasChanged = true;
    effects.write(record);
  }
  const metadataHash = state.topicHashes.of(group.subscribedTopics());
  if (!hasChanged && metadataHash === group.metadataHash) return;
  beginEpoch(state, effects, group, metadataHash);
  group.refreshed(effects.nowMs);
}

const NO_TOPICS: ReadonlySet<string> = new Set();
