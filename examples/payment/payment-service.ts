import { setTimeout as pause } from 'node:timers/promises';
import { KafkaApplication } from 'posthorn/listener';
import { die, stopWith, tell } from '../worker.ts';
import { Books, UnknownProduct } from './books.ts';
import { PaymentListener } from './payment-listener.ts';

// The service that books payments, in a process of its own: configured by application.yml beside it.
const [location = '', file = '', diesAfter = ''] = process.argv.slice(2);
const books = new Books(file);
const listener = new PaymentListener(books, async (told) => {
  tell(told);
  if (told.booked === undefined || told.booked !== diesAfter) return;
  // Time for what was told to arrive, and then the machine fails: after the booking, before the commit.
  await pause(50);
  await die();
});
const application = await KafkaApplication.start({
  location,
  listeners: [listener],
  // No further attempt will find the product.
  errorHandling: { notRetryable: [UnknownProduct] },
  logLevel: 'error',
});
stopWith(() => void application.stop().then(() => books.close()));
