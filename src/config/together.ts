import type { BrokerConfig } from './broker-config.ts';
import type { BrokerKey } from './broker-settings.ts';
import { logDirectoriesOf } from './log-directories.ts';

/** Two settings that do not go together. `isRequirement`: Kafka says "requirement failed" first where it is set at run time. */
export interface Conflict {
  readonly message: string;
  readonly isRequirement: boolean;
}

/** What is wrong with settings that are each valid: the rules of KafkaConfig, GroupCoordinatorConfig, ShareGroupConfig. */
export function findConflicts(config: BrokerConfig): readonly Conflict[] {
  return [
    ...identityConflicts(config),
    ...logConflicts(config),
    ...networkConflicts(config),
    ...groupConflicts(config),
  ];
}

function required(holds: boolean, message: string): readonly Conflict[] {
  return holds ? [] : [{ message, isRequirement: true }];
}

function identityConflicts(config: BrokerConfig): readonly Conflict[] {
  const conflicts: Conflict[] = [];
  if (config.get('node.id') !== config.get('broker.id')) {
    conflicts.push({ message: 'You must set `node.id` to the same value as `broker.id`.', isRequirement: false });
  }
  const roles = config.get('process.roles');
  if (roles !== null && !roles.includes('broker')) {
    const message = `process.roles=${roles.join(',')}: a Posthorn process is always a broker. Allowed: broker, or broker,controller.`;
    conflicts.push({ message, isRequirement: false });
  }
  return conflicts;
}

function logConflicts(config: BrokerConfig): readonly Conflict[] {
  const rollMs = config.get('log.roll.ms') ?? 1;
  const jitterMs = config.get('log.roll.jitter.ms') ?? 0;
  const retention =
    config.get('log.retention.ms') ?? config.get('log.retention.minutes') ?? config.get('log.retention.hours');
  const cordoned = config.get('cordoned.log.dirs');
  const threads = config.get('log.cleaner.threads');
  const bufferPerThread = threads === 0 ? 0 : config.get('log.cleaner.dedupe.buffer.size') / threads;
  const waitMs = config.get('replica.fetch.wait.max.ms');
  return [
    ...required(rollMs >= 1, 'log.roll.ms must be greater than or equal to 1'),
    ...required(jitterMs >= 0, 'log.roll.jitter.ms must be greater than or equal to 0'),
    ...required(retention !== 0, 'log.retention.ms must be unlimited (-1) or, greater than or equal to 1'),
    ...required(
      cordoned.length <= 1 || !cordoned.includes('*'),
      'When cordoned.log.dirs is set to *, it must not contain other values',
    ),
    ...cordonedUnknown(config),
    ...required(
      bufferPerThread > 1024 * 1024,
      'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.',
    ),
    ...required(
      waitMs <= config.get('replica.socket.timeout.ms'),
      'replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket timeouts',
    ),
    ...required(
      waitMs <= config.get('replica.lag.time.max.ms'),
      'replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent changes in ISR',
    ),
  ];
}

function cordonedUnknown(config: BrokerConfig): readonly Conflict[] {
  const directories = logDirectoriesOf(config);
  const missing = config.get('cordoned.log.dirs').filter((name) => name !== '*' && !directories.includes(name));
  const message = `All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : ${missing.join(', ')}`;
  return required(missing.length === 0, message);
}

const ENDPOINT = /^[^:/\s]+:\/\/(\[[0-9a-fA-F:.%]*\]|[0-9a-zA-Z\-%._:]*):-?[0-9]+$/;

function networkConflicts(config: BrokerConfig): readonly Conflict[] {
  const conflicts: Conflict[] = [];
  for (const key of ['listeners', 'advertised.listeners'] as const) {
    const bad = (config.get(key) ?? []).find((endpoint) => !ENDPOINT.test(endpoint.trim()));
    if (bad === undefined) continue;
    conflicts.push({ message: `${key}: ${bad} is not NAME://host:port`, isRequirement: false });
  }
  const advertised = config.get('advertised.listeners') ?? [];
  const queued = config.get('queued.max.request.bytes');
  return [
    ...conflicts,
    ...required(
      !advertised.some((endpoint) => endpoint.includes('//0.0.0.0:')),
      'advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.',
    ),
    ...required(
      queued <= 0 || queued >= config.get('socket.request.max.bytes'),
      'queued.max.request.bytes must be larger or equal to socket.request.max.bytes',
    ),
    ...required(
      config.get('max.connections.per.ip') > 0 || config.get('max.connections.per.ip.overrides') !== '',
      'max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.',
    ),
  ];
}

/** A limit and what it limits: `[smaller, larger]` with the smaller not above the larger. */
type Order = readonly [smaller: BrokerKey, larger: BrokerKey];

const AT_MOST: readonly Order[] = [
  ['group.min.session.timeout.ms', 'group.max.session.timeout.ms'],
  ...bounded('group.consumer', ['heartbeat.interval.ms', 'session.timeout.ms', 'assignment.interval.ms']),
  ...bounded('group.share', ['heartbeat.interval.ms', 'session.timeout.ms', 'assignment.interval.ms']),
  ...bounded('group.share', ['record.lock.duration.ms', 'delivery.count.limit', 'partition.max.record.locks']),
  ...bounded('group.streams', ['heartbeat.interval.ms', 'session.timeout.ms', 'assignment.interval.ms']),
  ['group.streams.num.standby.replicas', 'group.streams.max.standby.replicas'],
];

/** A setting, the least and the most that a group may choose for itself: `p.min.x` <= `p.x` <= `p.max.x`. */
function bounded(prefix: string, names: readonly string[]): readonly Order[] {
  return names.flatMap((name) => {
    const [value, min, max] = [`${prefix}.${name}`, `${prefix}.min.${name}`, `${prefix}.max.${name}`] as BrokerKey[];
    return [[min!, max!] as const, [min!, value!] as const, [value!, max!] as const];
  });
}

function groupConflicts(config: BrokerConfig): readonly Conflict[] {
  const conflicts: Conflict[] = [];
  const refuse = (message: string): void => void conflicts.push({ message, isRequirement: false });
  for (const [smaller, larger] of AT_MOST) {
    if ((config.get(smaller) as number) <= (config.get(larger) as number)) continue;
    // The setting that a group inherits is named first; of two limits it is the upper one.
    if (larger.includes('.max.') && !smaller.includes('.min.'))
      refuse(`${smaller} must be less than or equal to ${larger}`);
    else refuse(`${larger} must be greater than or equal to ${smaller}`);
  }
  for (const prefix of ['group.consumer', 'group.share', 'group.streams'] as const) {
    const heartbeat = config.get(`${prefix}.heartbeat.interval.ms`);
    if (heartbeat < config.get(`${prefix}.session.timeout.ms`)) continue;
    refuse(`${prefix}.heartbeat.interval.ms must be less than ${prefix}.session.timeout.ms`);
  }
  const assignors = config.get('group.share.assignors');
  if (assignors.length !== 1) {
    refuse(`group.share.assignors must contain exactly one assignor, but found ${assignors.length}`);
  }
  return conflicts;
}
