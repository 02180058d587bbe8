import { setTimeout as pause } from 'node:timers/promises';
import { checkHistory } from '../../src/testing/check-history.ts';
import type { HistoryEvent } from '../../src/testing/history-event.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { committedReader, memberClients, tellingProducer, type MemberClient } from '../clients/member-client.ts';
import { ChaosGroup } from './chaos-group.ts';
import { chaosBroker, close, drain, lookAtOffsets, runTitle, SESSION_MS, show, stress } from './chaos.ts';
import { HistoryOfProcesses } from './processes-of-history.ts';
import { stableOffsets } from './stable-offsets.ts';

/**
 * Transactions of real clients under stress: workers read a topic and write to another, with the offsets in their transactions;
 * some they abort, and workers and broker are killed and stopped as in run.ts. A reader of committed records and the committed
 * offsets show the outcome, judged with the whole history (src/testing/check-history.ts): each input exactly once in the output,
 * no transaction torn, dirty, read though aborted, or without an end.
 *
 *   node dist/compat/groups/pipelines.js [--long]
 *
 * Settings as of run.ts; CLIENTS="java librdkafka" narrows it. Closes with "N passed, M failed", counted in pipelines and once
 * for all.
 */
const WANTED = process.env['CLIENTS']?.split(' ') ?? ['java', 'librdkafka', 'franz-go'];
const PARTITIONS = 4;
const RATE = 60;
const DRAIN_MS = 90_000;
/** A worker that hangs while it is told to end gives up before. */
const LEAVE_MS = 30_000;
/** Workers' transactions end after 8 seconds at the latest, which the broker sees every 10 seconds. */
const UNDECIDED_MS_MAX = 30_000;

interface Pipeline {
  readonly workers: ChaosGroup;
  readonly to: string;
  readonly reader: string;
}

const ready = memberClients();
const missing = ready.missing.filter((reason) => WANTED.some((name) => reason.startsWith(`${name}:`)));
const broker = await chaosBroker();
const { bootstrap } = broker;
const mark = Date.now().toString(36);
const from = `pipelines-${mark}`;
const history = new HistoryOfProcesses();
const pipelines = ready.clients.filter(({ name }) => WANTED.includes(name)).map(pipelineOf);

function pipelineOf(client: MemberClient): Pipeline {
  const [group, to] = [`${from}-${client.name}`, `${from}-${client.name}-out`];
  const protocol = client.protocols.includes('consumer') ? 'consumer' : 'eager';
  const job = { bootstrap, group, protocol, topic: from, sessionMs: SESSION_MS, to } as const;
  const options = {
    title: client.name,
    group,
    sessionMs: SESSION_MS,
    launch: ({ name, slot }: { name: string; slot: number }) =>
      client.work({ ...job, name, transactionalId: `${group}-${slot}` }),
  };
  return { workers: new ChaosGroup(options, history), to, reader: `${to}-reader` };
}

/** Notes how far transactions hold back the readers. */
async function lookAtEnds(): Promise<void> {
  for (const { to: topic } of pipelines)
    for (const ends of await stableOffsets(bootstrap, topic, PARTITIONS))
      history.note({ type: 'stableOffset', atMs: Date.now(), client: 'admin', topic, ...ends });
}

function isStable(events: readonly HistoryEvent[]): boolean {
  const last = new Map<string, boolean>();
  for (const event of events)
    if (event.type === 'stableOffset')
      last.set(`${event.topic} ${event.partition}`, event.lastStableOffset >= event.highWatermark);
  return [...last.values()].every(Boolean);
}

function judge(events: readonly HistoryEvent[]): number {
  const verdict = checkHistory(events, {
    readers: pipelines.map(({ reader, to }) => ({ name: reader, topics: [to] })),
    pipelines: pipelines.map(({ workers, to, reader }) => ({ group: workers.name, from, to, reader })),
    undecidedMsMax: UNDECIDED_MS_MAX,
  });
  show(events, verdict);
  const { findings, records, polls } = verdict;
  let failed = 0;
  for (const { workers, to } of pipelines) {
    const ofWorkers = events.filter(({ client }) => client.startsWith(`${workers.title}-`));
    const count = (type: HistoryEvent['type']): number => ofWorkers.filter((event) => event.type === type).length;
    const isFaulty =
      count('committed') === 0 ||
      findings.some(
        ({ what }) => what.includes(to) || what.includes(workers.name) || what.includes(`${workers.title}-`),
      );
    if (isFaulty) failed++;
    const did = `${count('committed')} committed, ${count('aborted')} aborted, ${count('undecided')} undecided`;
    console.log(`${isFaulty ? 'FAIL' : 'pass'} ${workers.title}: ${count('begin')} transactions, ${did}`);
  }
  const isSound = findings.length === 0 && history.failures.length === 0 && records > 0 && isStable(events);
  console.log(`${isSound ? 'pass' : 'FAIL'} ${events.length} events, ${records} records sent, ${polls} polled`);
  return failed + (isSound ? 0 : 1);
}

console.log(`transactions of ${pipelines.map(({ workers }) => workers.title).join(', ')}; ${runTitle}`);
await createTopicsToKeep(bootstrap, [from, ...pipelines.map(({ to }) => to)], PARTITIONS);
const producer = history.start('producer', tellingProducer({ bootstrap, name: 'producer', topic: from, rate: RATE }));
const readers = pipelines.map(({ to: topic, reader: group }) =>
  history.start(group, committedReader({ bootstrap, group, topic, sessionMs: SESSION_MS })),
);
const groups = pipelines.map(({ workers }) => workers);
for (const group of groups) group.begin();
await pause(SESSION_MS / 2);
await stress(broker, groups);
await producer.finish(LEAVE_MS);
const unmade = (): number => pipelines.reduce((sum, { reader }) => sum + history.unmadeIn(reader, from), 0);
await drain(groups, unmade, DRAIN_MS);
await Promise.all(groups.map(async (group) => group.end(LEAVE_MS)));
for (let look = 0; look < UNDECIDED_MS_MAX / 1000 && (look === 0 || !isStable(history.events)); look++) {
  await lookAtEnds();
  await pause(1000);
}
await Promise.all(readers.map(async (reader) => reader.finish(LEAVE_MS)));
for (const { name: group } of groups)
  await lookAtOffsets(history, bootstrap, { group, topic: from, partitions: PARTITIONS });
const { events } = history;
const failed = judge(events);
for (const failure of history.failures) console.log(`    ${failure}`);
for (const worker of history.hung) console.log(`  replaced, it hung as librdkafka is known to: ${worker}`);
await close(broker, events, failed);
for (const reason of missing) console.log(`NOT RUN: ${reason}`);
const unmet = missing.length === 0 ? '' : `, ${missing.length} clients NOT RUN`;
console.log(`${pipelines.length + 1 - failed} passed, ${failed} failed${unmet}`);
process.exit(failed > 0 || pipelines.length === 0 ? 1 : 0);
