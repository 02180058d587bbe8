import { setTimeout as pause } from 'node:timers/promises';
import { checkHistory } from '../../src/testing/check-history.ts';
import type { HistoryEvent } from '../../src/testing/history-event.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { memberClients, tellingProducer, type GroupProtocol, type MemberClient } from '../clients/member-client.ts';
import { chaosBroker, close, SESSION_MS, show } from './chaos.ts';
import { HistoryOfProcesses } from './processes-of-history.ts';

/**
 * Members that come back from the dead: a member is stopped between a poll and its commit until its session is over and another
 * has what it owned, then resumed. Its commit, with the epoch or generation it had, must not go through.
 *
 *   node dist/compat/groups/zombies.js
 *
 * BOOTSTRAP, KAFKA and ONLY as in run.ts. Closes with "N passed, M failed", counted in clients and protocols.
 */
const WANTED = process.env['ONLY']?.split(' ');
const WORK_MS = 4000;
const STEP_MS = 60_000;
const LEAVE_MS = 10_000;

const { clients, missing } = memberClients();
const broker = await chaosBroker();
const { bootstrap } = broker;
const mark = Date.now().toString(36);
const topic = `zombies-${mark}`;
const history = new HistoryOfProcesses();

async function until(happened: () => boolean): Promise<boolean> {
  for (const endMs = Date.now() + STEP_MS; Date.now() < endMs; await pause(50)) if (happened()) return true;
  return false;
}

function has(client: string, types: readonly HistoryEvent['type'][]): boolean {
  return history.some((event) => event.client === client && types.includes(event.type));
}

/** One zombie; returns what went wrong. */
async function raise(client: MemberClient, protocol: GroupProtocol): Promise<string | undefined> {
  const title = `${client.name}-${protocol}`;
  const [zombie, heir] = [`${title}-zombie`, `${title}-heir`];
  const job = { bootstrap, group: `${topic}-${title}`, protocol, topic, sessionMs: SESSION_MS };
  const slow = ['env', `WORK_MS=${WORK_MS}`, ...client.member({ ...job, name: zombie })];
  const dead = history.start(zombie, slow);
  if (!(await until(() => has(zombie, ['poll'])))) return 'it got nothing';
  await pause(500);
  dead.child.kill('SIGSTOP');
  history.done('stopped', zombie);
  const living = history.start(heir, client.member({ ...job, name: heir }));
  const isInherited = await until(() => has(heir, ['offsetsDone']));
  dead.child.kill('SIGCONT');
  history.done('resumed', zombie);
  const isAnswered = await until(() => has(zombie, ['offsetsDone', 'offsetsFailed', 'offsetsUnknown']));
  const isRefused = isFirstRefused(zombie);
  await Promise.all([dead.finish(LEAVE_MS), living.finish(LEAVE_MS)]);
  if (!isInherited) return 'nobody took over';
  if (!isAnswered) return 'its commit had no answer';
  return isRefused ? undefined : 'its commit went through';
}

function isFirstRefused(client: string): boolean {
  let first: HistoryEvent['type'] | undefined;
  history.some((event) => {
    if (event.client !== client || !event.type.startsWith('offsets') || event.type === 'offsetsAsked') return false;
    first = event.type;
    return true;
  });
  return first !== 'offsetsDone';
}

await createTopicsToKeep(bootstrap, [topic], 2);
const producer = history.start('producer', tellingProducer({ bootstrap, name: 'producer', topic, rate: 20 }));
let [passed, failed] = [0, 0];
const jobs = clients
  .flatMap((client) => client.protocols.map((protocol) => ({ client, protocol })))
  .filter(({ client, protocol }) => WANTED?.includes(`${client.name}-${protocol}`) ?? true);
for (let from = 0; from < jobs.length; from += 3) {
  await Promise.all(
    jobs.slice(from, from + 3).map(async ({ client, protocol }) => {
      const fault = await raise(client, protocol);
      if (fault === undefined) passed++;
      else failed++;
      console.log(
        `${fault === undefined ? 'pass' : 'FAIL'} ${client.name} ${protocol}${fault === undefined ? '' : `: ${fault}`}`,
      );
    }),
  );
}
await producer.finish(LEAVE_MS);
const { events } = history;
const verdict = checkHistory(events);
show(events, verdict);
if (verdict.findings.length > 0) failed++;
for (const failure of history.failures) console.log(`    ${failure}`);
await close(broker, events, failed);
for (const reason of missing) console.log(`NOT RUN: ${reason}`);
const unmet = missing.length === 0 ? '' : `, ${missing.length} clients NOT RUN`;
console.log(`${passed} passed, ${failed} failed${unmet}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
