import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { cacheRoot } from '../paths.ts';

const LINES = 2000;
const LINE_BYTES = 1024;
const cities = ['Wien', 'Graz', 'Linz', 'Salzburg', 'Innsbruck', 'Klagenfurt', 'Bregenz', 'Eisenstadt'];
const goods = ['letter', 'parcel', 'registered letter', 'newspaper', 'money order', 'telegram'];

/** A file of order events as JSON, one to a line, each of 1 KiB, always the same: compressible as real events are. */
export function orderEventsFile(): string {
  const random = new SeededRandom(1);
  const lines: string[] = [];
  for (let line = 0; line < LINES; line++) lines.push(orderEvent(random));
  mkdirSync(cacheRoot, { recursive: true });
  const file = join(cacheRoot, 'order-events.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

function orderEvent(random: SeededRandom): string {
  const items: object[] = [];
  const event = { orderId: hex(random, 16), customer: hex(random, 8), city: pick(random, cities), items, note: '' };
  for (;;) {
    items.push({
      sku: hex(random, 6),
      goods: pick(random, goods),
      quantity: 1 + random.below(9),
      cents: random.below(99_999),
    });
    const missing = LINE_BYTES - JSON.stringify(event).length;
    if (missing < 100) return JSON.stringify({ ...event, note: 'x'.repeat(Math.max(0, missing)) });
  }
}

function hex(random: SeededRandom, digits: number): string {
  let text = '';
  while (text.length < digits) text += random.below(16).toString(16);
  return text;
}

function pick(random: SeededRandom, from: readonly string[]): string {
  return from[random.below(from.length)]!;
}
