import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokerKind } from '../brokers/broker-kind.ts';
import type { BrokerCluster } from '../brokers/broker-cluster.ts';
import { startBrokerCluster } from '../brokers/start-cluster.ts';
import { Checking, expectNoLines } from './checking.ts';
import { JavaTools } from './java-tool.ts';

/**
 * Apache Kafka's own tools against three brokers: reassignments, elections, and what they show while one broker is away.
 *
 *   node dist/compat/java-tools/three-brokers.js [PART OF A NAME]...
 *
 * Posthorn over etcd; BROKER=kafka runs it against three nodes of Apache Kafka. Closes with "N passed, M failed".
 */
const mark = `three${Date.now().toString(36)}`;
const [reassign, topics, election, dirs] = [
  'kafka-reassign-partitions',
  'kafka-topics',
  'kafka-leader-election',
  'kafka-log-dirs',
] as const;

interface Step {
  readonly name: string;
  run(c: Checking, cluster: BrokerCluster): Promise<void>;
}

function file(c: Checking, name: string, value: object): string {
  const path = join(tmpdir(), `${c.name(name)}.json`);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

function plan(c: Checking, name: string, topic: string, ...replicas: readonly (readonly number[])[]): string {
  const partitions = replicas.map((each, partition) => ({ topic, partition, replicas: each }));
  return file(c, name, { version: 1, partitions });
}

async function create(c: Checking, topic: string, replicas: string): Promise<void> {
  await c.prints(topics, ['--create', '--topic', topic, '--replica-assignment', replicas], [/Created topic/]);
}

function troubled(option: string, topic: string): readonly string[] {
  return ['--describe', option, '--topic', topic];
}

const steps: readonly Step[] = [
  {
    name: 'describe shows leaders, replicas, those in sync and eligible',
    run: async (c) => {
      const topic = c.name('shown');
      await create(c, topic, '1:2:3,3:1:2');
      const patterns = [
        /PartitionCount: 2\tReplicationFactor: 3/,
        /Partition: 0\tLeader: 1\tReplicas: 1,2,3\tIsr: [1-3],[1-3],[1-3]\tElr: \tLastKnownElr: /,
        /Partition: 1\tLeader: 3\tReplicas: 3,1,2/,
      ];
      await c.untilPrints(topics, ['--describe', '--topic', topic], patterns);
    },
  },
  {
    name: 'reassign: generate, execute, verify',
    run: async (c) => {
      const topic = c.name('moved');
      await create(c, topic, '1:2,2:3');
      await c.prints('kafka-verifiable-producer', ['--topic', topic, '--max-messages', '200'], [/"acked":200/]);
      const wanted = file(c, 'wanted', { version: 1, topics: [{ topic }] });
      await c.prints(
        reassign,
        ['--generate', '--topics-to-move-json-file', wanted, '--broker-list', '1,3'],
        [/Current partition replica assignment\n\{.*"replicas":\[1,2\]/, /Proposed partition reassignment/],
      );
      const json = ['--reassignment-json-file', plan(c, 'plan', topic, [3, 1], [3, 2, 1])];
      await c.prints(reassign, ['--execute', ...json], [/Successfully started partition reassignments for/]);
      await c.untilPrints(
        reassign,
        ['--verify', ...json],
        [new RegExp(`partition ${topic}-0 is completed`), new RegExp(`partition ${topic}-1 is completed`)],
      );
      await c.untilPrints(
        topics,
        ['--describe', '--topic', topic],
        [/Partition: 0\tLeader: [13]\tReplicas: 3,1/, /Partition: 1\tLeader: [1-3]\tReplicas: 3,2,1/],
      );
    },
  },
  {
    name: 'reassign: a throttle is set, shown and taken away again',
    run: async (c) => {
      const topic = c.name('slow');
      await create(c, topic, '1:2');
      const json = ['--reassignment-json-file', plan(c, 'slow-plan', topic, [2, 3])];
      const started = [/inter-broker throttle limit was set to 1000000 B\/s/, /Successfully started/];
      await c.prints(reassign, ['--execute', ...json, '--throttle', '1000000'], started);
      await c.untilPrints(
        reassign,
        ['--verify', ...json],
        [new RegExp(`partition ${topic}-0 is completed`), /Clearing broker-level throttles on brokers 1,2,3/],
      );
      const settings = ['--describe', '--entity-type', 'brokers', '--entity-name', '1'];
      expectNoLines('throttles', await c.prints('kafka-configs', settings, []), [/throttled\.rate=/]);
    },
  },
  {
    name: 'elections of preferred leaders',
    run: async (c) => {
      const topic = c.name('elected');
      await create(c, topic, '1:2');
      const json = ['--reassignment-json-file', plan(c, 'order', topic, [2, 1])];
      await c.prints(reassign, ['--execute', ...json], [/Successfully started/]);
      await c.untilPrints(topics, ['--describe', '--topic', topic], [/Leader: 1\tReplicas: 2,1/]);
      const one = ['--election-type', 'preferred', '--topic', topic, '--partition', '0'];
      await c.prints(election, one, [/Successfully completed leader election \(PREFERRED\)/]);
      await c.untilPrints(topics, ['--describe', '--topic', topic], [/Leader: 2\tReplicas: 2,1/]);
      await c.prints(election, one, [/Valid replica already elected/]);
    },
  },
  {
    name: 'log-dirs and endpoints of all three',
    run: async (c) => {
      const topic = c.name('kept');
      await create(c, topic, '1:2');
      const text = await c.prints(dirs, ['--describe', '--topic-list', topic], [/from brokers 1,2,3/]);
      const held = text.split(`"partition":"${topic}-0"`).length - 1;
      if (held !== 2) throw new Error(`held by ${held} of three brokers:\n${text}`);
      const rows = [1, 2, 3].map((id) => new RegExp(`^${id} +\\S+ +\\d+ +rack-${id} +unfenced +broker`, 'm'));
      await c.prints('kafka-cluster', ['list-endpoints'], rows);
      await c.prints(
        'kafka-broker-api-versions',
        [],
        [/id: 1 rack: rack-1/, /id: 2 rack: rack-2/, /id: 3 rack: rack-3/],
      );
    },
  },
  {
    name: 'one broker away: partitions in trouble, elections and reassignments refused',
    run: async (c, cluster) => {
      const [pair, lone] = [c.name('pair'), c.name('lone')];
      await create(c, pair, '2:1');
      await create(c, lone, '2');
      await cluster.stop(2);
      await c.untilPrints(topics, troubled('--under-replicated-partitions', pair), [
        /Leader: 1\tReplicas: 2,1\tIsr: 1\t/,
      ]);
      await c.prints(topics, troubled('--under-min-isr-partitions', pair), [/Leader: 1/]);
      await c.prints(topics, troubled('--unavailable-partitions', lone), [/Leader: none\tReplicas: 2/]);
      expectNoLines('pair', await c.prints(topics, troubled('--unavailable-partitions', pair), []), [/Partition: /]);
      expectNoLines('pair', await c.prints(topics, troubled('--at-min-isr-partitions', pair), []), [/Partition: /]);
      const one = ['--topic', pair, '--partition', '0', '--election-type'];
      await c.refuses(
        election,
        [...one, 'preferred'],
        [/PreferredLeaderNotAvailable|preferred leader was not available/],
      );
      const json = ['--reassignment-json-file', plan(c, 'away', pair, [1, 3, 2])];
      await c.refuses(reassign, ['--execute', ...json], [/Unknown broker id 2/]);
      await c.prints('kafka-cluster', ['list-endpoints', '--include-fenced-brokers'], [/^2 .* fenced +broker/m]);
      await c.prints('kafka-cluster', ['unregister', '--id', '2'], [/Broker 2 is no longer registered/]);
      await cluster.start(2);
      await c.untilPrints(topics, ['--describe', '--topic', lone], [/Leader: 2/], 60_000);
      await c.untilPrints(topics, ['--describe', '--topic', pair], [/Isr: (?:1,2|2,1)/], 60_000);
      expectNoLines('pair', await c.prints(topics, troubled('--under-replicated-partitions', pair), []), [
        /Partition: /,
      ]);
    },
  },
];

let passed = 0;
let failed = 0;
const cluster = await startBrokerCluster(brokerKind());
let tools: JavaTools | undefined;
try {
  tools = await JavaTools.prepare(cluster.bootstrap);
} catch (error) {
  console.log(`NOT RUN: Kafka's Java tools: ${error instanceof Error ? error.message : String(error)}`);
}
const wanted = process.argv.slice(2);
const selected = steps.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
for (const [index, step] of tools === undefined ? [] : selected.entries()) {
  const began = performance.now();
  const checking = new Checking(tools!, cluster.bootstrap, undefined, `${mark}x${index}`);
  const fault: unknown = await step.run(checking, cluster).then(
    () => undefined,
    (error: unknown) => error,
  );
  const seconds = `${((performance.now() - began) / 1000).toFixed(1)} s`;
  if (fault === undefined) passed++;
  else failed++;
  console.log(`${fault === undefined ? 'pass' : 'FAIL'} ${step.name}, ${seconds}`);
  if (fault !== undefined)
    console.log((fault instanceof Error ? fault.message : JSON.stringify(fault)).replace(/^/gm, '    '));
}
await cluster.close();
console.log(`${passed} passed, ${failed} failed${tools === undefined ? ', everything NOT RUN' : ''}`);
process.exit(failed > 0 ? 1 : 0);
