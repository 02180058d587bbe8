/** All that the program's bundle gives: the command to the launcher, the rest to `posthorn/broker` and `posthorn/testing`. */
export { BrokerStartError, InvalidConfiguration, startBroker } from '../src/broker/index.ts';
export { run } from '../src/cli/main.ts';
export { startCluster, WrongMemberState } from '../src/testing/index.ts';
