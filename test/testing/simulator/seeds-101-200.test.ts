import { test } from 'node:test';
import { runSeeds } from './run-seeds.ts';

// Three files of them, so that they run beside each other and each ends soon.
test('seeds 101 to 200 go through their faults', () => runSeeds(101, 100));
