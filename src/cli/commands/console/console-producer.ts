import { Cluster } from '../../../client/cluster.ts';
import { Producer } from '../../../client/producer/producer.ts';
import { Backlog } from '../../tools/backlog.ts';
import { clientOptions } from '../../tools/connect.ts';
import { asJavaFailure } from '../../tools/java-failure.ts';
import { logLine } from '../../tools/log-line.ts';
import { produceFailure } from '../../tools/produce-failure.ts';
import { textLines } from '../../tools/text-lines.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { consoleProducingIn, type ConsoleProducing } from './console-producer-options.ts';
import { LineReader, type LineRecord } from './line-reader.ts';

/** Records on their way; with more, input waits. */
const BACKLOG_RECORDS = 20_000;
const LOGGER = 'org.apache.kafka.clients.producer.internals.ErrorLoggingCallback';

/** `kafka-console-producer`: makes a record of each line of its input (ConsoleProducer). */
export const consoleProducerTool: Tool = {
  name: 'kafka-console-producer',
  async run(args, world) {
    try {
      const producing = consoleProducingIn(args, world);
      if (producing !== undefined) await produce(producing, world);
      return 0;
    } catch (error) {
      throw asJavaFailure(error);
    }
  },
};

async function produce(producing: ConsoleProducing, world: ToolWorld): Promise<void> {
  const reader = new LineReader(producing.reader);
  const { kafka, producer: options } = clientOptions(world, producing.bootstrapServers, producing.producer);
  const producer = new Producer(new Cluster(world.runtime, kafka), options);
  const stopped = new AbortController();
  world.onStop(() => stopped.abort());
  const sending = new ConsoleSending(producing, producer, world);
  try {
    await sending.sendLines(reader, stopped.signal);
  } finally {
    // Those under way as well: what was read is written, or told.
    await producer.close();
  }
}

class ConsoleSending {
  readonly #producing: ConsoleProducing;
  readonly #producer: Producer;
  readonly #world: ToolWorld;
  readonly #backlog: Backlog;

  constructor(producing: ConsoleProducing, producer: Producer, world: ToolWorld) {
    this.#producing = producing;
    this.#producer = producer;
    this.#world = world;
    this.#backlog = new Backlog(Number(producing.producer.get('buffer.memory')), BACKLOG_RECORDS);
  }

  async sendLines(reader: LineReader, signal: AbortSignal): Promise<void> {
    this.#prompt();
    for await (const lines of textLines(this.#world.input(signal))) {
      for (const line of lines) {
        await this.#send(reader.record(line));
        if (signal.aborted) return;
        this.#prompt();
      }
    }
  }

  async #send({ key, value, headers }: LineRecord): Promise<void> {
    const { topic, isSync, producer: settings } = this.#producing;
    const sent = this.#producer.send({ topic, value, headers, ...(key === null ? {} : { key }) });
    if (isSync) {
      try {
        await sent;
        return;
      } catch (error) {
        const reason = produceFailure(error, { topic, key, value, headers }, settings);
        throw new ToolFailure(`java.util.concurrent.ExecutionException: ${reason}\nCaused by: ${reason}`);
      }
    }
    const size = (key?.length ?? 0) + (value?.length ?? 0);
    this.#backlog.add(size);
    sent
      .catch((error: unknown) => {
        const text = `Error when sending message to topic ${topic} with key: ${sizeOf(key)}, value: ${sizeOf(value)} with error:`;
        const reason = produceFailure(error, { topic, key, value, headers }, settings);
        logLine(this.#world, 'ERROR', { text, by: LOGGER, reason });
      })
      .finally(() => this.#backlog.settled(size));
    if (this.#backlog.isFull) await this.#backlog.room();
  }

  #prompt(): void {
    if (this.#world.isTerminal) this.#world.write('>');
  }
}

function sizeOf(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : `${bytes.length} bytes`;
}
