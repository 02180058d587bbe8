import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../compat/brokers/running-broker.ts';
import { kafkaClassPath } from '../../compat/tools/kafka-jars.ts';
import { JVM_FLAGS } from '../tools/java.ts';
import { MEMBERS, type ClusterSide } from './cluster-side.ts';
import { launchProcess } from './launch.ts';
import { lastingPorts } from './ports.ts';
import { RunningCluster, type ClusterMember } from './running-cluster.ts';
import type { BrokerSettings, Side, SideName } from './side.ts';

/** The heap of Kafka's own start script. */
const HEAP = '1G';
/** What three brokers get together is no more than a machine that runs all of them can spare. */
const MEMBER_HEAP = '640M';
const LOGGING = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
const CLUSTER_ID = '4L6g3nShT-eMCtK--X86sw';

/**
 * Apache Kafka with its default settings. What is set: where it listens and stores, and one replica for internal topics,
 * without which a single node does not work (its own single-node configuration file sets the same).
 */
export function kafkaSide(name: SideName = 'kafka'): Side {
  const classPath = kafkaClassPath();
  return {
    name,
    prepare: async (home) => {
      await format(classPath, await writeProperties(home, singleNode(home, 9092, 9093)));
    },
    launch: async (home, settings) => {
      const [port, controllerPort] = [await freePort(), await freePort()];
      const file = await writeProperties(home, { ...singleNode(home, port, controllerPort), ...settings });
      return launchProcess(home, port, 'java', brokerArguments(classPath, file, HEAP));
    },
  };
}

/** Three nodes that are broker and controller each, with Kafka's default settings otherwise. */
export function kafkaCluster(name: SideName = 'kafka'): ClusterSide {
  const classPath = kafkaClassPath();
  return {
    name,
    launch: async (home, settings) => {
      const cluster = new RunningCluster(await formatted(classPath, home, settings));
      await cluster.startAll();
      return cluster;
    },
    launchTogether: async (home) => {
      const members = await formatted(classPath, home);
      const processes = await Promise.all(members.map((member) => member.launch()));
      return { ports: members.map(({ port }) => port), processes };
    },
  };
}

/** Nodes with formatted directories, ready to be started. */
async function formatted(classPath: string, home: string, settings: BrokerSettings = {}): Promise<ClusterMember[]> {
  const [first, firstController] = [await lastingPorts(MEMBERS), await lastingPorts(MEMBERS)];
  const ids = Array.from({ length: MEMBERS }, (_, index) => index + 1);
  const voters = ids.map((id) => `${id}@127.0.0.1:${firstController + id - 1}`).join(',');
  const members = ids.map(async (id) => {
    const place = join(home, String(id));
    await mkdir(place, { recursive: true });
    const port = first + id - 1;
    const own = node(place, { id, port, controllerPort: firstController + id - 1, voters });
    const file = await writeProperties(place, { ...own, ...settings });
    await format(classPath, file);
    const args = brokerArguments(classPath, file, MEMBER_HEAP);
    return { id, port, launch: () => Promise.resolve(launchProcess(place, port, 'java', args)) };
  });
  return Promise.all(members);
}

function brokerArguments(classPath: string, file: string, heap: string): string[] {
  return [`-Xms${heap}`, `-Xmx${heap}`, ...JVM_FLAGS, ...LOGGING, '-cp', classPath, 'kafka.Kafka', file];
}

async function format(classPath: string, file: string): Promise<void> {
  const args = [...LOGGING, '-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file];
  await promisify(execFile)('java', args);
}

function singleNode(home: string, port: number, controllerPort: number): BrokerSettings {
  return {
    ...node(home, { id: 1, port, controllerPort, voters: `1@127.0.0.1:${controllerPort}` }),
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
  };
}

interface Node {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  readonly voters: string;
}

function node(home: string, { id, port, controllerPort, voters }: Node): BrokerSettings {
  return {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': voters,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(home, 'data'),
  };
}

async function writeProperties(home: string, properties: BrokerSettings): Promise<string> {
  const file = join(home, 'server.properties');
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(file, lines.join(''));
  return file;
}
