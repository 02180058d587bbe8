/** Somebody ordered something. In `orders`, keyed by user: one user's orders stay in order. */
export interface Order {
  readonly orderId: string;
  readonly userId: string;
  readonly item: string;
}

/** A parcel for an order. In `shipping`, keyed by order: whatever happens to one parcel stays in order. */
export interface Shipment {
  readonly orderId: string;
  readonly userId: string;
  readonly packedBy: string;
}
