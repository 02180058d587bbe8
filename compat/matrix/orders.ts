import { SeededRandom } from '../../src/base/seeded-random.ts';

/** One record of the matrix's input, as the lines of its files hold it. */
export interface Order {
  readonly key: string;
  readonly timestamp: number;
  readonly headers: string;
  readonly value: string;
}

const FIRST_TIME = 1_750_000_000_000;
const events = ['created', 'paid', 'packed', 'shipped', 'delivered', 'returned'] as const;
const words = ['grün', 'naïve', '東京', 'plain', 'Ωμέγα', 'emoji 🚚', 'quote " here', 'slash \\ there'] as const;

/**
 * Keyed JSON order events, the same for the same seed: keys of uneven weight, values of 150 to 900 bytes with text beyond
 * ASCII, two headers each, times that mostly rise and sometimes step back.
 */
export function* orders(count: number, seed: number): Generator<Order> {
  const random = new SeededRandom(seed);
  const keys = Math.max(1, Math.floor(count / 50));
  const sequence = new Map<number, number>();
  let time = FIRST_TIME;
  for (let index = 0; index < count; index++) {
    const customer = Math.min(random.below(keys), random.below(keys));
    const number = (sequence.get(customer) ?? 0) + 1;
    sequence.set(customer, number);
    time += random.below(40) - 4;
    const items = Array.from({ length: 1 + random.below(4) }, () => ({
      sku: `SKU-${random.below(100_000).toString().padStart(5, '0')}`,
      quantity: 1 + random.below(9),
      price: Math.round(random.next() * 1e6) / 100,
      name: words[random.below(words.length)],
    }));
    const order = {
      order: index,
      customer,
      number,
      event: events[random.below(events.length)],
      items,
      note: 'x'.repeat(random.below(8) === 0 ? random.below(500) : 0),
    };
    yield {
      key: `customer-${customer.toString().padStart(5, '0')}`,
      timestamp: time,
      headers: `trace=${random.below(0x7fff_ffff).toString(16)},number=${number}`,
      value: JSON.stringify(order),
    };
  }
}

/** The line of an order in the input of the clients. */
export function lineOf(order: Order): string {
  return `${order.key}\t${order.timestamp}\t${order.headers}\t${order.value}`;
}
