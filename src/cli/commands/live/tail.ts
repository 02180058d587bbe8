import type { Admin } from '../../../client/admin/admin.ts';
import { Cluster } from '../../../client/cluster.ts';
import { Consumer } from '../../../client/consumer/consumer.ts';
import type { TopicPartition } from '../../../client/consumer/topic-partition.ts';
import { pause } from '../../../client/retry.ts';
import { STDERR } from '../../descriptors.ts';
import { clientOptions, toolAdmin } from '../../tools/connect.ts';
import { OWN_TIMEOUT_MS, ownFailure } from '../../tools/own-help.ts';
import { ProgressBar } from '../../tools/progress-bar.ts';
import { propertiesFile } from '../../tools/properties-file.ts';
import { nodeScreen, type Screen } from '../../tools/screen.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { writeText } from '../../../runtime/write-text.ts';
import { recordFilter, type RawRecord } from './record-filter.ts';
import { recordJson, recordLine } from '../console/record-line.ts';
import { tailOptions, type TailOptions, type TailStart } from './tail-options.ts';

/** How often topics and partitions are looked for that were not there, and whether the end is reached. */
const LOOK_MS = 500;

type RawConsumer = Consumer<Uint8Array | null, Uint8Array | null>;

/** `posthorn tail`: records as they come, of topics that are there and of those that come. */
export function tailOn(screen: Screen): Tool {
  return {
    name: 'tail',
    async run(args, world) {
      const options = tailOptions(args, world);
      if (options === undefined) return 0;
      const settings = propertiesFile(options.configFile, world);
      const admin = toolAdmin(world, options.bootstrapServers, settings, OWN_TIMEOUT_MS);
      const { kafka } = clientOptions(world, options.bootstrapServers, settings);
      const consumer: RawConsumer = new Consumer(new Cluster(world.runtime, kafka), { offsetReset: 'latest' });
      try {
        await new Tail({ admin, consumer, options, screen, world }).run();
        return 0;
      } catch (error) {
        throw ownFailure(error, options.bootstrapServers);
      } finally {
        admin.close();
        await consumer.close();
      }
    },
  };
}

export const tailTool: Tool = tailOn(nodeScreen());

interface TailParts {
  readonly admin: Admin;
  readonly consumer: RawConsumer;
  readonly options: TailOptions;
  readonly screen: Screen;
  readonly world: ToolWorld;
}

class Tail {
  readonly #parts: TailParts;
  readonly #wants: (record: RawRecord) => boolean;
  /** Where to stop when nothing is followed, by partition. */
  readonly #ends = new Map<string, number>();
  readonly #gone = new AbortController();

  constructor(parts: TailParts) {
    this.#parts = parts;
    this.#wants = recordFilter(parts.options.filter);
  }

  async run(): Promise<void> {
    this.#parts.world.onStop(() => this.#stop());
    try {
      await this.#show();
    } catch (error) {
      // Told to stop while it was still looking for the cluster: there is nothing more to say.
      if (!this.#gone.signal.aborted) throw error;
    }
  }

  async #show(): Promise<void> {
    const { consumer, options } = this.#parts;
    const found = await this.#partitions();
    if (found.length === 0 && !options.isFollowing) throw new ToolFailure('no topic fits');
    consumer.assign(found);
    if (found.length > 0) await this.#begin(found, options.start);
    const looking = options.isFollowing ? this.#follow() : this.#untilEnd(found);
    try {
      await this.#read();
    } finally {
      this.#stop();
      await looking;
    }
  }

  #stop(): void {
    this.#gone.abort();
    this.#parts.admin.close();
    this.#parts.consumer.stop();
  }

  async #read(): Promise<void> {
    const { consumer, options, screen, world } = this.#parts;
    let left = options.recordsMax;
    for await (const record of consumer) {
      if (!this.#wants(record)) continue;
      const line = options.isJson ? recordJson(record) : recordLine(record, screen);
      // Nobody reads it any more, like `head` after its lines: that is no failure.
      if (!world.write(`${line}\n`) || --left <= 0) return;
    }
  }

  async #partitions(): Promise<TopicPartition[]> {
    const { admin, options } = this.#parts;
    const listed = await admin.listTopics({ includeInternal: true });
    const names = [...listed.keys()].filter((name) => options.fits(name)).toSorted();
    if (names.length === 0) return [];
    const wanted = options.filter.partitions;
    const described = [...(await admin.describeTopics(names)).values()];
    // One that is deleted at this moment is none.
    return described.flatMap((topic) => {
      if (topic instanceof Error) return [];
      const all = topic.partitions.map(({ partition }) => ({ topic: topic.name, partition }));
      return all.filter(({ partition }) => wanted.size === 0 || wanted.has(partition));
    });
  }

  async #begin(partitions: readonly TopicPartition[], start: TailStart): Promise<void> {
    const { consumer } = this.#parts;
    switch (start.kind) {
      case 'beginning':
        consumer.seekToBeginning(partitions);
        return;
      case 'end':
        consumer.seekToEnd(partitions);
        return;
      case 'time':
        consumer.seekToTime(start.timestampMs, partitions);
        return;
      case 'last': {
        const [begins, ends] = await Promise.all([
          consumer.beginningOffsets(partitions),
          consumer.endOffsets(partitions),
        ]);
        const first = new Map(begins.map((each) => [nameOf(each), each.offset]));
        for (const end of ends) consumer.seek(end, Math.max(first.get(nameOf(end)) ?? 0, end.offset - start.count));
        return;
      }
      default:
        start satisfies never;
    }
  }

  /** Takes in topics and partitions that were not there, from their beginning, for all of it is new. */
  async #follow(): Promise<void> {
    const { consumer } = this.#parts;
    while (await this.#waits()) {
      const known = new Set(consumer.assignment.map(nameOf));
      const all = await this.#partitions().catch(() => undefined);
      if (all === undefined || this.#gone.signal.aborted) continue;
      const isSame = all.length === known.size && all.every((partition) => known.has(nameOf(partition)));
      if (isSame) continue;
      const fresh = all.filter((partition) => !known.has(nameOf(partition)));
      consumer.assign(all);
      if (fresh.length > 0) consumer.seekToBeginning(fresh);
    }
  }

  /** Stops once everything that was there at the start has been read, and shows how far that is. */
  async #untilEnd(partitions: readonly TopicPartition[]): Promise<void> {
    const { consumer, screen, world } = this.#parts;
    const { runtime } = world;
    for (const end of await consumer.endOffsets(partitions)) this.#ends.set(nameOf(end), end.offset);
    let total: number | undefined;
    let bar: ProgressBar | undefined;
    for (;;) {
      const left = this.#left();
      if (left === 0) break;
      if (left !== undefined && !screen.isTerminal) {
        total ??= left;
        bar ??= new ProgressBar({ runtime, draw: drawn }, screen, 'reading', total);
        bar.at(total - left);
      }
      if (!(await this.#waits())) break;
    }
    bar?.end();
    consumer.stop();
  }

  /** Offsets still to be read; undefined while a position is not found. */
  #left(): number | undefined {
    const { consumer } = this.#parts;
    let left = 0;
    for (const partition of consumer.assignment) {
      const position = consumer.position(partition);
      if (position === undefined) return undefined;
      left += Math.max(0, (this.#ends.get(nameOf(partition)) ?? 0) - position);
    }
    return left;
  }

  async #waits(): Promise<boolean> {
    await pause(this.#parts.world.runtime, LOOK_MS, this.#gone.signal).catch(() => {});
    return !this.#gone.signal.aborted;
  }
}

function drawn(text: string): void {
  writeText(STDERR, text);
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
