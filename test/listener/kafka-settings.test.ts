import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kafkaSettings, type KafkaSettings } from '../../src/listener/config/kafka-settings.ts';
import { loadProperties } from '../../src/listener/config/load-properties.ts';
import { filesWorld } from './properties-world.ts';

function settings(yaml: string, environment: Readonly<Record<string, string>> = {}, files = {}): KafkaSettings {
  const world = filesWorld({ 'application.yml': yaml, ...files }, environment);
  return kafkaSettings(loadProperties({}, world), world);
}

function kafka(lines: string, environment: Readonly<Record<string, string>> = {}): KafkaSettings {
  return settings(`spring:\n  kafka:\n${lines.replaceAll(/^/gm, '    ')}`, environment);
}

test('nothing set: the defaults of Spring', () => {
  const { consumer, producer, listener, template, retry, ignored } = settings('');
  assert.equal(consumer.kafka.bootstrapServers, 'localhost:9092');
  assert.deepEqual(producer.producer, {});
  assert.equal(listener.ackMode, 'batch');
  assert.equal(listener.concurrency, 1);
  assert.equal(listener.maxPollRecords, 500);
  assert.equal(listener.isBatch, false);
  assert.equal(template.closeTimeoutMs, 5000);
  assert.equal(retry, undefined);
  assert.deepEqual(ignored, []);
});

test("each client has the common settings, its own win, and 'properties' have the last word", () => {
  const { consumer, producer, admin } = kafka(
    [
      'bootstrap-servers: [a:1, b:2]',
      'client-id: all',
      'properties:',
      '  request.timeout.ms: 1000',
      'consumer:',
      '  client-id: reader',
      '  group-id: stock',
      '  auto-offset-reset: earliest',
      '  isolation-level: read-committed',
      '  max-poll-interval: 1m',
      '  fetch-min-size: 1KB',
      '  properties:',
      '    session.timeout.ms: 6000',
      '    heartbeat.interval.ms: 2000',
      'producer:',
      '  acks: -1',
      '  batch-size: 32KB',
      '  compression-type: lz4',
      '  bootstrap-servers: c:3',
    ].join('\n'),
  );
  assert.deepEqual(consumer.kafka, { bootstrapServers: 'a:1,b:2', clientId: 'reader', requestTimeoutMs: 1000 });
  assert.deepEqual(consumer.consumer, {
    groupId: 'stock',
    offsetReset: 'earliest',
    isolation: 'read_committed',
    maxPollIntervalMs: 60_000,
    fetchMinBytes: 1024,
    sessionTimeoutMs: 6000,
    heartbeatIntervalMs: 2000,
  });
  assert.deepEqual(producer.kafka, { bootstrapServers: 'c:3', clientId: 'all', requestTimeoutMs: 1000 });
  assert.deepEqual(producer.producer, { acks: 'all', batchSize: 32_768, compression: 'lz4' });
  assert.equal(admin.kafka.bootstrapServers, 'a:1,b:2');
});

test('listener, template and retry settings', () => {
  const { listener, template, retry, createsTopics } = kafka(
    [
      'listener: { ack-mode: MANUAL_IMMEDIATE, concurrency: 3, type: batch, missing-topics-fatal: true, auto-startup: false }',
      'consumer: { max-poll-records: 50 }',
      'template: { default-topic: orders, transaction-id-prefix: tx- }',
      'retry: { topic: { enabled: true, attempts: 4, backoff: { delay: 200ms, multiplier: 2, max-delay: 1s } } }',
      'admin: { auto-create: off }',
    ].join('\n'),
  );
  assert.deepEqual(listener, {
    ackMode: 'manual_immediate',
    ackCount: 1,
    ackTimeMs: 5000,
    concurrency: 3,
    isBatch: true,
    autoStartup: false,
    missingTopicsFatal: true,
    authExceptionRetryMs: undefined,
    clientIdPrefix: undefined,
    maxPollRecords: 50,
  });
  assert.equal(template.defaultTopic, 'orders');
  assert.equal(template.transactionIdPrefix, 'tx-');
  assert.deepEqual(retry, { attempts: 4, delayMs: 200, multiplier: 2, maxDelayMs: 1000, jitterMs: 0 });
  assert.equal(createsTopics, false);
});

test('an unknown key names its file and line, and the nearest known one', () => {
  assert.throws(
    () => kafka('bootstrap-server: a:1'),
    /ConfigurationError: application.yml:3: spring.kafka.bootstrap-server is not known: did you mean spring.kafka.bootstrap-servers/,
  );
  assert.throws(
    () => kafka('consumer:\n  groupid2: x'),
    /application.yml:4: spring.kafka.consumer.groupid2 is not known: did you mean spring.kafka.consumer.group-id/,
  );
  assert.throws(() => kafka('listener:\n  ack-mod: record'), /did you mean spring.kafka.listener.ack-mode/);
  assert.throws(() => kafka('whatever: 1'), /no known key has a similar name/);
  assert.throws(
    () => settings('', { SPRING_KAFKA_CONSUMER_GROPID: 'x' }),
    /variable SPRING_KAFKA_CONSUMER_GROPID: .* not known/,
  );
});

