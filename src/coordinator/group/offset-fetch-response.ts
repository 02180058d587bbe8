import type { offsetFetch } from '../../protocol/messages/009-offset-fetch.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import { errorOf } from '../../protocol/errors.ts';
import { noOffset, type GroupOffsetsAnswer } from './offset-fetch.ts';

/** From this version on an answer has a part for each group (KIP-709). */
export const GROUPS_VERSION = 8;
/** From this version on an error of the whole group has a place of its own. */
const GROUP_ERROR_VERSION = 2;

/** The response of the request's version. */
export function offsetFetchResponse(
  answers: readonly GroupOffsetsAnswer[],
  request: ReadMessage<typeof offsetFetch.request>,
  apiVersion: number,
): WriteMessage<typeof offsetFetch.response> {
  if (apiVersion >= GROUPS_VERSION) return { topics: [], groups: answers };
  const { errorCode, topics } = answers[0]!;
  if (errorCode === 0 || apiVersion >= GROUP_ERROR_VERSION) return { topics, errorCode, groups: [] };
  const failed = (request.topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => noOffset(partition, errorOf(errorCode))),
  }));
  return { topics: failed, groups: [] };
}
