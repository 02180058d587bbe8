import { Cluster } from '../../client/cluster.ts';
import { Producer } from '../../client/producer/producer.ts';
import { pause } from '../../client/retry.ts';
import type { ArgumentCall } from '../tools/argument-parser.ts';
import type { ArgumentGrammar } from '../tools/argument-spec.ts';
import { Backlog } from '../tools/backlog.ts';
import { clientOptions } from '../tools/connect.ts';
import { verifiableSettings } from '../tools/verifiable-settings.ts';
import { verifiableTool } from '../tools/verifiable-tool.ts';
import { javaDouble } from '../tools/java-text.ts';
import { produceFailure } from '../tools/produce-failure.ts';
import { Throttle } from '../tools/throttle.ts';
import type { ToolWorld } from '../tools/tool-world.ts';

const grammar: ArgumentGrammar = {
  program: 'verifiable-producer',
  about: 'Writes growing numbers to a topic and tells of each, as a line of JSON, whether it was written.',
  isExclusiveRequired: true,
  groups: { 'Connection Group': 'Where the cluster is.' },
  options: [
    { flags: ['--topic'], isRequired: true, metavar: 'TOPIC', text: 'The topic to write to.' },
    {
      flags: ['--max-messages'],
      type: 'Integer',
      metavar: 'MAX-MESSAGES',
      fallback: '-1',
      text: 'How many records; -1 is without end. (default: -1)',
    },
    {
      flags: ['--throughput'],
      type: 'Integer',
      metavar: 'THROUGHPUT',
      fallback: '-1',
      text: 'How many records a second, about; -1 is as many as possible. (default: -1)',
    },
    {
      flags: ['--acks'],
      type: 'Integer',
      choices: ['0', '1', '-1'],
      metavar: 'ACKS',
      fallback: '-1',
      text: 'Who has to have a record. (default: -1)',
    },
    { flags: ['--producer.config'], metavar: 'CONFIG-FILE', text: 'The old name of --command-config.' },
    {
      flags: ['--message-create-time'],
      type: 'Long',
      metavar: 'CREATE-TIME',
      fallback: '-1',
      text: 'The timestamp to begin with, in milliseconds. (default: -1)',
    },
    {
      flags: ['--value-prefix'],
      type: 'Integer',
      metavar: 'VALUE-PREFIX',
      text: 'Stands before each value, with a dot.',
    },
    {
      flags: ['--repeating-keys'],
      type: 'Integer',
      metavar: 'REPEATING-KEYS',
      text: 'Keys count from 0 up to this number and begin again.',
    },
    { flags: ['--command-config'], metavar: 'CONFIG-FILE', text: 'A file of settings for the producer.' },
    {
      flags: ['--bootstrap-server'],
      metavar: 'HOST1:PORT1[,HOST2:PORT2[...]]',
      isExclusive: true,
      group: 'Connection Group',
      text: 'Brokers of the cluster.',
    },
  ],
};

/** Records on their way; with more, sending waits. */
const BACKLOG_RECORDS = 10_000;
const BACKLOG_BYTES = 32 * 1024 * 1024;
/** Records between two turns for answers and signals. */
const RECORDS_PER_TURN = 500;

/** `kafka-verifiable-producer` (VerifiableProducer): what kafkatest reads. */
export const verifiableProducerTool = verifiableTool('kafka-verifiable-producer', grammar, (call, world) =>
  new VerifiableProducing(call, world).run(),
);

class VerifiableProducing {
  readonly #call: ArgumentCall;
  readonly #world: ToolWorld;
  readonly #settings: ReadonlyMap<string, string>;
  readonly #producer: Producer;
  readonly #backlog = new Backlog(BACKLOG_BYTES, BACKLOG_RECORDS);
  readonly #startMs: number;
  #sent = 0;
  #acked = 0;
  #createTime: number | undefined;

