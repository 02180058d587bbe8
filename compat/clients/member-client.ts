import { join } from 'node:path';
import { compatRoot, repositoryRoot } from '../paths.ts';
import { pythonWithLibrdkafka } from '../tools/python.ts';
import { goProgram, javaProgram, type CommandLine } from './programs.ts';

/** How the members of a group agree: the classic protocol, eager or cooperative-sticky, or that of KIP-848. */
export type GroupProtocol = 'eager' | 'cooperative' | 'consumer';

/** A client of another project as a group member that tells what it sees as events of a history, until its input ends. */
export interface MemberClient {
  readonly name: string;
  readonly protocols: readonly GroupProtocol[];
  /** Reads, and commits what it has read. */
  readonly member: (job: MemberJob) => CommandLine;
  /** Makes of each record one record of `to`, in transactions with the offsets; ends with 3 when it wants to be replaced. */
  readonly work: (job: MemberJob & { transactionalId: string; to: string }) => CommandLine;
}

export interface MemberJob {
  readonly bootstrap: string;
  readonly group: string;
  readonly protocol: GroupProtocol;
  readonly name: string;
  readonly topic: string;
  readonly sessionMs: number;
}

/** Makes each client ready; its error says why one cannot run here. */
const makers: Readonly<Record<string, () => MemberClient>> = {
  java: () => client('java', javaProgram('members-java', 'Members'), ['eager', 'cooperative', 'consumer']),
  librdkafka: () => client('librdkafka', librdkafka(), ['eager', 'cooperative', 'consumer']),
  'franz-go': () => client('franz-go', [goProgram('members-go')], ['eager', 'cooperative']),
  kafkajs: () =>
    client('kafkajs', [process.execPath, join(repositoryRoot, 'dist/compat/clients/members-kafkajs.js')], ['eager']),
};

function librdkafka(): CommandLine {
  return [pythonWithLibrdkafka(), join(compatRoot, 'clients', 'members_librdkafka.py')];
}

function client(name: string, program: CommandLine, protocols: readonly GroupProtocol[]): MemberClient {
  return {
    name,
    protocols,
    member: (job) => [...program, 'member', ...places(job)],
    work: (job) => [...program, 'work', ...places(job), job.transactionalId, job.to],
  };
}

function places({ bootstrap, group, protocol, name, topic, sessionMs }: MemberJob): CommandLine {
  return [bootstrap, group, protocol, name, topic, String(sessionMs)];
}

/** A reader of committed records in a group of its own. Throws where librdkafka cannot be had. */
export function committedReader(job: {
  bootstrap: string;
  group: string;
  topic: string;
  sessionMs: number;
}): CommandLine {
  const name = `${job.group}-reader`;
  return [...librdkafka(), 'member', ...places({ ...job, protocol: 'eager', name }), 'read_committed'];
}

/** An idempotent producer that tells each send and how it ended, until its input ends. Throws where librdkafka cannot be had. */
export function tellingProducer(job: { bootstrap: string; name: string; topic: string; rate: number }): CommandLine {
  return [...librdkafka(), 'produce', job.bootstrap, job.name, job.topic, String(job.rate)];
}

/** The clients that can run here, and for the others why not. */
export function memberClients(): { clients: MemberClient[]; missing: string[] } {
  const clients: MemberClient[] = [];
  const missing: string[] = [];
  for (const [name, make] of Object.entries(makers)) {
    try {
      clients.push(make());
    } catch (error) {
      missing.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { clients, missing };
}
