import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const STORY_MS = 180_000;
const examples = new URL('../../examples/', import.meta.url);

/** Plays a story as `npm run example` does, with a broker of its own; what it said. A story that does not go as told ends with an error. */
function play(...args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { BOOTSTRAP: _given, ...env } = process.env;
  const program = [fileURLToPath(new URL('run.js', examples)), ...args];
  const result = spawnSync(process.execPath, program, { encoding: 'utf8', timeout: STORY_MS, env });
  return { status: result.status, said: `${result.stdout}${result.stderr}` };
}

const stories: Readonly<Record<string, readonly RegExp[]>> = {
  shop: [/berta is killed after \d+ orders/, /^600 orders, none lost, [01] shipped twice$/m],
  payment: [
    /^the service dies: payment-100 is booked, and not committed$/m,
    /^dead letter payment-x: UnknownProduct: there is no product unicorn$/m,
    /^dead letter payment-y: KafkaError: the value of a record of outside\.payment\.v1\.completed is not JSON/m,
    /^300 sales, each payment booked once$/m,
  ],
  concert: [
    /^ranking-service goes on at 1002$/m,
    /^the ranking service is back and goes on with 1002$/m,
    /^a new group read everything from the beginning/m,
    /^the notification service went back in time/m,
  ],
  'exactly-once': [
    ...['read', 'process', 'write', 'offsets', 'commit', 'committed'].map(
      (step) => new RegExp(`^killed at ${step}:`, 'm'),
    ),
    /^800 bookings, each once; [1-9]\d* more had been written and were aborted$/m,
    /^in short: killed 5 times, 800 bookings, each once$/m,
  ],
  failover: [
    /^broker \d, which led a partition, is killed after \d+ payments$/m,
    /^3000 payments, none lost, none twice; /m,
    /^broker \d is back and in sync$/m,
  ],
  mistakes: ['keys', 'commits', 'rebalance', 'schema'].map(
    (mistake) => new RegExp(`^${mistake}, wrong: [^]*^${mistake}, right: `, 'm'),
  ),
};

for (const [name, lines] of Object.entries(stories)) {
  test(`the story ${name} goes as it is told`, () => {
    const { status, said } = play(name);
    assert.equal(status, 0, said);
    for (const line of lines) assert.match(said, line);
  });
}

test('without a known name the stories are listed', () => {
  assert.match(play().said, /^which story\? there are .*concert.*shop/);
  const unknown = play('shoop');
  assert.match(unknown.said, /^there is no story shoop; there are /);
  assert.equal(unknown.status, 1);
});
