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
  readonly member: (job: {
    bootstrap: string;
    group: string;
    protocol: GroupProtocol;
    name: string;
    topic: string;
    sessionMs: number;
  }) => CommandLine;
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
    member: ({ bootstrap, group, protocol, name: member, topic, sessionMs }) => [
      ...program,
      'member',
      bootstrap,
      group,
      protocol,
      member,
      topic,
      String(sessionMs),
    ],
  };
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
