import { BrokerError, KafkaError, TimeoutError } from '../../client/client-error.ts';
import type { ErrorName } from '../../protocol/errors.ts';

const PACKAGE = 'org.apache.kafka.common.errors.';

/** Errors whose class in Java is not called after their name. */
const irregular: Readonly<Partial<Record<ErrorName, string>>> = {
  TOPIC_ALREADY_EXISTS: 'TopicExistsException',
  INVALID_TOPIC_EXCEPTION: 'InvalidTopicException',
  INVALID_CONFIG: 'InvalidConfigurationException',
  NON_EMPTY_GROUP: 'GroupNotEmptyException',
  REQUEST_TIMED_OUT: 'TimeoutException',
  MESSAGE_TOO_LARGE: 'RecordTooLargeException',
  TOPIC_AUTHORIZATION_FAILED: 'TopicAuthorizationException',
  GROUP_AUTHORIZATION_FAILED: 'GroupAuthorizationException',
  CLUSTER_AUTHORIZATION_FAILED: 'ClusterAuthorizationException',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'TransactionalIdAuthorizationException',
  INVALID_TXN_STATE: 'InvalidTxnStateException',
  SASL_AUTHENTICATION_FAILED: 'SaslAuthenticationException',
};

/** An error that Java has a class for and the client has none. */
export class JavaException extends Error {
  override name = 'JavaException';
  readonly className: string;

  constructor(className: string, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.className = className;
  }
}

/** An error as Java prints it: its class, and what the broker said. */
export function javaError(error: Error): string {
  const name = javaClass(error);
  return name === undefined ? javaMessage(error) : `${name}: ${javaMessage(error)}`;
}

/** The class that Java has for an error; undefined for what has no class of Kafka's. */
export function javaClass(error: Error): string | undefined {
  if (error instanceof JavaException) return error.className;
  if (error instanceof TimeoutError) return `${PACKAGE}TimeoutException`;
  const answer = answerIn(error);
  if (answer === undefined) return undefined;
  const { name } = answer.spec;
  const words = name.split('_').map((word) => `${word.slice(0, 1)}${word.slice(1).toLowerCase()}`);
  return `${PACKAGE}${irregular[name] ?? `${words.join('')}Exception`}`;
}

/** What Java's `getMessage` says: the broker's words, or that no broker could be asked. */
export function javaMessage(error: unknown): string {
  const answer = answerIn(error);
  if (answer !== undefined) return answer.text;
  if (error instanceof TimeoutError && error.about !== undefined) {
    return `Timed out waiting for a node assignment. Call: ${callName(error.about)}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** What a broker answered, also to a login: the client then says where as well, Java does not. */
function answerIn(error: unknown): BrokerError | undefined {
  if (error instanceof BrokerError) return error;
  const isLogin = error instanceof KafkaError && error.code === 'AUTHENTICATION_FAILED';
  return isLogin && error.cause instanceof BrokerError ? error.cause : undefined;
}

/** Calls that Java names otherwise. */
const CALLS: Readonly<Record<string, string>> = {
  'describe topic': 'describeTopicPartitions',
  'describe group': 'describeConsumerGroups(api=FIND_COORDINATOR)',
  'delete group': 'deleteConsumerGroups(api=FIND_COORDINATOR)',
  'list the offsets of group': 'listConsumerGroupOffsets(api=FIND_COORDINATOR)',
};

/** A call by the name of Java's admin: `list topics` is `listTopics`. */
function callName(about: string): string {
  const irregularly = CALLS[about];
  if (irregularly !== undefined) return irregularly;
  const words = about.replaceAll(/\b(?:the|of)\s/g, '').split(' ');
  return words.map((word, index) => (index === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1))).join('');
}
