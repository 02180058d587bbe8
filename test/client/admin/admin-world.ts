import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Admin } from '../../../src/client/admin/admin.ts';
import { KafkaError } from '../../../src/client/client-error.ts';
import { Kafka } from '../../../src/client/kafka.ts';
import { brokerFor, clientRuntime } from '../client-world.ts';

export interface AdminWorld {
  readonly admin: Admin;
  readonly bootstrapServers: string;
}

/** An admin of a broker in memory; both end with the test. */
export async function adminFor(context: TestContext, requestTimeoutMs = 5000): Promise<AdminWorld> {
  const { bootstrapServers } = await brokerFor(context);
  const admin = new Kafka({ bootstrapServers, requestTimeoutMs }, clientRuntime()).admin();
  context.after(() => admin.close());
  return { admin, bootstrapServers };
}

/** The code of an outcome that is an error; `ok` otherwise. */
export function codeOf(outcome: unknown): string {
  return outcome instanceof KafkaError ? outcome.code : 'ok';
}

/** The value of an outcome, which has to be one. */
export function valueOf<V>(outcome: V | KafkaError | undefined): V {
  assert.ok(outcome !== undefined && !(outcome instanceof KafkaError), String(outcome));
  return outcome;
}
