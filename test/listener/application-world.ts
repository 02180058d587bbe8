import type { TestContext } from 'node:test';
import { KafkaApplication, type ApplicationOptions } from '../../src/listener/index.ts';
import { brokerFor } from '../client/client-world.ts';
import { QUICK_GROUPS } from '../client/consumer/consumer-world.ts';

export type Settings = Readonly<Record<string, string | number | boolean>>;

/** A broker, and applications on it that end with the test. Values are JSON, groups begin at the beginning. */
export class ApplicationWorld {
  readonly bootstrapServers: string;
  readonly #applications: KafkaApplication[];

  private constructor(bootstrapServers: string, applications: KafkaApplication[]) {
    this.bootstrapServers = bootstrapServers;
    this.#applications = applications;
  }

  static async open(context: TestContext): Promise<ApplicationWorld> {
    const applications: KafkaApplication[] = [];
    // First noted, first done: the broker goes last.
    context.after(() => Promise.all(applications.map((application) => application.stop())));
    const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
    return new ApplicationWorld(bootstrapServers, applications);
  }

  application(options: ApplicationOptions = {}, settings: Settings = {}): KafkaApplication {
    const application = new KafkaApplication({
      logLevel: 'silent',
      environment: {},
      ...options,
      properties: {
        'spring.kafka.bootstrap-servers': this.bootstrapServers,
        'spring.kafka.consumer.auto-offset-reset': 'earliest',
        'spring.kafka.consumer.value-deserializer': 'json',
        'spring.kafka.producer.value-serializer': 'json',
        'spring.kafka.producer.properties.linger.ms': 0,
        ...settings,
      },
    });
    this.#applications.push(application);
    return application;
  }

  /** As {@link application}, started. */
  async start(options: ApplicationOptions = {}, settings: Settings = {}): Promise<KafkaApplication> {
    const application = this.application(options, settings);
    await application.start();
    return application;
  }
}

/** What was said so far; resolves when it is as much as is waited for. */
export class Heard<T> {
  readonly items: T[] = [];
  #waiting: { readonly count: number; readonly done: () => void }[] = [];

  add(item: T): void {
    this.items.push(item);
    this.#waiting = this.#waiting.filter(({ count, done }) => {
      if (this.items.length < count) return true;
      done();
      return false;
    });
  }

  async count(count: number): Promise<T[]> {
    if (this.items.length < count) {
      await new Promise<void>((done) => {
        this.#waiting.push({ count, done });
      });
    }
    return this.items;
  }
}
