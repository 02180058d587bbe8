import { join } from 'node:path';
import { compatRoot, repositoryRoot } from '../paths.ts';
import { pythonWithLibrdkafka } from '../tools/python.ts';
import { goProgram, javaProgram, type CommandLine } from './programs.ts';

/** A client of another project with transactions, as programs that write some and print what readers of committed records see. */
export interface TransactionClient {
  readonly name: string;
  readonly write: (job: {
    bootstrap: string;
    topic: string;
    transactionalId: string;
    group: string;
    count: number;
  }) => CommandLine;
  /** Ends when nothing came for `quietMs`. */
  readonly read: (job: { bootstrap: string; topic: string; group: string; quietMs: number }) => CommandLine;
  /** Its transactions hold offsets of `group`, too. */
  readonly commitsOffsets: boolean;
}

/** Makes each client ready; its error says why one cannot run here. */
const makers: Readonly<Record<string, () => TransactionClient>> = {
  kafkajs: () =>
    client('kafkajs', [process.execPath, join(repositoryRoot, 'dist/compat/clients/transactions-kafkajs.js')]),
  librdkafka: () =>
    client('librdkafka', [pythonWithLibrdkafka(), join(compatRoot, 'clients', 'transactions_librdkafka.py')]),
  java: () => client('java', javaProgram('transactions-java', 'Transactions')),
  'franz-go': () => ({ ...client('franz-go', [goProgram('transactions-go')]), commitsOffsets: false }),
};

function client(name: string, program: CommandLine): TransactionClient {
  return {
    name,
    write: ({ bootstrap, topic, transactionalId, group, count }) => [
      ...program,
      'write',
      bootstrap,
      topic,
      transactionalId,
      group,
      String(count),
    ],
    read: ({ bootstrap, topic, group, quietMs }) => [...program, 'read', bootstrap, topic, group, String(quietMs)],
    commitsOffsets: true,
  };
}

/** The clients that can run here, and for the others why not. */
export function transactionClients(wanted: readonly string[] = []): {
  clients: TransactionClient[];
  missing: string[];
} {
  const clients: TransactionClient[] = [];
  const missing: string[] = [];
  for (const [name, make] of Object.entries(makers)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    try {
      clients.push(make());
    } catch (error) {
      missing.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { clients, missing };
}
