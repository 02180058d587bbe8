import type { joinGroup } from '../../protocol/messages/011-join-group.ts';
import type { heartbeat } from '../../protocol/messages/012-heartbeat.ts';
import type { leaveGroup } from '../../protocol/messages/013-leave-group.ts';
import type { syncGroup } from '../../protocol/messages/014-sync-group.ts';
import type { consumerGroupHeartbeat } from '../../protocol/messages/068-consumer-group-heartbeat.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import type { KafkaError } from '../client-error.ts';
import type { TopicPartition } from './topic-partition.ts';

/** A request that a member wants sent to its coordinator. */
export type MemberRequest =
  | { readonly api: 'join'; readonly body: WriteMessage<typeof joinGroup.request> }
  | { readonly api: 'sync'; readonly body: WriteMessage<typeof syncGroup.request> }
  | { readonly api: 'heartbeat'; readonly body: WriteMessage<typeof heartbeat.request> }
  | { readonly api: 'leave'; readonly body: WriteMessage<typeof leaveGroup.request> }
  | { readonly api: 'consumer-heartbeat'; readonly body: WriteMessage<typeof consumerGroupHeartbeat.request> };

/** What the coordinator said to it. */
export type MemberAnswer =
  | { readonly api: 'join'; readonly body: ReadMessage<typeof joinGroup.response> }
  | { readonly api: 'sync'; readonly body: ReadMessage<typeof syncGroup.response> }
  | { readonly api: 'heartbeat'; readonly body: ReadMessage<typeof heartbeat.response> }
  | { readonly api: 'leave'; readonly body: ReadMessage<typeof leaveGroup.response> }
  | { readonly api: 'consumer-heartbeat'; readonly body: ReadMessage<typeof consumerGroupHeartbeat.response> };

/** What a classic leader needs to divide: who wants what. */
export interface MemberSubscription {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly string[];
  readonly owned: readonly TopicPartition[];
  /** Of the assignment that `owned` came from; -1 when not told. */
  readonly generation: number;
}

/**
 * What a member of a group does next. `revoke`, `lose`, `assign` and `divide` are started once and answered with the member's methods
 * of like name, heartbeats going on meanwhile; `send` is answered with `answered` or `unanswered`; `wait` until the time or until
 * anything happens.
 */
export type MemberStep =
  | { readonly kind: 'send'; readonly request: MemberRequest }
  | { readonly kind: 'revoke' | 'lose' | 'assign'; readonly partitions: readonly TopicPartition[] }
  | { readonly kind: 'divide'; readonly assignor: string; readonly members: readonly MemberSubscription[] }
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'failed'; readonly error: KafkaError };

/** A member of a group: state that changes with what happens, and says what to do. No clock, no socket; times are monotonic milliseconds. */
export interface GroupMember {
  readonly memberId: string;
  /** Generation or member epoch; -1 when it is no member. */
  readonly generationId: number;
  /** The coordinator has to be looked up before the next request. */
  takeCoordinatorDoubt(): boolean;
  decide(nowMs: number): MemberStep;
  answered(answer: MemberAnswer, nowMs: number): void;
  /** The request failed on its way: it may or may not have had effect. */
  unanswered(nowMs: number): void;
  /** What `revoke`, `lose` or `assign` asked for is done. */
  handled(nowMs: number): void;
  /** What `divide` asked for, by member. */
  divided(assignment: ReadonlyMap<string, readonly TopicPartition[]>, nowMs: number): void;
  /** Other topics are wanted now, or they have other partitions. */
  resubscribe(topics: readonly string[]): void;
  /** What tells the coordinator that this member goes; undefined when it has nothing to tell. */
  goodbye(): MemberRequest | undefined;
  /** It is no member any more until {@link comeBack}; what it held is gone. */
  drop(): void;
  comeBack(): void;
}
