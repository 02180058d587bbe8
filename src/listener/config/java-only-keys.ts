/**
 * Settings of Java's clients that have nothing to change here, because what they tune works in another way or does not exist. They are accepted,
 * so that a file written for Spring can stay as it is, and named in a warning.
 */
export const JAVA_ONLY_KEYS: ReadonlySet<string> = new Set([
  'auto.include.jmx.reporter',
  'check.crcs',
  'client.dns.lookup',
  'compression.gzip.level',
  'compression.lz4.level',
  'compression.zstd.level',
  'default.api.timeout.ms',
  'enable.metrics.push',
  'exclude.internal.topics',
  'metadata.max.idle.ms',
  'metadata.recovery.rebootstrap.trigger.ms',
  'metadata.recovery.strategy',
  'metric.reporters',
  'metrics.num.samples',
  'metrics.recording.level',
  'metrics.sample.window.ms',
  'partitioner.adaptive.partitioning.enable',
  'partitioner.availability.timeout.ms',
  'receive.buffer.bytes',
  'reconnect.backoff.max.ms',
  'reconnect.backoff.ms',
  'retries',
  'sasl.login.connect.timeout.ms',
  'sasl.login.read.timeout.ms',
  'send.buffer.bytes',
  'socket.connection.setup.timeout.max.ms',
  'ssl.enabled.protocols',
  'ssl.protocol',
]);

/** Settings of Spring's serializers that work on Java's classes: there are none here. */
export const JAVA_ONLY_PREFIXES: readonly string[] = ['spring.json.', 'spring.deserializer.', 'spring.jackson.'];
