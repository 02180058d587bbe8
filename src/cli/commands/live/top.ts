import type { Admin } from '../../../client/admin/admin.ts';
import { asKafkaError } from '../../../client/client-error.ts';
import { pause } from '../../../client/retry.ts';
import { toolAdmin } from '../../tools/connect.ts';
import { parseOptions, type OptionSpec } from '../../tools/option-parser.ts';
import { answersHelp, OWN_TIMEOUT_MS, ownFailure, ownOptions, refuseWords } from '../../tools/own-help.ts';
import { propertiesFile } from '../../tools/properties-file.ts';
import { fitted, nodeScreen, painted, type Screen } from '../../tools/screen.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { takeSample, type Sample } from './top-sample.ts';
import { topJson, topLines } from './top-screen.ts';

const specs = {
  ...ownOptions,
  interval: { argument: 'seconds', type: 'Double', fallback: '2', text: 'Time between two looks.' },
  once: { text: 'Looks twice, tells once, and ends.' },
  json: { text: 'A JSON object on a line for each look.' },
} as const satisfies Record<string, OptionSpec>;

type TopOption = keyof typeof specs;

const ABOUT = `Shows what goes on in a cluster: what is written to each topic, and how far each group is behind.
`;

const INTERVAL_MS_MIN = 100;
/** No cursor, and a screen of its own that is gone afterwards. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** `posthorn top`: live on a terminal, one block after the other elsewhere. */
export function topOn(screen: Screen): Tool {
  return {
    name: 'top',
    async run(args, world) {
      const options = parseOptions<TopOption>(specs, args);
      if (answersHelp(options.has('help'), world, { specs, about: ABOUT })) return 0;
      refuseWords(options.words);
      const intervalMs = Number(options.value('interval')) * 1000;
      if (!(intervalMs >= INTERVAL_MS_MIN)) throw new ToolFailure('--interval takes seconds, 0.1 or more');
      const bootstrapServers = options.value('bootstrap-server') ?? '';
      const settings = propertiesFile(options.value('command-config'), world);
      const admin = toolAdmin(world, bootstrapServers, settings, OWN_TIMEOUT_MS);
      try {
        const shape = { isOnce: options.has('once'), isJson: options.has('json'), intervalMs, bootstrapServers };
        await new Top(admin, shape, screen, world).run();
        return 0;
      } catch (error) {
        throw ownFailure(error, bootstrapServers);
      } finally {
        admin.close();
      }
    },
  };
}

export const topTool: Tool = topOn(nodeScreen());

interface TopShape {
  readonly isOnce: boolean;
  readonly isJson: boolean;
  readonly intervalMs: number;
  readonly bootstrapServers: string;
}

class Top {
  readonly #admin: Admin;
  readonly #shape: TopShape;
  readonly #screen: Screen;
  readonly #world: ToolWorld;
  readonly #gone = new AbortController();

  constructor(admin: Admin, shape: TopShape, screen: Screen, world: ToolWorld) {
    this.#admin = admin;
    this.#shape = shape;
    this.#screen = screen;
    this.#world = world;
  }

  async run(): Promise<void> {
    const { isOnce, isJson } = this.#shape;
    const isLive = this.#screen.isTerminal && !isOnce && !isJson;
    this.#world.onStop(() => {
      this.#gone.abort();
      this.#admin.close();
    });
    // The first look may fail: then there is nothing to be shown live.
    let before = await this.#sample().catch((error: unknown) => {
      if (!this.#gone.signal.aborted) throw error;
    });
    if (before === undefined) return;
    if (isLive) this.#world.write(ENTER);
    try {
      while (await this.#waits()) {
        const now = await this.#next(isLive);
        if (now === undefined) continue;
        if (!this.#show(before, now, isLive) || isOnce) return;
        before = now;
      }
    } finally {
      if (isLive) this.#world.write(LEAVE);
    }
  }

  /** While brokers are away a live view says so and goes on; undefined then. */
  async #next(isLive: boolean): Promise<Sample | undefined> {
    try {
      return await this.#sample();
    } catch (error) {
      if (this.#gone.signal.aborted) return undefined;
      if (!isLive) throw error;
      const text = fitted(asKafkaError(error, 'top').message, this.#screen.columns());
      this.#world.write(`${HOME}${painted(this.#screen, 'red', text)}${CLEAR_LINE}`);
      return undefined;
    }
  }

  /** False when nobody reads it any more. */
  #show(before: Sample, now: Sample, isLive: boolean): boolean {
    const { isJson, isOnce, bootstrapServers } = this.#shape;
    if (isJson) return this.#world.write(`${topJson(before, now, this.#world.runtime.clock.nowMs())}\n`);
    const lines = topLines(before, now, bootstrapServers, this.#screen);
    if (!isLive) return this.#world.write(`${lines.join('\n')}\n${isOnce ? '' : '\n'}`);
    return this.#world.write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join('\n')}${CLEAR_BELOW}`);
  }

  async #sample(): Promise<Sample> {
    return takeSample(this.#admin, this.#world.runtime.clock.monotonicMs());
  }

  async #waits(): Promise<boolean> {
    await pause(this.#world.runtime, this.#shape.intervalMs, this.#gone.signal).catch(() => {});
    return !this.#gone.signal.aborted;
  }
}
