import assert from 'node:assert/strict';
import { test } from 'node:test';
import { javaError, javaMessage } from '../../src/cli/tools/java-error.ts';
import { BrokerError, KafkaError } from '../../src/client/client-error.ts';
import { E } from '../../src/protocol/errors.ts';

test("a refused login is told with the broker's words alone, and with Java's class", () => {
  const told = new BrokerError(E.SASL_AUTHENTICATION_FAILED, 'PLAIN', 'Invalid username or password');
  const error = new KafkaError('AUTHENTICATION_FAILED', `login at a:1 failed: PLAIN: ${told.text}`, { cause: told });
  assert.equal(javaMessage(error), 'Invalid username or password');
  assert.equal(
    javaError(error),
    'org.apache.kafka.common.errors.SaslAuthenticationException: Invalid username or password',
  );
});

test('a door that stays shut for another reason is told in our own words', () => {
  const error = new KafkaError('AUTHENTICATION_FAILED', 'a:1 has a certificate of an unknown authority');
  assert.equal(javaError(error), 'a:1 has a certificate of an unknown authority');
});
