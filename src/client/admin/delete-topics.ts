import { ZERO_UUID, type Uuid } from '../../base/uuid.ts';
import { deleteTopics as deleteTopicsApi } from '../../protocol/messages/020-delete-topics.ts';
import { KafkaError } from '../client-error.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkNames } from './arguments.ts';
import { toldError, type Outcome, type Results } from './results.ts';

const TOPIC_IDS_VERSION = 6;

export async function deleteTopics(calls: AdminCalls, names: readonly string[]): Promise<Results<undefined>> {
  checkNames(names, 'topic');
  return calls.each('delete topic', 'controller', itemsOf(names), async (open) => {
    const answer = await calls.ask(await calls.controller(), deleteTopicsApi, (version) => ({
      topics: version < TOPIC_IDS_VERSION ? [] : [...open.keys()].map((name) => ({ name, topicId: ZERO_UUID })),
      topicNames: [...open.keys()],
      timeoutMs: calls.timeoutMs,
    }));
    return new Map(answer.responses.map((told) => outcomeOf(told.name ?? '', told)));
  });
}

export async function deleteTopicsById(calls: AdminCalls, topicIds: readonly Uuid[]): Promise<Results<undefined>> {
  checkNames(topicIds, 'topic id');
  return calls.each('delete topic', 'controller', itemsOf(topicIds), async (open) => {
    const answer = await calls.ask(await calls.controller(), deleteTopicsApi, (version) => {
      if (version < TOPIC_IDS_VERSION) throw new KafkaError('UNSUPPORTED', 'the broker does not delete by topic id');
      const topics = [...open.keys()].map((topicId) => ({ name: null, topicId }));
      return { topics, topicNames: [], timeoutMs: calls.timeoutMs };
    });
    return new Map(answer.responses.map((told) => outcomeOf(told.topicId, told)));
  });
}

function itemsOf(keys: readonly string[]): Map<string, string> {
  return new Map(keys.map((key) => [key, key]));
}

function outcomeOf(
  key: string,
  { errorCode, errorMessage }: { readonly errorCode: number; readonly errorMessage: string | null },
): [string, Outcome<undefined>] {
  return [key, toldError(`delete topic ${key}`, errorCode, errorMessage)];
}
