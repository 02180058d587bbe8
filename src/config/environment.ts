/**
 * Variables that begin like settings but are none. The first eleven are those that Kafka's official image leaves out;
 * the others are common in the environments of applications and of other images.
 */
const NOT_SETTINGS: ReadonlySet<string> = new Set([
  'KAFKA_VERSION',
  'KAFKA_HEAP_OPTS',
  'KAFKA_LOG4J_OPTS',
  'KAFKA_OPTS',
  'KAFKA_JMX_OPTS',
  'KAFKA_JVM_PERFORMANCE_OPTS',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_LOG4J_ROOT_LOGLEVEL',
  'KAFKA_LOG4J_LOGGERS',
  'KAFKA_TOOLS_LOG4J_LOGLEVEL',
  'KAFKA_JMX_HOSTNAME',
  'KAFKA_BOOTSTRAP_SERVER',
  'KAFKA_BOOTSTRAP_SERVERS',
  'KAFKA_BROKER',
  'KAFKA_BROKERS',
  'KAFKA_BROKER_URL',
  'KAFKA_CLIENT_ID',
  'KAFKA_CLUSTER_ID',
  'KAFKA_DEBUG',
  'KAFKA_DIR',
  'KAFKA_GROUP_ID',
  'KAFKA_HOME',
  'KAFKA_HOST',
  'KAFKA_JMX_PORT',
  'KAFKA_PASSWORD',
  'KAFKA_PORT',
  'KAFKA_TOPIC',
  'KAFKA_URL',
  'KAFKA_USER',
  'KAFKA_USERNAME',
]);

/** A setting given by a variable of the environment. */
export interface EnvironmentSetting {
  readonly variable: string;
  readonly key: string;
  readonly value: string;
}

/**
 * The settings in an environment, by the rule of Kafka's official image: KAFKA_LOG_RETENTION_MS is log.retention.ms, two
 * underscores are one, three are a dash; advertised listeners alone make the broker listen on all addresses at their ports.
 * POSTHORN_ is short for KAFKA_POSTHORN_, and POSTHORN_PROFILE is `profile`.
 */
export function settingsFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): readonly EnvironmentSetting[] {
  const settings: EnvironmentSetting[] = [];
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || NOT_SETTINGS.has(variable)) continue;
    const name = nameOf(variable);
    if (name === null) continue;
    const key = name.toLowerCase().replaceAll('_', '.').replaceAll('...', '-').replaceAll('..', '_');
    settings.push({ variable, key, value });
  }
  const advertised = environment['KAFKA_ADVERTISED_LISTENERS'];
  if (advertised !== undefined && environment['KAFKA_LISTENERS'] === undefined) {
    const value = advertised.replace(/:\/\/(\[[^\]]*\]|[^:,]*):/g, '://0.0.0.0:');
    settings.push({ variable: 'KAFKA_ADVERTISED_LISTENERS', key: 'listeners', value });
  }
  return settings;
}

function nameOf(variable: string): string | null {
  if (variable === 'POSTHORN_PROFILE') return 'profile';
  if (variable.startsWith('POSTHORN_')) return variable;
  return variable.startsWith('KAFKA_') ? variable.slice('KAFKA_'.length) : null;
}
