import { Kafka, json, string } from 'posthorn/client';
import { stopWith, tell } from '../worker.ts';
import { book, type Booking, type Transfer } from './booking.ts';

// The same as copier.ts in the short form, which handles as well what that leaves out: rebalances, aborts, being shut out.
const [bootstrapServers = ''] = process.argv.slice(2);
const stop = new AbortController();
stopWith(() => stop.abort());

await new Kafka({ bootstrapServers }).exactlyOnce(
  {
    topics: ['transfers'],
    groupId: 'bookkeeper-in-short',
    transactionalId: 'bookkeeper-in-short-1',
    consumer: {
      groupInstanceId: 'bookkeeper-in-short-1',
      groupProtocol: 'classic',
      valueDeserializer: json<Transfer>(),
      offsetReset: 'earliest',
      partitionMaxBytes: 1,
    },
    producer: { keySerializer: string, valueSerializer: json<Booking>() },
    signal: stop.signal,
  },
  (batch, producer) => {
    for (const { value } of batch) {
      for (const booking of value === null ? [] : book(value)) {
        void producer.send({ topic: 'bookings-in-short', key: booking.account, value: booking });
      }
    }
    tell({ firstOffset: batch.firstOffset });
  },
);
