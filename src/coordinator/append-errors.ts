import { E, type ErrorSpec } from '../protocol/errors.ts';

/**
 * What a client is told when the append behind its request failed: clients of coordinators know how to act on these
 * and not on a log's errors (Kafka's CoordinatorOperationExceptionHelper).
 */
export function requestErrorOfAppend(error: ErrorSpec): ErrorSpec {
  switch (error) {
    case E.NETWORK_EXCEPTION:
      return E.COORDINATOR_LOAD_IN_PROGRESS;
    case E.UNKNOWN_TOPIC_OR_PARTITION:
    case E.NOT_ENOUGH_REPLICAS:
    case E.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case E.REQUEST_TIMED_OUT:
      return E.COORDINATOR_NOT_AVAILABLE;
    case E.NOT_LEADER_OR_FOLLOWER:
    case E.KAFKA_STORAGE_ERROR:
      return E.NOT_COORDINATOR;
    case E.MESSAGE_TOO_LARGE:
    case E.RECORD_LIST_TOO_LARGE:
    case E.INVALID_FETCH_SIZE:
      return E.UNKNOWN_SERVER_ERROR;
    default:
      return error;
  }
}
