import { test } from 'node:test';
import { runSeeds } from './run-seeds.ts';

// Three files of them, so that they run beside each other and each ends soon.
test('seeds 1 to 100 go through their faults', () => runSeeds(1, 100));
