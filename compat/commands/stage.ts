import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, KafkaError } from '../../src/client/index.ts';
import type { JavaTools, LiveTool } from '../java-tools/java-tool.ts';
import type { CommandCase } from './case.ts';

const MEMBER_TRIES = 100;
const MEMBER_PAUSE_MS = 100;

/** How the arguments of a call are made for a name. */
type ArgsOf = (one: Pick<CommandCase, 'tool' | 'args'>, name: string) => string[];

/** What calls find: topics, groups and programs of one name each, made before them. Cases that only read share theirs. */
export class Stage {
  readonly #java: JavaTools;
  readonly #bootstrap: string;
  readonly #argsOf: ArgsOf;
  readonly #mark = `cmd${Date.now().toString(36)}`;
  #number = 0;
  #shared: { readonly one: CommandCase; readonly name: string } | undefined;
  #live: LiveTool | undefined;

  constructor(java: JavaTools, bootstrap: string, argsOf: ArgsOf) {
    this.#java = java;
    this.#bootstrap = bootstrap;
    this.#argsOf = argsOf;
  }

  /** The name of what is there for a case, made anew unless the case before has the same and both only read. */
  async nameFor(one: CommandCase): Promise<string> {
    const shared = this.#shared;
    const isSame = shared?.one.before === one.before && shared?.one.beside === one.beside;
    if (shared !== undefined && one.isReading === true && isSame) return shared.name;
    await this.clear();
    const name = `${this.#mark}-${this.#number++}`;
    for (const { tool, args, input = '' } of one.before ?? []) {
      await this.#java.runApart(tool, this.#argsOf({ tool, args }, name), { input });
    }
    if (one.beside !== undefined) await this.#startBeside(one.beside, name);
    if (one.isReading === true) this.#shared = { one, name };
    return name;
  }

  /** Ends the program that runs beside. */
  async clear(): Promise<void> {
    await this.#live?.end();
    this.#live = undefined;
    this.#shared = undefined;
  }

  /** Runs a program until it is a member of the group `name`, and on. */
  async #startBeside(beside: NonNullable<CommandCase['beside']>, name: string): Promise<void> {
    this.#live = this.#java.start(beside.tool, this.#argsOf(beside, name));
    const admin = new Kafka({ bootstrapServers: this.#bootstrap, logLevel: 'silent' }).admin();
    for (let tries = 0; tries < MEMBER_TRIES; tries++) {
      const group = (await admin.describeGroups([name])).get(name);
      const isStable = group !== undefined && !(group instanceof KafkaError) && group.state === 'Stable';
      if (isStable && group.members.some(({ assignment }) => assignment.length > 0)) break;
      await sleep(MEMBER_PAUSE_MS);
    }
    admin.close();
  }
}
