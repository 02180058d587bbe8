import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { takePidLock } from '../../src/runtime/pid-lock.ts';

/** A process of its own for the lock tests: says whether it got the lock, and holds it until it is killed. */
const [kind, path] = process.argv.slice(2);
const lock = kind === 'pid' ? takePidLock(path!) : nodeDisk.lock(path!);
process.send?.(lock === undefined ? 'refused' : 'held');
process.on('disconnect', () => process.exit(0));
