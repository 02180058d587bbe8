import type { Broker } from '../../src/broker/broker.ts';
import { STDOUT } from '../../src/cli/descriptors.ts';
import { stopOnSignals } from '../../src/cli/stop-on-signals.ts';
import { writeText } from '../../src/runtime/write-text.ts';

/** A program whose broker never finishes closing. Its argument: milliseconds allowed for a stop. */
const broker: Pick<Broker, 'close'> = {
  close() {
    writeText(STDOUT, 'closing\n');
    return new Promise(() => {});
  },
};
setInterval(() => {}, 60_000);
stopOnSignals(broker, Number(process.argv[2]));
writeText(STDOUT, 'ready\n');
