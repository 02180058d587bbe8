import { BrokerError } from '../../client/client-error.ts';
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
};

/** An error as Java prints it: its class, and what the broker said. */
export function javaError(error: Error): string {
  if (!(error instanceof BrokerError)) return error.message;
  const { name } = error.spec;
  const words = name.split('_').map((word) => `${word.slice(0, 1)}${word.slice(1).toLowerCase()}`);
  return `${PACKAGE}${irregular[name] ?? `${words.join('')}Exception`}: ${error.text}`;
}
