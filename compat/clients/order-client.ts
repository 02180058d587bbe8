import { join } from 'node:path';
import { compatRoot, repositoryRoot } from '../paths.ts';
import { kcat } from '../tools/kcat.ts';
import { pythonWithLibrdkafka } from '../tools/python.ts';
import { goProgram, javaProgram, type CommandLine } from './programs.ts';

export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type CodecName = (typeof codecs)[number];

export type { CommandLine } from './programs.ts';

/** A client of another project, as programs that write a file of orders and print what they read. */
export interface OrderClient {
  readonly name: string;
  readonly produce: (job: {
    bootstrap: string;
    topic: string;
    codec: CodecName;
    file: string;
    keyValueFile: string;
  }) => CommandLine;
  /** With a rack it asks for the replica in it (KIP-392). */
  readonly consume: (job: {
    bootstrap: string;
    group: string;
    topics: readonly string[];
    rack?: string;
  }) => CommandLine;
  /** Takes one job after another from its input; only idempotent clients that retry over a restart have it. */
  readonly serve?: (bootstrap: string) => CommandLine;
  /** kcat sets one header for all records and no timestamps. */
  readonly writesOnlyKeyAndValue?: true;
}

/** Makes each client ready: fetches and builds what it needs. Its error says why one cannot run here. */
export const clientMakers: Readonly<Record<string, () => OrderClient>> = {
  kafkajs: () =>
    fromProgram('kafkajs', [process.execPath, join(repositoryRoot, 'dist', 'compat', 'clients', 'orders-kafkajs.js')]),
  librdkafka: () =>
    withServe(fromProgram('librdkafka', [pythonWithLibrdkafka(), join(compatRoot, 'clients', 'orders_librdkafka.py')])),
  kcat: () => kcatClient(kcat()),
  java: () => withServe(fromProgram('java', javaProgram('orders-java', 'Orders'))),
  'franz-go': () => withServe(fromProgram('franz-go', [goProgram('orders-go')])),
};

function fromProgram(name: string, program: CommandLine): OrderClient {
  return {
    name,
    produce: ({ bootstrap, topic, codec, file }) => [...program, 'produce', bootstrap, topic, codec, file],
    consume: ({ bootstrap, group, topics, rack }) => [
      ...program,
      'consume',
      bootstrap,
      group,
      topics.join(),
      ...(rack === undefined ? [] : [rack]),
    ],
  };
}

function withServe(client: OrderClient): OrderClient {
  const program = (bootstrap: string): CommandLine => {
    const line = client.consume({ bootstrap, group: '', topics: [] });
    return [...line.slice(0, line.indexOf('consume')), 'serve', bootstrap];
  };
  return { ...client, serve: program };
}

/** The line that kcat prints for a record, in the format of the others. */
const KCAT_FORMAT = '%t\\t%p\\t%o\\t%k\\t%T\\t%h\\t%s\\n';

function kcatClient(program: string): OrderClient {
  return {
    name: 'kcat',
    produce: ({ bootstrap, topic, codec, keyValueFile }) => [
      program,
      '-P',
      '-b',
      bootstrap,
      '-t',
      topic,
      '-z',
      codec,
      '-K',
      '\t',
      '-H',
      'source=kcat',
      '-X',
      'enable.idempotence=true',
      '-l',
      keyValueFile,
    ],
    consume: ({ bootstrap, group, topics, rack = '' }) => [
      program,
      '-b',
      bootstrap,
      '-X',
      'auto.offset.reset=earliest',
      '-X',
      `client.rack=${rack}`,
      '-q',
      '-u',
      '-f',
      KCAT_FORMAT,
      '-G',
      group,
      ...topics,
    ],
    writesOnlyKeyAndValue: true,
  };
}

/** The clients that can run here, and for the others why not. */
export function readyClients(wanted: readonly string[] = []): { clients: OrderClient[]; missing: string[] } {
  const clients: OrderClient[] = [];
  const missing: string[] = [];
  for (const [name, make] of Object.entries(clientMakers)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    try {
      clients.push(make());
    } catch (error) {
      missing.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { clients, missing };
}
