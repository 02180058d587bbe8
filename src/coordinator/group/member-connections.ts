/** A member, and over which connection it was last heard of. */
export interface MemberRef {
  readonly groupId: string;
  readonly memberId: string;
}

/**
 * Which members speak over which connection. Only requests of the group protocol count: a consumer fetches over
 * other connections. Not recorded: after a load, a member is known again with its next request.
 */
export class MemberConnections {
  readonly #byMember = new Map<string, number>();
  readonly #byConnection = new Map<number, Map<string, MemberRef>>();

  track(connectionId: number, ref: MemberRef): void {
    const key = refKey(ref);
    const before = this.#byMember.get(key);
    if (before === connectionId) return;
    if (before !== undefined) this.#forget(before, key);
    this.#byMember.set(key, connectionId);
    let members = this.#byConnection.get(connectionId);
    if (members === undefined) {
      members = new Map();
      this.#byConnection.set(connectionId, members);
    }
    members.set(key, ref);
  }

  untrack(ref: MemberRef): void {
    const key = refKey(ref);
    const connectionId = this.#byMember.get(key);
    if (connectionId === undefined) return;
    this.#byMember.delete(key);
    this.#forget(connectionId, key);
  }

  /** The members that spoke over a connection; it is forgotten. */
  closed(connectionId: number): MemberRef[] {
    const members = this.#byConnection.get(connectionId);
    if (members === undefined) return [];
    this.#byConnection.delete(connectionId);
    for (const key of members.keys()) this.#byMember.delete(key);
    return [...members.values()];
  }

  #forget(connectionId: number, key: string): void {
    const members = this.#byConnection.get(connectionId);
    if (members === undefined) return;
    members.delete(key);
    if (members.size === 0) this.#byConnection.delete(connectionId);
  }
}

/** A text that names one member of one group and no other; group ids may hold any character. */
export function refKey(ref: MemberRef): string {
  return `${ref.groupId.length}/${ref.groupId}/${ref.memberId}`;
}
