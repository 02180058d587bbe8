import { ZERO_UUID } from '../../base/uuid.ts';
import { E } from '../../protocol/errors.ts';
import { deleteTopics } from '../../protocol/messages/020-delete-topics.ts';
import { handler } from '../requests/handler.ts';

const FIRST_VERSION_BY_ID = 6;
/** Older clients do not know TOPIC_DELETION_DISABLED. */
const FIRST_VERSION_WITH_DISABLED = 3;

/** Deletes topics by name, from version 6 on also by id (DeleteTopics; KIP-516). */
export const handleDeleteTopics = handler(deleteTopics, async (request, context, broker) => {
  const references =
    context.apiVersion >= FIRST_VERSION_BY_ID
      ? request.topics
      : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
  const deleted = await broker.controller.deleteTopics(references);
  return {
    responses: deleted.map(({ name, topicId, error, message }) => ({
      name: name ?? (context.apiVersion >= FIRST_VERSION_BY_ID ? null : ''),
      topicId,
      errorCode:
        error === E.TOPIC_DELETION_DISABLED && context.apiVersion < FIRST_VERSION_WITH_DISABLED
          ? E.INVALID_REQUEST.code
          : error.code,
      errorMessage: message,
    })),
  };
});
