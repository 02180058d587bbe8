import type { TestContext } from 'node:test';
import { startBroker, type RunningBroker } from '../../src/broker/index.ts';
import type { ClientRuntime } from '../../src/client/client-runtime.ts';
import { nodeClock, nodeTimers } from '../../src/runtime/node-clock.ts';
import { NodeNetwork } from '../../src/runtime/node-network.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { silent } from '../runtime/silent-logger.ts';

/** A client's runtime on the real network, with its luck fixed. */
export function clientRuntime(): ClientRuntime {
  return {
    clock: nodeClock,
    timers: nodeTimers,
    random: new SeededRandom(7),
    network: new NodeNetwork(silent),
    logger: silent,
  };
}

/** A broker in memory that ends with the test. */
export async function brokerFor(
  context: TestContext,
  config: Readonly<Record<string, string | number | boolean>> = {},
): Promise<RunningBroker> {
  const broker = await startBroker({ port: 0, storage: 'memory', logLevel: 'silent', config });
  context.after(() => broker.close());
  return broker;
}
