import { join } from 'node:path';
import { freePort } from '../../compat/brokers/running-broker.ts';
import { launchProcess } from './launch.ts';
import type { Side } from './side.ts';

/**
 * Posthorn as a user starts it, from the build in `root`, with Kafka's own behaviour (`profile=production`) so that both
 * sides do the same work.
 */
export function posthornSide(root: string, nodeFlags: readonly string[] = []): Side {
  return {
    name: 'posthorn',
    prepare: () => Promise.resolve(),
    launch: async (home, settings = {}) => {
      const port = await freePort();
      const args = ['--host', '127.0.0.1', '--port', String(port), '--data-dir', join(home, 'data')];
      return launchProcess(home, port, process.execPath, [
        ...nodeFlags,
        join(root, 'bin', 'posthorn.js'),
        ...args,
        '--override',
        'profile=production',
        ...Object.entries(settings).flatMap(([key, value]) => ['--override', `${key}=${value}`]),
      ]);
    },
  };
}
