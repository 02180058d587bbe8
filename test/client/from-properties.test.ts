import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromProperties } from '../../src/client/from-properties.ts';

const base = { 'bootstrap.servers': 'a:9092,b:9092' };

test('keys of Java’s clients and of librdkafka become options', () => {
  const java = fromProperties({
    ...base,
    'client.id': 'shop',
    'request.timeout.ms': 1000,
    acks: -1,
    'linger.ms': '0.5',
    'enable.idempotence': true,
    'compression.type': 'lz4',
    'group.id': 'g',
    'enable.auto.commit': 'false',
    'partition.assignment.strategy':
      'org.apache.kafka.clients.consumer.RangeAssignor, org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
    'auto.offset.reset': 'by_duration:P1DT2H0.5S',
  });
  assert.deepEqual(java, {
    kafka: { bootstrapServers: 'a:9092,b:9092', clientId: 'shop', requestTimeoutMs: 1000 },
    producer: { acks: 'all', lingerMs: 0.5, idempotence: true, compression: 'lz4' },
    consumer: {
      groupId: 'g',
      commitMode: 'manual',
      assignors: ['range', 'cooperative-sticky'],
      offsetReset: { durationMs: 93_600_500 },
    },
  });
  const rdkafka = fromProperties({
    'metadata.broker.list': 'a:9092',
    'message.timeout.ms': 5,
    'partition.assignment.strategy': 'cooperative-sticky',
    'auto.offset.reset': 'smallest',
  });
  assert.deepEqual(rdkafka, {
    kafka: { bootstrapServers: 'a:9092' },
    producer: { deliveryTimeoutMs: 5 },
    consumer: { assignors: ['cooperative-sticky'], offsetReset: 'earliest' },
  });
});

test('what is not known or cannot be read is named', () => {
  const faults: [Record<string, string | number>, RegExp][] = [
    [{ ...base, 'linger.msec': 5 }, /linger\.msec is not known: did you mean linger\.ms/],
    [{ ...base, 'batch.size': 'big' }, /batch\.size is "big"; a whole number/],
    [{ ...base, 'batch.size': -1 }, /batch\.size is "-1"/],
    [{ ...base, acks: 2 }, /acks is "2"; all, -1, 1 or 0/],
    [{ ...base, 'compression.type': 'brotli' }, /there are none, gzip, snappy, lz4, zstd/],
    [{ ...base, 'enable.auto.commit': 'yes' }, /true or false/],
    [{ ...base, 'partition.assignment.strategy': 'range,mine' }, /there are range/],
    [{ ...base, 'auto.offset.reset': 'by_duration:P' }, /ISO 8601/],
    [{ constructor: 'x' }, /constructor is not known/],
    [{ 'client.id': 'x' }, /bootstrap\.servers is missing/],
  ];
  for (const [properties, message] of faults) {
    assert.throws(() => fromProperties(properties), { code: 'INVALID_ARGUMENT', message });
  }
});
