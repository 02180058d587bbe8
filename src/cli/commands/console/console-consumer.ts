import { Cluster } from '../../../client/cluster.ts';
import { Consumer } from '../../../client/consumer/consumer.ts';
import type { ConsumerRecord } from '../../../client/consumer/consumer-record.ts';
import { pause } from '../../../client/retry.ts';
import { clientOptions } from '../../tools/connect.ts';
import { asJavaFailure, uncaught } from '../../tools/java-failure.ts';
import { logLine } from '../../tools/log-line.ts';
import { OptionFailure } from '../../tools/option-parser.ts';
import { OutputBuffer } from '../../tools/output-buffer.ts';
import { MissingFile } from '../../tools/properties-file.ts';
import { Silence } from '../../tools/silence.ts';
import { subscribe } from '../../tools/subscribe.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { consoleConsumingIn, formatterUsage, type ConsoleConsuming } from './console-consumer-options.ts';
import { formatterNamed } from './formatters.ts';
import type { RecordFormatter } from './record-formatter.ts';

const LOGGER = 'org.apache.kafka.tools.consumer.ConsoleConsumer';
const HINT =
  'The consumer rebalance protocol (KIP-848) is production-ready! Set group.protocol=consumer to try it out. See https://kafka.apache.org/documentation/#consumer_rebalance_protocol';
const FORMATTER_LOGGER = 'org.apache.kafka.tools.consumer.DefaultMessageFormatter';

/** `kafka-console-consumer`: shows records (ConsoleConsumer). */
export const consoleConsumerTool: Tool = {
  name: 'kafka-console-consumer',
  async run(args, world) {
    const consuming = optionsIn(args, world);
    if (consuming === undefined) return 0;
    const formatter = formatterFor(consuming, world);
    try {
      await new ConsoleReading(consuming, formatter, world).run();
      return 0;
    } catch (error) {
      const reason = asJavaFailure(error).message;
      logLine(world, 'ERROR', { text: 'Unknown error when running consumer: ', by: LOGGER, reason });
      return 1;
    }
  },
};

function optionsIn(args: readonly string[], world: ToolWorld): ConsoleConsuming | undefined {
  try {
    return consoleConsumingIn(args, world);
  } catch (error) {
    throw error instanceof MissingFile || error instanceof OptionFailure ? uncaught(error) : error;
  }
}

function formatterFor({ formatter: { name, properties } }: ConsoleConsuming, world: ToolWorld): RecordFormatter {
  const found = formatterNamed(name, properties, (text, missingClass) =>
    logLine(world, 'ERROR', {
      text,
      by: FORMATTER_LOGGER,
      reason: `java.lang.ClassNotFoundException: ${missingClass}`,
    }),
  );
  if (found === undefined) throw formatterUsage(name);
  return found;
}

type Records = AsyncIterableIterator<ConsumerRecord<Uint8Array | null, Uint8Array | null>>;

/** One run: reads, shows, and leaves what was shown committed. */
class ConsoleReading {
  readonly #consuming: ConsoleConsuming;
  readonly #formatter: RecordFormatter;
  readonly #world: ToolWorld;
  readonly #output: OutputBuffer;
  #count = 0;

  constructor(consuming: ConsoleConsuming, formatter: RecordFormatter, world: ToolWorld) {
    this.#consuming = consuming;
    this.#formatter = formatter;
    this.#world = world;
    this.#output = new OutputBuffer(world);
  }

  /** Rejects when the consumer cannot be made, or a record cannot be shown. */
  async run(): Promise<void> {
    const { bootstrapServers, consumer: properties, timeoutMs, from } = this.#consuming;
    const { kafka, consumer: options } = clientOptions(this.#world, bootstrapServers, properties);
    const isAlone = 'partition' in from;
    const { groupId, ...withoutGroup } = options;
    const consumer = new Consumer(
      new Cluster(this.#world.runtime, kafka),
      isAlone ? withoutGroup : { ...withoutGroup, groupId: groupId! },
    );
    const silence = new Silence(this.#world.runtime, timeoutMs, () => consumer.stop());
    this.#world.onStop(() => consumer.stop());
    try {
      await this.#start(consumer);
      await this.#read(consumer, silence);
    } finally {
      silence.stop();
      await consumer.close();
      this.#flush();
      this.#world.err(`Processed a total of ${this.#count} messages`);
      if (this.#consuming.tellsShutdown) this.#world.out('shutdown_complete');
    }
  }

  async #start(consumer: Consumer): Promise<void> {
    const { from, consumer: properties } = this.#consuming;
    if (!('partition' in from)) {
      if (properties.get('group.protocol')?.toLowerCase() === 'classic') this.#world.err(HINT);
      await subscribe(consumer, 'topic' in from ? { topic: from.topic } : from);
      return;
    }
    const { topic, partition, start } = from;
    const partitions = [{ topic, partition }];
    consumer.assign(partitions);
    if (start === 'earliest') consumer.seekToBeginning(partitions);
    else if (start === 'latest') consumer.seekToEnd(partitions);
    else consumer.seek({ topic, partition }, start);
  }

  async #read(consumer: Consumer, silence: Silence): Promise<void> {
    const most = this.#consuming.messagesMax() ?? Number.POSITIVE_INFINITY;
    const records: Records = consumer[Symbol.asyncIterator]();
    while (this.#count < most && this.#output.isHeard) {
      const record = await this.#next(records);
      if (record === undefined) {
        if (silence.isBroken) this.#tellEnd('org.apache.kafka.common.errors.TimeoutException');
        return;
      }
      silence.heard();
      this.#count++;
      this.#show(record);
      if (this.#output.isFull) {
        this.#flush();
        // A turn for heartbeats and signals.
        await pause(this.#world.runtime, 0);
      }
    }
    // Asking once more says that the last record was processed.
    consumer.stop();
    await records.next().catch(() => {});
  }

  /** The next record; undefined when there is none to come. What ended the consumer is told, as Kafka does, and is no failure. */
  async #next(records: Records): Promise<ConsumerRecord<Uint8Array | null, Uint8Array | null> | undefined> {
    const flushing = this.#output.isEmpty
      ? undefined
      : this.#world.runtime.timers.set(0, () => {
          this.#flush();
        });
    try {
      const { done, value } = await records.next();
      return done === true ? undefined : value;
    } catch (error) {
      this.#tellEnd(asJavaFailure(error).message);
      return undefined;
    } finally {
      flushing?.cancel();
    }
  }

  #show(record: ConsumerRecord<Uint8Array | null, Uint8Array | null>): void {
    try {
      this.#formatter.write(record, this.#output);
    } catch (error) {
      if (!this.#consuming.isSkippingErrors) throw error;
      const reason = asJavaFailure(error).message;
      logLine(this.#world, 'ERROR', { text: 'Error processing message, skipping this message: ', by: LOGGER, reason });
    }
  }

  #tellEnd(reason: string): void {
    this.#flush();
    const text = 'Error processing message, terminating consumer process: ';
    logLine(this.#world, 'ERROR', { text, by: LOGGER, reason });
  }

  #flush(): void {
    const wasHeard = this.#output.isHeard;
    this.#output.flush();
    if (wasHeard && !this.#output.isHeard) {
      this.#world.err('Unable to write to standard out, closing consumer.');
    }
  }
}
