import type { GroupRequestContext } from '../../coordinator/group/request-context.ts';
import type { RequestContext } from '../requests/request-context.ts';

/** What a group's decisions may know of a request. */
export function groupContext(context: RequestContext): GroupRequestContext {
  return {
    apiVersion: context.apiVersion,
    clientId: context.clientId,
    clientHost: `/${context.peer.remoteAddress}`,
    connectionId: context.peer.connectionId,
  };
}
