import type { joinGroup } from '../../protocol/messages/011-join-group.ts';
import type { syncGroup } from '../../protocol/messages/014-sync-group.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import type { Reply } from '../pending-reply.ts';
import type { MemberValue } from './group-records.ts';
import { NO_BYTES, type MemberProtocol } from './member-protocol.ts';

export type JoinRequest = ReadMessage<typeof joinGroup.request>;
export type JoinResponse = WriteMessage<typeof joinGroup.response>;
export type SyncRequest = ReadMessage<typeof syncGroup.request>;
export type SyncResponse = WriteMessage<typeof syncGroup.response>;

/** What a member says of itself when it joins. */
export interface MemberProfile {
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly MemberProtocol[];
}

/** A member of a classic group. */
export class ClassicMember {
  readonly id: string;
  instanceId: string | null;
  clientId: string;
  clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  /** In the member's order of preference. */
  protocols: readonly MemberProtocol[];
  assignment: Uint8Array = NO_BYTES;
  /** It has never been in a generation: it waits in its first join and cannot send heartbeats. */
  isNew = false;
  /** Its JoinGroup, while that waits for the others. */
  awaitingJoin: Reply<JoinResponse> | undefined;
  /** Its SyncGroup, while that waits for the leader. */
  awaitingSync: Reply<SyncResponse> | undefined;

  constructor(id: string, profile: MemberProfile) {
    this.id = id;
    this.instanceId = profile.instanceId;
    this.clientId = profile.clientId;
    this.clientHost = profile.clientHost;
    this.rebalanceTimeoutMs = profile.rebalanceTimeoutMs;
    this.sessionTimeoutMs = profile.sessionTimeoutMs;
    this.protocols = profile.protocols;
  }

  get isStatic(): boolean {
    return this.instanceId !== null;
  }

  /** Whether a silent member stays for now: it waits in the rebalance and cannot send heartbeats meanwhile. */
  get isExcusedFromHeartbeats(): boolean {
    return !this.isNew && (this.awaitingJoin !== undefined || this.awaitingSync !== undefined);
  }

  metadataFor(protocolName: string | null): Uint8Array {
    return this.protocols.find(({ name }) => name === protocolName)?.metadata ?? NO_BYTES;
  }

  /** Whether it offers exactly what it offered before, in the same order. */
  offersSame(protocols: readonly MemberProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(({ name, metadata }, index) => {
        const mine = this.protocols[index]!;
        return mine.name === name && Buffer.compare(mine.metadata, metadata) === 0;
      })
    );
  }

  toRecord(protocolName: string | null, assignment: Uint8Array): MemberValue {
    return {
      memberId: this.id,
      groupInstanceId: this.instanceId,
      clientId: this.clientId,
      clientHost: this.clientHost,
      rebalanceTimeout: this.rebalanceTimeoutMs,
      sessionTimeout: this.sessionTimeoutMs,
      subscription: this.metadataFor(protocolName),
      assignment,
    };
  }

  /**
   * Makes the member what the record says. Of its protocols the record knows only the group's; the others stay if
   * they were told along with it.
   */
  restore(value: MemberValue, protocolName: string | null): void {
    const { clientId, clientHost, groupInstanceId, sessionTimeout, rebalanceTimeout, subscription } = value;
    this.instanceId = groupInstanceId;
    this.clientId = clientId;
    this.clientHost = clientHost;
    this.sessionTimeoutMs = sessionTimeout;
    this.rebalanceTimeoutMs = rebalanceTimeout === -1 ? sessionTimeout : rebalanceTimeout;
    this.assignment = Buffer.from(value.assignment);
    const told = this.protocols.find(({ name }) => name === protocolName);
    if (protocolName === null || (told !== undefined && Buffer.compare(told.metadata, subscription) === 0)) return;
    this.protocols = [{ name: protocolName, metadata: Buffer.from(subscription) }];
  }

  static fromRecord(value: MemberValue, protocolName: string | null): ClassicMember {
    const member = new ClassicMember(value.memberId, {
      instanceId: value.groupInstanceId,
      clientId: value.clientId,
      clientHost: value.clientHost,
      rebalanceTimeoutMs: value.rebalanceTimeout,
      sessionTimeoutMs: value.sessionTimeout,
      protocols: [],
    });
    member.restore(value, protocolName);
    return member;
  }
}
