import { Cluster } from '../../client/cluster.ts';
import type { ConsumerBatch } from '../../client/consumer/consumer-batch.ts';
import { Consumer } from '../../client/consumer/consumer.ts';
import type { ConsumerRecord } from '../../client/consumer/consumer-record.ts';
import type { RebalanceHandlers } from '../../client/consumer/consumer-options.ts';
import type { TopicPartition, TopicPartitionOffset } from '../../client/consumer/topic-partition.ts';
import { string } from '../../client/serializers.ts';
import type { ArgumentCall } from '../tools/argument-parser.ts';
import type { ArgumentGrammar } from '../tools/argument-spec.ts';
import { clientOptions } from '../tools/connect.ts';
import { javaMessage } from '../tools/java-error.ts';
import { asJavaFailure, CONFIG_EXCEPTION, ILLEGAL_ARGUMENT, javaFailure } from '../tools/java-failure.ts';
import { logLine } from '../tools/log-line.ts';
import { subscribe } from '../tools/subscribe.ts';
import type { ToolWorld } from '../tools/tool-world.ts';
import { verifiableSettings } from '../tools/verifiable-settings.ts';
import { verifiableTool } from '../tools/verifiable-tool.ts';

const RANGE = 'org.apache.kafka.clients.consumer.RangeAssignor';
const LOGGER = 'org.apache.kafka.tools.VerifiableConsumer';

const grammar: ArgumentGrammar = {
  program: 'verifiable-consumer',
  about: 'Reads a topic in a group and tells what happens, rebalances, records and commits, as lines of JSON.',
  isExclusiveRequired: true,
  groups: { 'Connection Group': 'Where the cluster is.' },
  options: [
    { flags: ['--topic'], isRequired: true, metavar: 'TOPIC', text: 'The topic to read.' },
    {
      flags: ['--group-protocol'],
      metavar: 'GROUP-PROTOCOL',
      fallback: 'classic',
      text: 'classic or consumer. (default: classic)',
    },
    {
      flags: ['--group-remote-assignor'],
      metavar: 'GROUP-REMOTE-ASSIGNOR',
      text: "The broker's assignor, with the consumer protocol.",
    },
    { flags: ['--group-id'], isRequired: true, metavar: 'GROUP-ID', text: 'The group.' },
    { flags: ['--group-instance-id'], metavar: 'GROUP-INSTANCE-ID', text: 'The name of a static member.' },
    {
      flags: ['--max-messages'],
      type: 'Integer',
      metavar: 'MAX-MESSAGES',
      fallback: '-1',
      text: 'Ends after so many records; -1 is never. (default: -1)',
    },
    {
      flags: ['--session-timeout'],
      type: 'Integer',
      metavar: 'TIMEOUT-MS',
      text: 'The session timeout, with the classic protocol.',
    },
    { flags: ['--verbose'], action: 'switch', metavar: 'VERBOSE', text: 'Tells each record. (default: false)' },
    {
      flags: ['--enable-autocommit'],
      action: 'switch',
      text: 'Commits by time and not after each read. (default: false)',
    },
    {
      flags: ['--reset-policy'],
      fallback: 'earliest',
      metavar: 'RESET-POLICY',
      text: 'earliest, latest or none. (default: earliest)',
    },
    {
      flags: ['--assignment-strategy'],
      fallback: RANGE,
      metavar: 'ASSIGNMENT-STRATEGY',
      text: `The class of the assignor, with the classic protocol. (default: ${RANGE})`,
    },
    { flags: ['--consumer.config'], metavar: 'CONFIG-FILE', text: 'The old name of --command-config.' },
    { flags: ['--command-config'], metavar: 'CONFIG-FILE', text: 'A file of settings for the consumer.' },
    {
      flags: ['--bootstrap-server'],
      metavar: 'HOST1:PORT1[,HOST2:PORT2[...]]',
      isExclusive: true,
      group: 'Connection Group',
      text: 'Brokers of the cluster.',
    },
  ],
};

/** `kafka-verifiable-consumer` (VerifiableConsumer): what kafkatest reads. */
export const verifiableConsumerTool = verifiableTool('kafka-verifiable-consumer', grammar, (call, world) =>
  new VerifiableConsuming(call, world).run(),
);

/** The settings that the options stand for; those of a file give way to them. */
function settingsOf(call: ArgumentCall, world: ToolWorld): ReadonlyMap<string, string> {
  const settings = new Map(verifiableSettings(grammar, call, 'consumer.config', world));
  const protocol = call.value('group-protocol') ?? '';
  const isModern = protocol.toLowerCase() === 'consumer';
  if (!isModern && protocol.toLowerCase() !== 'classic') {
    const constant = `org.apache.kafka.clients.consumer.GroupProtocol.${protocol.toUpperCase()}`;
    throw javaFailure(ILLEGAL_ARGUMENT, `No enum constant ${constant}`);
  }
  settings.set('group.protocol', isModern ? 'consumer' : 'classic');
  const assignor = call.value('group-remote-assignor');
  if (isModern && assignor !== undefined) settings.set('group.remote.assignor', assignor);
  if (!isModern) settings.set('partition.assignment.strategy', call.value('assignment-strategy') ?? RANGE);
  settings.set('group.id', call.value('group-id') ?? '');
  const instanceId = call.value('group-instance-id');
  if (instanceId !== undefined) settings.set('group.instance.id', instanceId);
  settings.set('enable.auto.commit', String(call.has('enable-autocommit')));
  settings.set('auto.offset.reset', call.value('reset-policy') ?? '');
  const sessionTimeout = call.value('session-timeout');
  if (sessionTimeout !== undefined) {
    if (isModern) {
      throw javaFailure(CONFIG_EXCEPTION, 'session.timeout.ms cannot be set when group.protocol=CONSUMER');
    }
    settings.set('session.timeout.ms', sessionTimeout);
  }
  return settings;
}

