import { expectNoLines, type Check } from '../checking.ts';

/** kafka-configs: topics, brokers, groups. */
export const configChecks: readonly Check[] = [
  {
    name: 'configs: of a topic',
    run: async (c) => {
      const name = c.name('conf');
      const topic = ['--entity-type', 'topics', '--entity-name', name];
      await c.prints('kafka-topics', ['--create', '--topic', name], [/Created topic/]);
      await c.prints(
        'kafka-configs',
        [...topic, '--alter', '--add-config', 'retention.ms=5000,cleanup.policy=[compact,delete]'],
        [/Completed updating config for topic/],
      );
      await c.untilPrints(
        'kafka-configs',
        [...topic, '--describe'],
        [
          /retention\.ms=5000 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:retention\.ms=5000/,
          /cleanup\.policy=compact,delete/,
        ],
      );
      await c.prints(
        'kafka-configs',
        [...topic, '--describe', '--all'],
        [
          /segment\.bytes=1073741824 sensitive=false synonyms=\{DEFAULT_CONFIG:log\.segment\.bytes=1073741824\}/,
          /min\.insync\.replicas=1/,
        ],
      );
      await c.prints('kafka-configs', [...topic, '--alter', '--delete-config', 'retention.ms'], [/Completed/]);
      const text = await c.untilPrints('kafka-configs', [...topic, '--describe'], [/cleanup\.policy=compact,delete/]);
      expectNoLines('after --delete-config', text, [/retention\.ms=5000/]);
    },
  },
  {
    name: 'configs: refused',
    run: async (c) => {
      const name = c.name('strict');
      const topic = ['--entity-type', 'topics', '--entity-name', name];
      await c.prints('kafka-topics', ['--create', '--topic', name], [/Created topic/]);
      await c.refuses(
        'kafka-configs',
        [...topic, '--alter', '--add-config', 'retention.ms=x'],
        [/Invalid value x for configuration retention\.ms/],
      );
      await c.refuses(
        'kafka-configs',
        [...topic, '--alter', '--add-config', 'foo=1'],
        [/Unknown topic config name: foo/],
      );
      await c.prints('kafka-configs', [...topic, '--alter', '--delete-config', 'segment.ms'], [/Completed/]);
      await c.refuses(
        'kafka-configs',
        ['--entity-type', 'topics', '--entity-name', c.name('none'), '--describe'],
        [/does(n't| not) exist|UnknownTopicOrPartition/],
      );
    },
  },
  {
    name: 'configs: of the broker and of all brokers',
    run: async (c) => {
      const broker = ['--entity-type', 'brokers', '--entity-name', '1'];
      const all = ['--entity-type', 'brokers', '--entity-default'];
      await c.prints(
        'kafka-configs',
        [...broker, '--describe', '--all'],
        [/num\.partitions=/, /log\.retention\.hours=168/, /node\.id=1/],
      );
      await c.prints(
        'kafka-configs',
        [...broker, '--alter', '--add-config', 'log.cleaner.backoff.ms=20000'],
        [/Completed updating config for broker 1/],
      );
      await c.untilPrints(
        'kafka-configs',
        [...broker, '--describe'],
        [/log\.cleaner\.backoff\.ms=20000 .*DYNAMIC_BROKER_CONFIG/],
      );
      await c.prints(
        'kafka-configs',
        [...broker, '--alter', '--delete-config', 'log.cleaner.backoff.ms'],
        [/Completed/],
      );
      await c.prints(
        'kafka-configs',
        [...all, '--alter', '--add-config', 'log.cleaner.backoff.ms=21000'],
        [/Completed updating default config for brokers/],
      );
      await c.untilPrints('kafka-configs', [...all, '--describe'], [/log\.cleaner\.backoff\.ms=21000/]);
      await c.prints('kafka-configs', [...all, '--alter', '--delete-config', 'log.cleaner.backoff.ms'], [/Completed/]);
      await c.refuses(
        'kafka-configs',
        [...broker, '--alter', '--add-config', 'broker.rack=x'],
        [/Cannot update these configs dynamically|Config\(s\) .*cannot be updated/i],
      );
    },
  },
];
