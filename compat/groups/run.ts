import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { checkHistory } from '../../src/testing/check-history.ts';
import type { HistoryEvent } from '../../src/testing/history-event.ts';
import { CrashingPosthorn } from '../brokers/crashing-posthorn.ts';
import { startKafka } from '../brokers/kafka.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { memberClients, tellingProducer } from '../clients/member-client.ts';
import { readTopic } from '../clients/read-topic.ts';
import { ChaosGroup } from './chaos-group.ts';
import { committedOffsets } from './committed.ts';
import { HistoryOfProcesses } from './processes-of-history.ts';

/**
 * Groups of real clients under stress: members are killed with SIGKILL, stopped for less and for more than their session and
 * resumed, added; the broker is killed with SIGKILL and started again; producers run meanwhile. Members commit what they have
 * processed. The history of all is judged (src/testing/check-history.ts): no partition with two owners in one epoch, no commit of
 * an old epoch, no committed offset lost or moved back, and everything that was acknowledged comes to each group.
 *
 *   node dist/compat/groups/run.js [--long]
 *
 * BOOTSTRAP names a running broker, which is not killed (otherwise Posthorn is started, or Apache Kafka with KAFKA=1); SEED (the day's number; printed), GROUPS
 * ("java-consumer kafkajs-eager ...") narrows it, SECONDS of stress (15; --long 180), CRASHES of the broker (2; --long 12). Closes
 * with "N passed, M failed", counted in groups.
 */
const isLong = process.argv.includes('--long');
const SEED = Number(process.env['SEED'] ?? Math.floor(Date.now() / 86_400_000));
const SECONDS = Number(process.env['SECONDS'] ?? (isLong ? 180 : 15));
const CRASHES = Number(process.env['CRASHES'] ?? (isLong ? 12 : 2));
const SHORT_FORM = [
  'java-consumer',
  'librdkafka-consumer',
  'librdkafka-cooperative',
  'franz-go-eager',
  'kafkajs-eager',
];
const WANTED = process.env['GROUPS']?.split(' ') ?? (isLong ? undefined : SHORT_FORM);
const PARTITIONS = 4;
const SESSION_MS = 6000;
const PRODUCERS = 2;
const RATE = 60;
const ACTION_MS = 1500;
/** A member of KIP-848 that was killed holds its partitions for the session of the broker: 45 seconds when it is not ours. */
const DRAIN_MS = 90_000;
const SHOWN_OF_KIND_MAX = 4;
const LEAVE_MS = 10_000;

/** KIP-848 sets the members' session at the broker. */
const settings = {
  'group.consumer.session.timeout.ms': String(SESSION_MS),
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.heartbeat.interval.ms': '500',
  'group.consumer.min.heartbeat.interval.ms': '100',
};

const { clients, missing } = memberClients();
const given = process.env['BOOTSTRAP'];
const home = await mkdtemp(join(tmpdir(), 'posthorn-groups-'));
const isKafka = process.env['KAFKA'] !== undefined;

async function startOwn(): Promise<{ bootstrap: string; crash(): Promise<number>; stop(): Promise<void> }> {
  return isKafka ? startKafka(settings) : CrashingPosthorn.start(home, settings);
}

const own = given === undefined ? await startOwn() : undefined;
const bootstrap = own?.bootstrap ?? given ?? '';
const random = new SeededRandom(SEED);
const mark = Date.now().toString(36);
const topic = `groups-${mark}`;
const history = new HistoryOfProcesses();
const place = { bootstrap, topic, mark, sessionMs: SESSION_MS };
const groups = clients
  .flatMap((client) => client.protocols.map((protocol) => new ChaosGroup(client, protocol, place, history)))
  .filter(({ title }) => WANTED?.includes(title) ?? true);

async function stress(): Promise<void> {
  const endMs = Date.now() + SECONDS * 1000;
  const crashes = Array.from(
    { length: CRASHES },
    (_, crash) => endMs - ((crash + random.next()) / CRASHES) * SECONDS * 1000,
  );
  while (Date.now() < endMs) {
    await pause(random.below((ACTION_MS * 2) / groups.length));
    const group = groups[random.below(groups.length)];
    if (group !== undefined) console.log(`  ${group.disturb(random)}`);
    const due = crashes.findIndex((atMs) => atMs <= Date.now());
    if (due < 0 || own === undefined) continue;
    crashes.splice(due, 1);
    console.log(`  broker killed, up again after ${Math.round(await own.crash())} ms`);
  }
}

