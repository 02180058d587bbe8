/** A way of assigning partitions that a member knows, with what it tells the leader under it. Opaque to the broker. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

export const NO_BYTES: Uint8Array = new Uint8Array(0);
