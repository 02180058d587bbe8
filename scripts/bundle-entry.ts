/** All that the program's bundle gives: the command to the launcher, the rest to `posthorn/broker`. */
export { BrokerStartError, InvalidConfiguration, startBroker } from '../src/broker/index.ts';
export { run } from '../src/cli/main.ts';