  constructor(call: ArgumentCall, world: ToolWorld) {
    this.#call = call;
    this.#world = world;
    const bootstrapServers = call.value('bootstrap-server') ?? '';
    this.#settings = new Map([
      ['acks', call.value('acks') ?? ''],
      // A failure is to be seen, not mended.
      ['retries', '0'],
      ...verifiableSettings(grammar, call, 'producer.config', world),
    ]);
    const { kafka, producer } = clientOptions(world, bootstrapServers, this.#settings);
    this.#producer = new Producer(new Cluster(world.runtime, kafka), producer);
    this.#startMs = world.runtime.clock.nowMs();
    const createTime = call.number('message-create-time');
    this.#createTime = createTime === -1 ? undefined : createTime;
  }

  async run(): Promise<void> {
    const startMs = this.#world.runtime.clock.monotonicMs();
    const stopped = new AbortController();
    this.#world.onStop(() => stopped.abort());
    this.#tell({ name: 'startup_complete' });
    await this.#sendAll(stopped.signal);
    await this.#producer.close();
    this.#tell({ name: 'shutdown_complete' });
    const elapsedMs = this.#world.runtime.clock.monotonicMs() - startMs;
    this.#tell(
      { name: 'tool_data', sent: this.#sent, acked: this.#acked, target_throughput: this.#call.number('throughput') },
      `,"avg_throughput":${javaDouble((1000 * this.#acked) / elapsedMs)}`,
    );
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    const { runtime } = this.#world;
    const given = this.#call.number('max-messages') ?? -1;
    const most = given < 0 ? Number.POSITIVE_INFINITY : given;
    const throttle = new Throttle(runtime, this.#call.number('throughput') ?? -1);
    for (let number = 0; number < most && !signal.aborted; number++) {
      this.#send(number);
      await throttle.wait(throttle.waitMs(number + 1), signal);
      if (this.#backlog.isFull) await this.#backlog.room();
      if (number % RECORDS_PER_TURN === RECORDS_PER_TURN - 1) await pause(runtime, 0);
    }
  }

  #send(number: number): void {
    const topic = this.#call.value('topic') ?? '';
    const key = this.#keyOf(number);
    const prefix = this.#call.value('value-prefix');
    const value = prefix === undefined ? String(number) : `${Number(prefix)}.${number}`;
    const timestamp = this.#nextTime();
    this.#sent++;
    this.#backlog.add(value.length);
    const record = { topic, value: Buffer.from(value), ...(key === undefined ? {} : { key: Buffer.from(key) }) };
    this.#producer
      .send(timestamp === undefined ? record : { ...record, timestamp })
      .then(
        ({ offset, partition }) => {
          this.#acked++;
          this.#tell({ name: 'producer_send_success', key: key ?? null, value, offset, topic, partition });
        },
        (error: unknown) => this.#tellFailure(error, key, value),
      )
      .finally(() => this.#backlog.settled(value.length));
  }

  #tellFailure(error: unknown, key: string | undefined, value: string): void {
    const topic = this.#call.value('topic') ?? '';
    const record = { topic, key: key === undefined ? null : Buffer.from(key), value: Buffer.from(value), headers: [] };
    const reason = produceFailure(error, record, this.#settings);
    const at = reason.indexOf(': ');
    const [className, message] = at < 0 ? ['java.lang.Exception', reason] : [reason.slice(0, at), reason.slice(at + 2)];
    this.#tell({
      name: 'producer_send_error',
      key: key ?? null,
      value,
      topic,
      exception: `class ${className}`,
      message,
    });
  }

  #keyOf(number: number): string | undefined {
    const keys = this.#call.number('repeating-keys');
    return keys === undefined ? undefined : String(keys > 0 ? number % keys : number);
  }

  /** As Kafka's: the time that passed since the start is added each time. */
  #nextTime(): number | undefined {
    const time = this.#createTime;
    if (time !== undefined) this.#createTime = time + this.#world.runtime.clock.nowMs() - this.#startMs;
    return time;
  }

  /** @param more text that stands before the closing brace. */
  #tell(event: object, more = ''): void {
    const text = JSON.stringify({ timestamp: this.#world.runtime.clock.nowMs(), ...event });
    this.#world.out(`${text.slice(0, -1)}${more}}`);
  }
}
