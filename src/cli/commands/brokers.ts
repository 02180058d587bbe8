import { readControlFile, type ControlAddress } from '../../runtime/control-file.ts';
import { httpGet } from '../../runtime/node-http.ts';
import { MEMBER_ACTIONS, type MemberReport } from '../cluster-control.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import type { Tool } from '../tools/tool.ts';
import type { ToolWorld } from '../tools/tool-world.ts';

const DEFAULT_PORT = 9092;

const USAGE = `posthorn brokers: the brokers of a cluster that runs in one process (posthorn --brokers N)

Usage: posthorn brokers [ACTION ID] [--port N] [--json]

  (nothing)           list the brokers and what they are doing
  stop ID             shut a broker down in order: its partitions are handed over
  kill ID             end it at once, as kill -9 does
  pause ID            freeze it, as SIGSTOP does; resume ID lets it go on
  start ID            start it again, on the data that it left

  --port N            a port that one of the brokers listens on (${DEFAULT_PORT})
  --json              one JSON object for each broker`;

/** `posthorn brokers`: lists, stops, kills, pauses and starts the brokers of a process that runs several. */
export const brokersTool: Tool = {
  name: 'brokers',
  async run(args, world) {
    const { words, port, isJson, isHelp } = parse(args);
    if (isHelp) {
      world.out(USAGE);
      return 0;
    }
    const address = readControlFile(port);
    if (address === undefined) throw new ToolFailure(notRunning(port));
    tell(await ask(address, pathOf(words), port), isJson, world);
    return 0;
  },
};

function parse(args: readonly string[]): { words: string[]; port: number; isJson: boolean; isHelp: boolean } {
  const words: string[] = [];
  let port = DEFAULT_PORT;
  let isJson = false;
  let isHelp = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '--json') isJson = true;
    else if (arg === '--help' || arg === '-h') isHelp = true;
    else if (arg === '--port') port = Number(args[++at]);
    else if (arg.startsWith('-')) throw new ToolFailure(`there is no option ${arg}\n${USAGE}`);
    else words.push(arg);
  }
  if (!Number.isInteger(port)) throw new ToolFailure('--port takes a number');
  return { words, port, isJson, isHelp };
}

function pathOf(words: readonly string[]): string {
  const [action, id, ...rest] = words;
  if (action === undefined || action === 'list') return '';
  const isKnown = MEMBER_ACTIONS.some((known) => known === action);
  if (!isKnown || rest.length > 0) throw new ToolFailure(`'${words.join(' ')}' is not understood\n${USAGE}`);
  if (id === undefined || !/^\d+$/.test(id)) throw new ToolFailure(`${action} takes the id of a broker`);
  return `/${id}/${action}`;
}

async function ask({ port, token }: ControlAddress, path: string, listenerPort: number): Promise<MemberReport[]> {
  const answer = await httpGet({ host: '127.0.0.1', port }, `/${token}${path}`).catch(() => undefined);
  if (answer === undefined) throw new ToolFailure(notRunning(listenerPort));
  const body = JSON.parse(answer.body) as MemberReport[] | { readonly error: string };
  if (!Array.isArray(body)) throw new ToolFailure(body.error);
  return body;
}

function tell(reports: readonly MemberReport[], isJson: boolean, world: ToolWorld): void {
  for (const report of reports) {
    const { id, state, address } = report;
    world.out(isJson ? JSON.stringify(report) : `${id}  ${state.padEnd(8)}  ${address ?? '-'}`);
  }
}

function notRunning(port: number): string {
  return `no process of yours runs several brokers with one on port ${port}; start it with posthorn --brokers 3, or name a port with --port`;
}
