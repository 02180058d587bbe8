import type { CommandCase } from '../case.ts';

const tool = 'kafka-storage';
const config = (name: string): string =>
  `process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@localhost:9093\nlisteners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\ncontroller.listener.names=CONTROLLER\nlog.dirs=/nowhere/${name}\n`;
const files = { 'storage.properties': config('a') };

function called(args: string): CommandCase {
  return { tool, args: args === '' ? [] : args.split(' '), isBare: true, files };
}

const FEWER = 'there is no version-mapping and no feature-dependencies here: both are about KRaft';

export const storageCases: readonly CommandCase[] = [
  { ...called(''), differs: FEWER },
  { ...called('foo'), differs: FEWER },
  ...['info', 'info --help', 'format', 'format --help', 'format -c /nowhere/a -t x', 'info -c /nowhere/a'].map(called),
  called('info -c {file:storage.properties}'),
];