test('an unknown client property as well', () => {
  assert.throws(
    () => kafka('properties:\n  max.poll.interval.mss: 5'),
    /application.yml:4: spring.kafka.properties.max.poll.interval.mss is not known: did you mean max.poll.interval.ms/,
  );
  assert.throws(() => kafka('consumer:\n  properties:\n    max.poll.recordz: 5'), /Or max.poll.records\?/);
});

test('a value that cannot be says what is allowed', () => {
  const cases: [string, RegExp][] = [
    [
      'listener:\n  ack-mode: sometimes',
      /application.yml:4: spring.kafka.listener.ack-mode is "sometimes"; it has to be one of record, batch/,
    ],
    ['listener:\n  concurrency: many', /it has to be a whole number from 0/],
    ['listener:\n  concurrency: 0', /it has to be 1 or more/],
    [
      'consumer:\n  auto-offset-reset: first',
      /application.yml:4: spring.kafka.consumer.auto-offset-reset is "first"; /,
    ],
    ['consumer:\n  heartbeat-interval: soon', /it has to be a duration like 500ms/],
    ['consumer:\n  max-poll-records: 0', /it has to be a whole number from 1/],
    ['producer:\n  batch-size: big', /it has to be a size like 16384/],
    [
      'producer:\n  value-serializer: jsonn',
      /application.yml:4: spring.kafka.producer.value-serializer is "jsonn": there are string, json, .* did you mean json\?/,
    ],
    ['producer:\n  acks: 2', /application.yml:4: spring.kafka.producer.acks is "2"; /],
  ];
  for (const [lines, expected] of cases) assert.throws(() => kafka(lines), expected, lines);
});

test('serializers go by our names and those of the Java classes', () => {
  const lines = [
    'consumer:',
    '  key-deserializer: org.apache.kafka.common.serialization.LongDeserializer',
    '  value-deserializer: org.springframework.kafka.support.serializer.ErrorHandlingDeserializer',
    '  properties:',
    '    spring.deserializer.value.delegate.class: org.springframework.kafka.support.serializer.JacksonJsonDeserializer',
    '    spring.json.trusted.packages: "*"',
    'producer:',
    '  value-serializer: json',
  ];
  const { consumer, producer, ignored } = kafka(lines.join('\n'));
  const context = { topic: 't', isKey: false };
  assert.deepEqual(consumer.valueSerde.deserialize(Buffer.from('{"a":1}'), context), { a: 1 });
  assert.equal(consumer.keySerde.deserialize(Buffer.from([0, 0, 0, 0, 0, 0, 0, 9]), { ...context, isKey: true }), 9);
  assert.equal(Buffer.from(producer.valueSerde.serialize({ a: 1 }, context)!).toString(), '{"a":1}');
  assert.equal(Buffer.from(producer.keySerde.serialize('k', context)!).toString(), 'k');
  assert.throws(
    () => producer.keySerde.serialize([1, 2], { ...context, isKey: true }),
    /an array, and no text: set spring.kafka.producer.key-serializer/,
  );
  assert.deepEqual(
    ignored.map(({ key }) => key),
    ['spring.kafka.consumer.properties.spring.json.trusted.packages'],
  );
});

test('what Spring knows and has no effect here is accepted and named', () => {
  const { ignored } = kafka('listener:\n  poll-timeout: 3s\nproducer:\n  retries: 3\nstreams:\n  application-id: x');
  assert.deepEqual(ignored.map(({ key, origin }) => `${key} ${origin}`).toSorted(), [
    'spring.kafka.listener.poll-timeout application.yml:4',
    'spring.kafka.producer.retries application.yml:6',
    'spring.kafka.streams.application-id application.yml:8',
  ]);
});

test('TLS and login, from the keys of Spring and of Kafka', () => {
  const yaml = [
    'spring.kafka:',
    '  security.protocol: SASL_SSL',
    '  ssl:',
    '    trust-store-type: PEM',
    '    trust-store-location: file:certs/ca.pem',
    '  properties:',
    '    sasl.mechanism: SCRAM-SHA-256',
    '    sasl.jaas.config: org.apache.kafka.common.security.scram.ScramLoginModule required username="shop" password="se\\"cret";',
  ].join('\n');
  const pem = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
  const { consumer, producer } = settings(yaml, {}, { 'certs/ca.pem': pem });
  assert.deepEqual(consumer.kafka.sasl, { mechanism: 'SCRAM-SHA-256', username: 'shop', password: 'se"cret' });
  assert.deepEqual(producer.kafka.tls, consumer.kafka.tls);
  assert.ok(typeof producer.kafka.tls === 'object' && String(producer.kafka.tls.ca).includes('BEGIN CERTIFICATE'));
});

test('security that cannot be names the key and the place', () => {
  assert.throws(
    () => kafka('security:\n  protocol: TLS'),
    /application.yml:4: spring.kafka.security.protocol: security.protocol is "TLS"; there are/,
  );
  assert.throws(
    () => kafka('properties:\n  security.protocol: SASL_SSL\n  sasl.mechanism: GSSAPI'),
    /application.yml:5: spring.kafka.properties.sasl.mechanism: sasl.mechanism GSSAPI is not served/,
  );
});
