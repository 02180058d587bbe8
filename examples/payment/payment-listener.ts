import { deadLetterOrigin, DltHandler, KafkaListener } from 'posthorn/listener';
import type { ConsumerRecord } from 'posthorn/client';
import type { Books } from './books.ts';
import type { PaymentCompleted } from './payment-completed.ts';

/** What the listener tells the story. */
export interface Told {
  readonly booked?: string;
  readonly repeated?: string;
  readonly dead?: { readonly key: string; readonly offset: number; readonly why: string };
}

/** Books stock and sales for each payment. */
export class PaymentListener {
  readonly #books: Books;
  readonly #told: (told: Told) => Promise<void> | void;

  constructor(books: Books, told: (told: Told) => Promise<void> | void) {
    this.#books = books;
    this.#told = told;
  }

  @KafkaListener({ topics: '${topic.payment-completed}' })
  async completed({ value: payment }: ConsumerRecord<string, PaymentCompleted>): Promise<void> {
    const isNew = this.#books.book(payment);
    // Booked, and not yet committed: whoever dies here gets the payment once more.
    await this.#told(isNew ? { booked: payment.paymentId } : { repeated: payment.paymentId });
  }

  @DltHandler()
  async refused(letter: ConsumerRecord<string, unknown>): Promise<void> {
    const origin = deadLetterOrigin(letter);
    const why = `${origin?.exceptionName}: ${origin?.exceptionMessage}`;
    await this.#told({ dead: { key: letter.key, offset: origin?.offset ?? -1, why } });
  }
}
