/** How a value is read and checked. */
export type KeyKind = 'text' | 'whole' | 'number' | 'truth' | 'duration' | 'size' | readonly string[];

/** A key below `spring.kafka.`: how its value is read, and the key of Kafka's clients that it stands for, if any. */
export interface KafkaKey {
  readonly kind: KeyKind;
  readonly dotted?: string;
  /** Accepted, and named in a warning: there is nothing here that it could change. */
  readonly noEffect?: true;
}

const text = (dotted?: string): KafkaKey => ({ kind: 'text', ...(dotted !== undefined && { dotted }) });
const duration = (dotted?: string): KafkaKey => ({ kind: 'duration', ...(dotted !== undefined && { dotted }) });
const nothing = (kind: KeyKind = 'text'): KafkaKey => ({ kind, noEffect: true });

/** Spring writes the words of acknowledgement modes with dashes or underscores, in any case. */
export const ACK_MODES = ['record', 'batch', 'time', 'count', 'count_time', 'manual', 'manual_immediate'] as const;

const SECURITY: Readonly<Record<string, KafkaKey>> = {
  'security.protocol': text('security.protocol'),
  'ssl.bundle': nothing(),
  'ssl.key-password': text('ssl.key.password'),
  'ssl.key-store-certificate-chain': text('ssl.keystore.certificate.chain'),
  'ssl.key-store-key': text('ssl.keystore.key'),
  'ssl.key-store-location': text('ssl.keystore.location'),
  'ssl.key-store-password': text('ssl.keystore.password'),
  'ssl.key-store-type': text('ssl.keystore.type'),
  'ssl.protocol': nothing(),
  'ssl.trust-store-certificates': text('ssl.truststore.certificates'),
  'ssl.trust-store-location': text('ssl.truststore.location'),
  'ssl.trust-store-password': text('ssl.truststore.password'),
  'ssl.trust-store-type': text('ssl.truststore.type'),
};

const COMMON: Readonly<Record<string, KafkaKey>> = {
  'bootstrap-servers': text('bootstrap.servers'),
  'client-id': text('client.id'),
  ...SECURITY,
};

const CONSUMER: Readonly<Record<string, KafkaKey>> = {
  ...COMMON,
  'auto-commit-interval': duration('auto.commit.interval.ms'),
  'auto-offset-reset': text('auto.offset.reset'),
  'enable-auto-commit': { kind: 'truth', dotted: 'enable.auto.commit' },
  'fetch-max-wait': duration('fetch.max.wait.ms'),
  'fetch-min-size': { kind: 'size', dotted: 'fetch.min.bytes' },
  'group-id': text('group.id'),
  'heartbeat-interval': duration('heartbeat.interval.ms'),
  'isolation-level': { kind: ['read_uncommitted', 'read_committed'], dotted: 'isolation.level' },
  'key-deserializer': text('key.deserializer'),
  'max-poll-interval': duration('max.poll.interval.ms'),
  'max-poll-records': { kind: 'whole', dotted: 'max.poll.records' },
  'value-deserializer': text('value.deserializer'),
};

const PRODUCER: Readonly<Record<string, KafkaKey>> = {
  ...COMMON,
  acks: text('acks'),
  'batch-size': { kind: 'size', dotted: 'batch.size' },
  'buffer-memory': { kind: 'size', dotted: 'buffer.memory' },
  'compression-type': text('compression.type'),
  'key-serializer': text('key.serializer'),
  retries: { kind: 'whole', dotted: 'retries' },
  'transaction-id-prefix': text(),
  'value-serializer': text('value.serializer'),
};

const ADMIN: Readonly<Record<string, KafkaKey>> = {
  ...COMMON,
  'auto-create': { kind: 'truth' },
  'close-timeout': nothing('duration'),
  'fail-fast': { kind: 'truth' },
  'modify-topic-configs': nothing('truth'),
  'operation-timeout': nothing('duration'),
};

const LISTENER: Readonly<Record<string, KafkaKey>> = {
  'ack-count': { kind: 'whole' },
  'ack-mode': { kind: ACK_MODES },
  'ack-time': duration(),
  'async-acks': nothing('truth'),
  'auth-exception-retry-interval': duration(),
  'auto-startup': { kind: 'truth' },
  'change-consumer-thread-name': nothing('truth'),
  'client-id': text(),
  concurrency: { kind: 'whole' },
  'idle-between-polls': nothing('duration'),
  'idle-event-interval': nothing('duration'),
  'idle-partition-event-interval': nothing('duration'),
  'immediate-stop': nothing('truth'),
  'log-container-config': nothing('truth'),
  'missing-topics-fatal': { kind: 'truth' },
  'monitor-interval': nothing('duration'),
  'no-poll-threshold': nothing('number'),
  'observation-enabled': nothing('truth'),
  'poll-timeout': nothing('duration'),
  type: { kind: ['single', 'batch'] },
};

const TEMPLATE: Readonly<Record<string, KafkaKey>> = {
  'allow-non-transactional': { kind: 'truth' },
  'close-timeout': duration(),
  'default-topic': text(),
  'observation-enabled': nothing('truth'),
  'transaction-id-prefix': text(),
};

const RETRY: Readonly<Record<string, KafkaKey>> = {
  enabled: { kind: 'truth' },
  attempts: { kind: 'whole' },
  'backoff.delay': duration(),
  'backoff.jitter': duration(),
  'backoff.max-delay': duration(),
  'backoff.multiplier': { kind: 'number' },
};

const STREAMS: Readonly<Record<string, KafkaKey>> = {
  ...Object.fromEntries(Object.keys(COMMON).map((name) => [name, nothing()])),
  'application-id': nothing(),
  'auto-startup': nothing('truth'),
  'cleanup.on-shutdown': nothing('truth'),
  'cleanup.on-startup': nothing('truth'),
  'replication-factor': nothing('whole'),
  'state-dir': nothing(),
  'state-store-cache-max-size': nothing('size'),
};

function prefixed(prefix: string, keys: Readonly<Record<string, KafkaKey>>): [string, KafkaKey][] {
  return Object.entries(keys).map(([name, key]) => [`${prefix}.${name}`, key]);
}

/** Every key that Spring Boot 4.1 knows below `spring.kafka.`, maps apart. */
export const KAFKA_KEYS: Readonly<Record<string, KafkaKey>> = {
  ...COMMON,
  'jaas.control-flag': nothing(),
  'jaas.enabled': nothing('truth'),
  'jaas.login-module': nothing(),
  ...Object.fromEntries([
    ...prefixed('consumer', CONSUMER),
    ...prefixed('producer', PRODUCER),
    ...prefixed('admin', ADMIN),
    ...prefixed('listener', LISTENER),
    ...prefixed('template', TEMPLATE),
    ...prefixed('retry.topic', RETRY),
    ...prefixed('streams', STREAMS),
  ]),
};

/** Maps below `spring.kafka.`: what follows is a key of Kafka's clients. */
export const KAFKA_MAPS = [
  'properties',
  'consumer.properties',
  'producer.properties',
  'admin.properties',
  'jaas.options',
  'streams.properties',
] as const;
