import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argumentsOf, jobOf, type ClientJob } from '../../../bench/clients/job.ts';

const job: ClientJob = {
  mode: 'produce-one',
  bootstrap: '127.0.0.1:9092',
  topic: 'bench',
  records: 4000,
  warmUp: 1000,
  bytes: 100,
};

test('a job survives being arguments', () => {
  assert.deepEqual(jobOf(argumentsOf(job)), job);
});

test('what is no job is refused', () => {
  const [, ...rest] = argumentsOf(job);
  for (const args of [[], ['fly', ...rest], ['consume', ...rest.slice(0, 3)], ['consume', 'b', 't', '1', '-1', '1']]) {
    assert.throws(() => jobOf(args), /no job/);
  }
});
