import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaClassPath } from '../tools/kafka-jars.ts';
import { dataDirectories, end, endsWithUs, freePort, listening, type RunningBroker } from './running-broker.ts';
import { commonSettings } from './settings.ts';

const START_MS = 180_000;
const STOP_MS = 30_000;
const HEAP_MB = 512;
const CLUSTER_ID = '4L6g3nShT-eMCtK--X86sw';
const QUIET = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

export interface RunningKafka extends RunningBroker {
  /** Its first log directory. */
  readonly dataDir: string;
  /** kill -9 and a new start on the same data; returns how long it took until it listened (milliseconds). */
  crash(): Promise<number>;
}

/**
 * Starts Apache Kafka, one node in KRaft mode, on free ports and a temporary directory that goes when it stops.
 * @param directories how many log directories it has.
 * @param beside more listeners, as Kafka's `listeners` has them, advertised as they are.
 */
export async function startKafka(
  settings: Readonly<Record<string, string>> = {},
  directories = 1,
  beside: readonly string[] = [],
): Promise<RunningKafka> {
  const [port, controllerPort] = [await freePort(), await freePort()];
  const home = await mkdtemp(join(tmpdir(), 'kafka-compat-'));
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: [`PLAINTEXT://127.0.0.1:${port}`, ...beside, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': [`PLAINTEXT://127.0.0.1:${port}`, ...beside].join(','),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataDirectories(home, directories).join(','),
    ...commonSettings,
    ...settings,
  };
  const boot = await kafkaNode(home, properties, port);
  let child = await boot();
  return {
    bootstrap: `127.0.0.1:${port}`,
    dataDir: dataDirectories(home, 1)[0] ?? home,
    crash: async () => {
      const gone = new Promise((done) => {
        child.once('exit', done);
      });
      child.kill('SIGKILL');
      await gone;
      const began = performance.now();
      child = await boot();
      return performance.now() - began;
    },
    stop: async () => {
      await end(child, STOP_MS);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/**
 * Formats a node's directories; what it returns starts the node, and starts it again once it has ended.
 * @param heapMb of the Java process.
 */
export async function kafkaNode(
  home: string,
  properties: Readonly<Record<string, string>>,
  port: number,
  heapMb = HEAP_MB,
): Promise<() => Promise<ChildProcess>> {
  const file = join(home, 'server.properties');
  await writeFile(
    file,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  const java = [`-Xms${heapMb}m`, `-Xmx${heapMb}m`, '-XX:+UseG1GC', ...QUIET, '-cp', kafkaClassPath()];
  execFileSync('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log = openSync(join(home, 'kafka.out'), 'a');
  return async () => {
    const child = endsWithUs(spawn('java', [...java, 'kafka.Kafka', file], { stdio: ['ignore', log, log] }));
    if (await listening(port, child, START_MS)) return child;
    await end(child, 0);
    throw new Error(`Apache Kafka did not start, see ${join(home, 'kafka.out')}`);
  };
}
