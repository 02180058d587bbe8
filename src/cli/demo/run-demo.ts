import { startBroker, type RunningBroker } from '../../broker/index.ts';
import { Kafka } from '../../client/index.ts';
import { pause } from '../../client/retry.ts';
import { STDERR } from '../descriptors.ts';
import { writeText } from '../../runtime/write-text.ts';
import { nodeWorld } from '../tools/node-world.ts';
import { parseOptions } from '../tools/option-parser.ts';
import { answersHelp, refuseWords } from '../tools/own-help.ts';
import { nodeScreen, painted, type Screen } from '../tools/screen.ts';
import { exitCodeOf } from '../tools/exit-code.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import type { Tool } from '../tools/tool.ts';
import type { ToolWorld } from '../tools/tool-world.ts';
import { demoAbout, demoSpecs } from './demo-options.ts';
import { LETTER_GROUP, ORDER_GROUP, ORDERS, Shop, SHIPPING } from './shop.ts';

const PORT = 9092;
const PORT_MAX = 65_535;
const DRAW_MS = 500;
const CLEAR_LINE = '\r\u001b[K';

/** Runs `posthorn demo` and sets the exit code; the launcher in `bin/` calls it. Never rejects. */
export async function run(args: readonly string[]): Promise<'done'> {
  process.exitCode = await exitCodeOf(demoTool, args, nodeWorld());
  return 'done';
}

/** `posthorn demo`. Being told to stop is how it ends: that is no failure. */
export const demoTool: Tool = {
  name: 'demo',
  async run(args, world) {
    const options = parseOptions<keyof typeof demoSpecs>(demoSpecs, args);
    if (answersHelp(options.has('help'), world, { specs: demoSpecs, about: demoAbout })) return 0;
    refuseWords(options.words);
    const port = options.integer('port');
    if (port !== undefined && !(port >= 0 && port <= PORT_MAX)) throw new ToolFailure('--port takes 0 to 65535');
    const seconds = options.value('seconds');
    const endMs = seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000;
    if (!(endMs > 0)) throw new ToolFailure('--seconds takes a number above 0');
    const stopping = new AbortController();
    world.onStop(() => stopping.abort());
    const broker = await brokerOn(port);
    const shop = new Shop(new Kafka({ bootstrapServers: broker.bootstrapServers, clientId: 'shop' }), world.runtime);
    try {
      await shop.open();
      const screen = nodeScreen();
      world.out(welcome(broker.bootstrapServers, screen));
      await watch(shop, { world, screen, endMs, signal: stopping.signal });
    } finally {
      await shop.close();
      await broker.close();
    }
    world.out(`${shop.ordered} orders came in, ${shop.shipped} were shipped; all of it is gone now.`);
    return 0;
  },
};

interface Watching {
  readonly world: ToolWorld;
  readonly screen: Screen;
  readonly endMs: number;
  readonly signal: AbortSignal;
}

/** Until the end; on a terminal with a line that counts along. */
async function watch(shop: Shop, { world, screen, endMs, signal }: Watching): Promise<void> {
  const { runtime } = world;
  const beganMs = runtime.clock.monotonicMs();
  for (let leftMs = endMs; leftMs > 0 && !signal.aborted;) {
    await pause(runtime, Math.min(DRAW_MS, leftMs), signal).catch(() => {});
    leftMs = endMs - (runtime.clock.monotonicMs() - beganMs);
    if (screen.isTerminal) {
      world.write(`${CLEAR_LINE}${painted(screen, 'green', `${shop.ordered} orders, ${shop.shipped} shipped`)}`);
    }
  }
  if (screen.isTerminal) world.write(CLEAR_LINE);
}

/** On the port that was asked for, or else on Kafka's, or else, should that be taken, on a free one. */
async function brokerOn(port: number | undefined): Promise<RunningBroker> {
  const options = { storage: 'memory', logLevel: 'error' } as const;
  if (port !== undefined) return startBroker({ ...options, port });
  try {
    return await startBroker({ ...options, port: PORT });
  } catch {
    writeText(STDERR, `posthorn: port ${PORT} is taken; another one will do\n`);
    return startBroker({ ...options, port: 0 });
  }
}

function welcome(address: string, screen: Screen): string {
  const at = address === `localhost:${PORT}` ? '' : ` --bootstrap-server ${address}`;
  const kafkas = ` --bootstrap-server ${address}`;
  const tries = [
    [`posthorn tail${at}`, 'everything, as it happens'],
    [`posthorn tail ${ORDERS} --where item=candle${at}`, 'only orders of candles'],
    [`posthorn tail ${ORDERS} --key ada --from-beginning --no-follow${at}`, "ada's orders, in order"],
    [`posthorn top${at}`, `rates, and how far ${LETTER_GROUP} is behind`],
    [`kafka-topics.sh --describe --topic ${ORDERS}${kafkas}`, 'partitions and their leaders'],
    [`kcat -b ${address} -t ${SHIPPING} -C -e`, 'any client will do'],
  ] as const;
  return [
    `${painted(screen, 'bold', 'A small shop')} is open on ${address}, in memory; Ctrl-C closes it.`,
    '',
    `  ${ORDERS}      come in all the while, keyed by user, on three partitions`,
    `  ${SHIPPING}    is written by the two members of the group ${ORDER_GROUP}`,
    `  ${LETTER_GROUP}  is a group that cannot keep up`,
    '',
    'Try in another terminal:',
    ...tries.map(([command, about]) => `  ${painted(screen, 'cyan', command)}\n      ${painted(screen, 'dim', about)}`),
    '',
  ].join('\n');
}
