/** All that the bundle gives: the command to the launcher, the rest to the public entries. */
export { BrokerStartError, InvalidConfiguration, startBroker } from '../src/broker/index.ts';
export { run } from '../src/cli/main.ts';
export * from '../src/client/index.ts';
