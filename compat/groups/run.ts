import { setTimeout as pause } from 'node:timers/promises';
import { checkHistory } from '../../src/testing/check-history.ts';
import type { HistoryEvent } from '../../src/testing/history-event.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { memberClients, tellingProducer, type GroupProtocol, type MemberClient } from '../clients/member-client.ts';
import { readTopic } from '../clients/read-topic.ts';
import { ChaosGroup } from './chaos-group.ts';
import { chaosBroker, close, drain, lookAtOffsets, runTitle, SESSION_MS, show, stress } from './chaos.ts';
import { HistoryOfProcesses } from './processes-of-history.ts';

/**
 * Groups of real clients under stress: members are killed with SIGKILL, stopped for less and for more than their session and
 * resumed, added; the broker is killed with SIGKILL and started again; producers run meanwhile. Members commit what they have
 * processed. The history of all is judged (src/testing/check-history.ts): no partition with two owners in one epoch, no commit of
 * an old epoch, no committed offset lost or moved back, and everything that was acknowledged comes to each group.
 *
 *   node dist/compat/groups/run.js [--long]
 *
 * BOOTSTRAP names a running broker, which is not killed (otherwise Posthorn is started, or Apache Kafka with BROKER=kafka); SEED (the
 * day's number; printed), ONLY ("java-consumer kafkajs-eager ...") narrows it, SECONDS of stress (15; --long 180), CRASHES of
 * the broker (2; --long 12). Closes with "N passed, M failed", counted in groups and once for all.
 */
const SHORT_FORM = [
  'java-consumer',
  'librdkafka-consumer',
  'librdkafka-cooperative',
  'franz-go-eager',
  'kafkajs-eager',
];
const WANTED = process.env['ONLY']?.split(' ') ?? (process.argv.includes('--long') ? undefined : SHORT_FORM);
const PARTITIONS = 4;
const PRODUCERS = 2;
const RATE = 60;
/** A member of KIP-848 that was killed holds its partitions for the session of the broker: 45 seconds when it is not ours. */
const DRAIN_MS = 90_000;
const LEAVE_MS = 10_000;

const { clients, missing } = memberClients();
const broker = await chaosBroker();
const { bootstrap } = broker;
const mark = Date.now().toString(36);
const topic = `groups-${mark}`;
const history = new HistoryOfProcesses();
const groups = clients
  .flatMap((client) => client.protocols.map((protocol) => chaosGroup(client, protocol)))
  .filter(({ title }) => WANTED?.includes(title) ?? true);

function chaosGroup(client: MemberClient, protocol: GroupProtocol): ChaosGroup {
  const title = `${client.name}-${protocol}`;
  const group = `groups-${mark}-${title}`;
  const job = { bootstrap, group, protocol, topic, sessionMs: SESSION_MS };
  return new ChaosGroup(
    { title, group, sessionMs: SESSION_MS, launch: ({ name }) => client.member({ ...job, name }) },
    history,
  );
}

async function readAll(): Promise<void> {
  for await (const line of readTopic(bootstrap, topic, PARTITIONS)) {
    const [, partition = '', offset = '', , , , value = ''] = line.toString().split('\t');
    history.note({
      type: 'poll',
      atMs: Date.now(),
      client: 'reader',
      group: null,
      topic,
      partition: Number(partition),
      offset: Number(offset),
      value,
      isolation: 'read_uncommitted',
    });
  }
}

function count(events: readonly HistoryEvent[], names: ReadonlySet<string>, type: HistoryEvent['type']): number {
  return events.filter((event) => event.type === type && names.has(event.client)).length;
}

function judge(events: readonly HistoryEvent[]): number {
  const readers = [{ name: 'reader', topics: [topic] }, ...groups.map(({ name }) => ({ name, topics: [topic] }))];
  const verdict = checkHistory(events, { readers });
  show(events, verdict);
  const { findings, records, polls } = verdict;
  let failed = 0;
  for (const { title, name } of groups) {
    const members = new Set(events.flatMap(({ client }) => (client.startsWith(`${title}-`) ? [client] : [])));
    const [done, refused] = [count(events, members, 'offsetsDone'), count(events, members, 'offsetsFailed')];
    const isFaulty = done === 0 || findings.some(({ what }) => what.includes(name) || what.includes(`${title}-`));
    if (isFaulty) failed++;
    const did = `${count(events, members, 'poll')} polled, ${done} commits, ${refused} refused`;
    console.log(`${isFaulty ? 'FAIL' : 'pass'} ${title}: ${members.size} members, ${did}`);
  }
  const isSound = findings.length === 0 && history.failures.length === 0 && records > 0;
  console.log(`${isSound ? 'pass' : 'FAIL'} ${events.length} events, ${records} records sent, ${polls} polled`);
  return failed + (isSound ? 0 : 1);
}

console.log(`${groups.map(({ title }) => title).join(', ')}; ${runTitle}`);
await createTopicsToKeep(bootstrap, [topic], PARTITIONS);
const producers = Array.from({ length: PRODUCERS }, (_, index) => {
  const name = `producer-${index}`;
  return history.start(name, tellingProducer({ bootstrap, name, topic, rate: RATE }));
});
for (const group of groups) group.begin();
await pause(SESSION_MS / 2);
await stress(broker, groups);
await Promise.all(producers.map(async (producer) => producer.finish(LEAVE_MS)));
await drain(groups, () => groups.reduce((sum, { name }) => sum + history.missingIn(name, topic), 0), DRAIN_MS);
await Promise.all(groups.map(async (group) => group.end(LEAVE_MS)));
for (const { name: group } of groups) await lookAtOffsets(history, bootstrap, { group, topic, partitions: PARTITIONS });
await readAll();
const { events } = history;
const failed = judge(events);
for (const failure of history.failures) console.log(`    ${failure}`);
await close(broker, events, failed);
for (const reason of missing) console.log(`NOT RUN: ${reason}`);
const unmet = missing.length === 0 ? '' : `, ${missing.length} clients NOT RUN`;
console.log(`${groups.length + 1 - failed} passed, ${failed} failed${unmet}`);
process.exit(failed > 0 || groups.length === 0 ? 1 : 0);
