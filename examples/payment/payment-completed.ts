/** A customer has paid. In `outside.payment.v1.completed`, keyed by payment: whatever happens to one payment stays in order. */
export interface PaymentCompleted {
  readonly paymentId: string;
  readonly product: string;
  readonly quantity: number;
  /** In cents. */
  readonly amount: number;
}