class VerifiableConsuming {
  readonly #call: ArgumentCall;
  readonly #world: ToolWorld;
  readonly #settings: ReadonlyMap<string, string>;
  readonly #consumer: Consumer<string | null, string | null>;
  readonly #most: number;
  #consumed = 0;

  constructor(call: ArgumentCall, world: ToolWorld) {
    this.#call = call;
    this.#world = world;
    this.#settings = settingsOf(call, world);
    const most = call.number('max-messages') ?? -1;
    this.#most = most < 0 ? Number.POSITIVE_INFINITY : most;
    const { kafka, consumer } = clientOptions(world, call.value('bootstrap-server') ?? '', this.#settings);
    const rebalance: RebalanceHandlers = {
      assigned: (partitions) => this.#tell({ name: 'partitions_assigned', partitions: plain(partitions) }),
      revoked: (partitions) => this.#tell({ name: 'partitions_revoked', partitions: plain(partitions) }),
    };
    const deserializers = { keyDeserializer: string, valueDeserializer: string };
    this.#consumer = new Consumer(new Cluster(world.runtime, kafka), { ...consumer, ...deserializers, rebalance });
  }

  async run(): Promise<void> {
    const consumer = this.#consumer;
    const stopped = new AbortController();
    this.#world.onStop(() => {
      stopped.abort();
      consumer.stop();
    });
    this.#tell({ name: 'startup_complete' });
    try {
      await subscribe(consumer, { topic: this.#call.value('topic') ?? '' });
      await this.#read();
    } catch (error) {
      const reason = asJavaFailure(error).message;
      logLine(this.#world, 'ERROR', {
        text: 'Error during processing, terminating consumer process: ',
        by: LOGGER,
        reason,
      });
    }
    await consumer.close();
    this.#tell({ name: 'shutdown_complete' });
    this.#tell({ name: 'shutdown_requested' });
  }

  async #read(): Promise<void> {
    const isCommitting = !this.#call.has('enable-autocommit');
    const batches = this.#consumer.batches();
    while (this.#consumed < this.#most) {
      const { done, value: batch } = await batches.next();
      if (done === true) return;
      const next = this.#take(batch);
      if (next === undefined) continue;
      if (isCommitting) await this.#commit(next);
      const isCutShort = next.offset !== batch.nextOffset && this.#consumed >= this.#most;
      if (isCutShort && !isCommitting) {
        // What was not looked at stays unread.
        await batches.return?.();
        await this.#consumer.commit([next]);
        return;
      }
    }
    this.#consumer.stop();
    await batches.next();
  }

  /** Tells what a read brought; where the group goes on, when it brought anything. */
  #take(batch: ConsumerBatch<string | null, string | null>): TopicPartitionOffset | undefined {
    const { topic, partition } = batch;
    let total = 0;
    let taken = 0;
    let first: ConsumerRecord<string | null, string | null> | undefined;
    let last: ConsumerRecord<string | null, string | null> | undefined;
    for (const record of batch) {
      total++;
      if (this.#consumed + taken >= this.#most) continue;
      taken++;
      first ??= record;
      last = record;
      if (this.#call.has('verbose')) this.#tellRecord(record);
    }
    if (first === undefined || last === undefined) return undefined;
    this.#consumed += taken;
    const summary = { topic, partition, count: taken, minOffset: first.offset, maxOffset: last.offset };
    this.#tell({ name: 'records_consumed', count: total, partitions: [summary] });
    return { topic, partition, offset: last.offset + 1, leaderEpoch: last.leaderEpoch };
  }

  async #commit({ topic, partition, offset, leaderEpoch }: TopicPartitionOffset): Promise<void> {
    const offsets = [{ topic, partition, offset }];
    try {
      await this.#consumer.commit([{ topic, partition, offset, leaderEpoch }]);
      this.#tell({ name: 'offsets_committed', offsets, success: true });
    } catch (error) {
      this.#tell({ name: 'offsets_committed', offsets, error: javaMessage(error), success: false });
    }
  }

  #tellRecord({ key, value, topic, partition, offset }: ConsumerRecord<string | null, string | null>): void {
    this.#tell({ name: 'record_data', key, value, topic, partition, offset });
  }

  #tell(event: object): void {
    this.#world.out(JSON.stringify({ timestamp: this.#world.runtime.clock.nowMs(), ...event }));
  }
}

function plain(partitions: readonly TopicPartition[]): TopicPartition[] {
  return partitions.map(({ topic, partition }) => ({ topic, partition }));
}
