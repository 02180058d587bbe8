import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../compat/brokers/running-broker.ts';
import { kafkaClassPath } from '../../compat/tools/kafka-jars.ts';
import { JVM_FLAGS } from '../tools/java.ts';
import { launchProcess } from './launch.ts';
import type { BrokerSettings, Side, SideName } from './side.ts';

/** The heap of Kafka's own start script. */
const HEAP = ['-Xms1G', '-Xmx1G'];
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
      const file = await writeProperties(home, 9092, 9093);
      const args = [...LOGGING, '-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file];
      await promisify(execFile)('java', args);
    },
    launch: async (home, settings) => {
      const [port, controllerPort] = [await freePort(), await freePort()];
      const file = await writeProperties(home, port, controllerPort, settings);
      const args = [...HEAP, ...JVM_FLAGS, ...LOGGING, '-cp', classPath, 'kafka.Kafka', file];
      return launchProcess(home, port, 'java', args);
    },
  };
}

async function writeProperties(
  home: string,
  port: number,
  controllerPort: number,
  settings: BrokerSettings = {},
): Promise<string> {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(home, 'data'),
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    ...settings,
  };
  const file = join(home, 'server.properties');
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(file, lines.join(''));
  return file;
}