async function lookAtOffsets(): Promise<void> {
  for (const { name: group } of groups) {
    history.note({ type: 'committedAsked', atMs: Date.now(), client: 'admin', group });
    const offsets = await committedOffsets(bootstrap, group, topic, PARTITIONS);
    for (const [partition, offset] of offsets.entries())
      history.note({ type: 'committedRead', atMs: Date.now(), client: 'admin', group, topic, partition, offset });
  }
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

/** Waits until each group has got everything; the time it took, or DRAIN_MS. */
async function drain(): Promise<number> {
  const began = Date.now();
  while (Date.now() - began < DRAIN_MS && groups.some(({ name }) => history.missingIn(name) > 0)) await pause(250);
  return Date.now() - began;
}

function count(events: readonly HistoryEvent[], names: ReadonlySet<string>, type: HistoryEvent['type']): number {
  return events.filter((event) => event.type === type && names.has(event.client)).length;
}

function judge(events: readonly HistoryEvent[]): number {
  const readers = [{ name: 'reader', topics: [topic] }, ...groups.map(({ name }) => ({ name, topics: [topic] }))];
  const { findings, counts, records, polls } = checkHistory(events, { readers });
  const shown = new Map<string, number>();
  for (const { kind, what, events: positions } of findings) {
    const before = shown.get(kind) ?? 0;
    shown.set(kind, before + 1);
    if (before >= SHOWN_OF_KIND_MAX) continue;
    console.log(`    ${kind}: ${what}`);
    for (const position of positions) console.log(`        ${position}: ${JSON.stringify(events[position])}`);
  }
  for (const [kind, found] of counts) console.log(`    ${found} of ${kind}`);
  let failed = 0;
  for (const { title, name } of groups) {
    const members = new Set(events.flatMap(({ client }) => (client.startsWith(`${title}-`) ? [client] : [])));
    const isFaulty = findings.some(({ what }) => what.includes(name) || what.includes(`${title}-`));
    const [done, refused] = [count(events, members, 'offsetsDone'), count(events, members, 'offsetsFailed')];
    const isIdle = done === 0;
    if (isFaulty || isIdle) failed++;
    console.log(
      `${isFaulty || isIdle ? 'FAIL' : 'pass'} ${title}: ${members.size} members, ${count(events, members, 'poll')} polled, ${done} commits, ${refused} refused`,
    );
  }
  const isSound = findings.length === 0 && history.failures.length === 0 && records > 0;
  console.log(`${isSound ? 'pass' : 'FAIL'} ${events.length} events, ${records} records sent, ${polls} polled`);
  return failed + (isSound ? 0 : 1);
}

console.log(`${groups.map(({ title }) => title).join(', ')}; ${SECONDS} s, seed ${SEED}`);
await createTopicsToKeep(bootstrap, [topic], PARTITIONS);
const producers = Array.from({ length: PRODUCERS }, (_, index) => {
  const name = `producer-${index}`;
  return history.start(name, tellingProducer({ bootstrap, name, topic, rate: RATE }));
});
for (const group of groups) group.begin();
await pause(SESSION_MS / 2);
await stress();
for (const group of groups) group.calm();
await Promise.all(producers.map(async (producer) => producer.finish(LEAVE_MS)));
console.log(`  all read after ${await drain()} ms`);
await Promise.all(groups.map(async (group) => group.end(LEAVE_MS)));
await lookAtOffsets();
await readAll();
const { events } = history;
const failed = judge(events);
for (const failure of history.failures) console.log(`    ${failure}`);
await own?.stop();
if (failed === 0) await rm(home, { recursive: true, force: true });
else {
  await writeFile(join(home, 'history.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  console.log(`the history, and the broker's data and output, stay in ${home}`);
}
for (const reason of missing) console.log(`NOT RUN: ${reason}`);
const unmet = missing.length === 0 ? '' : `, ${missing.length} clients NOT RUN`;
console.log(`${groups.length + 1 - failed} passed, ${failed} failed${unmet}`);
process.exit(failed > 0 || groups.length === 0 ? 1 : 0);
