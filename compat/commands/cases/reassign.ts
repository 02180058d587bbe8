import type { CommandCase } from '../case.ts';

const tool = 'kafka-reassign-partitions';
const made = [{ tool: 'kafka-topics', args: ['--create', '--topic', '{name}', '--partitions', '3'] }] as const;
const plan = ['--reassignment-json-file', '{file:plan.json}'] as const;
const topics = ['--generate', '--topics-to-move-json-file', '{file:topics.json}', '--broker-list'] as const;
const moved = { 'topics.json': '{"topics":[{"topic":"{name}"}],"version":1}' } as const;
const parser = 'the words of the JSON parser';

function planOf(...partitions: readonly string[]): Readonly<Record<string, string>> {
  return { 'plan.json': `{"version":1,"partitions":[${partitions.join(',')}]}` };
}

export const reassignCases: readonly CommandCase[] = [
  { tool, args: [], isBare: true },
  { tool, args: ['--list'], isBare: true },
  { tool, args: [] },
  { tool, args: ['--help'] },
  { tool, args: ['--version'] },
  { tool, args: ['--foo'] },
  { tool, args: ['--list', '--verify'] },
  { tool, args: ['--list', '--bootstrap-controller', 'b'] },
  { tool, args: ['--list', '--throttle', '5'] },
  { tool, args: ['--list'] },
  { tool, args: ['--verify'] },
  { tool, args: ['--verify', '--bootstrap-controller', '127.0.0.1:1', ...plan], isBare: true },
  { tool, args: ['--generate', '--topics-to-move-json-file', 'x'] },
  { tool, args: ['--generate', '--topics-to-move-json-file', '/nowhere/at.all', '--broker-list', '1'] },
  { tool, args: [...topics, '1'], files: { 'topics.json': '{' } },
  { tool, args: [...topics, '1'], files: { 'topics.json': '{"version":7}' } },
  { tool, args: [...topics, 'x'], files: moved },
  { tool, args: [...topics, '1,1'], files: moved },
  { tool, args: [...topics, '1'], files: moved },
  { tool, args: [...topics, '1'], files: moved, before: made, isReading: true },
  { tool, args: [...topics, '7'], files: moved, before: made, isReading: true },
  { tool, args: ['--execute', '--reassignment-json-file', '/nowhere/at.all'] },
  { tool, args: ['--execute', ...plan], files: { 'plan.json': '{' }, differs: parser },
  { tool, args: ['--execute', ...plan], files: { 'plan.json': '{}' } },
  { tool, args: ['--execute', ...plan], files: { 'plan.json': '{"version":2}' } },
  { tool, args: ['--execute', ...plan], files: planOf('{"topic":"{name}","partition":0,"replicas":[]}') },
  { tool, args: ['--execute', ...plan], files: planOf('{"topic":"{name}","partition":0,"replicas":[1,1]}') },
  {
    tool,
    args: ['--execute', ...plan],
    files: planOf('{"topic":"{name}","partition":0,"replicas":[1],"log_dirs":[]}'),
  },
  {
    tool,
    args: ['--execute', ...plan],
    files: planOf('{"topic":"{name}","partition":0,"replicas":[1]}', '{"topic":"{name}","partition":0,"replicas":[1]}'),
  },
  { tool, args: ['--execute', ...plan], files: planOf('{"topic":"{name}","partition":0,"replicas":[1]}') },
  {
    tool,
    args: ['--execute', ...plan],
    files: planOf('{"topic":"{name}","partition":0,"replicas":[77]}'),
    before: made,
  },
  {
    tool,
    args: ['--execute', ...plan],
    files: planOf('{"topic":"{name}","partition":9,"replicas":[1]}'),
    before: made,
  },
  {
    tool,
    args: ['--execute', ...plan, '--throttle', '1000000'],
    files: planOf('{"topic":"{name}","partition":0,"replicas":[1]}', '{"topic":"{name}","partition":1,"replicas":[1]}'),
    before: made,
    isReading: true,
  },
  {
    tool,
    args: ['--verify', ...plan],
    files: planOf(
      '{"topic":"{name}","partition":0,"replicas":[1]}',
      '{"topic":"{name}","partition":1,"replicas":[1,2]}',
    ),
    before: made,
  },
  { tool, args: ['--verify', ...plan], files: planOf('{"topic":"{name}","partition":0,"replicas":[1]}') },
  {
    tool,
    args: ['--verify', ...plan, '--preserve-throttles'],
    files: planOf('{"topic":"{name}","partition":0,"replicas":[1]}'),
    before: made,
  },
  {
    tool,
    args: ['--verify', ...plan],
    files: planOf('{"topic":"{name}","partition":0,"replicas":[1],"log_dirs":["/nowhere"]}'),
    before: made,
    isReading: true,
  },
  { tool, args: ['--cancel', ...plan], files: planOf('{"topic":"{name}","partition":0,"replicas":[1]}'), before: made },
  {
    tool,
    args: ['--cancel', ...plan, '--preserve-throttles'],
    files: planOf('{"topic":"{name}","partition":0,"replicas":[1]}'),
    before: made,
  },
];
