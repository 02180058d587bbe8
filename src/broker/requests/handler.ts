import type { Api, Fields, Read, Write } from '../../protocol/schema.ts';
import type { Reply } from './reply.ts';
import type { BrokerServices } from '../services.ts';
import type { RequestContext } from './request-context.ts';

/**
 * How one API key is served. A handler authorises, translates and delegates; it holds no state.
 * Throwing ends the connection: every expected outcome is an answer.
 */
export interface Handler<Req extends Fields = Fields, Res extends Fields = Fields> {
  readonly api: Api<Req, Res>;
  /** Answers by calling `reply` exactly once, in this turn or later. */
  serve(request: Read<Req>, context: RequestContext, broker: BrokerServices, reply: Reply<Res>): void;
}
export type AnyHandler = Handler;

/** A handler that returns its answer, or a promise of it. */
export function handler<Req extends Fields, Res extends Fields>(
  api: Api<Req, Res>,
  serve: (request: Read<Req>, context: RequestContext, broker: BrokerServices) => Write<Res> | Promise<Write<Res>>,
): AnyHandler {
  const served: Handler<Req, Res> = {
    api,
    serve(request, context, broker, reply) {
      const answer = serve(request, context, broker);
      if (answer instanceof Promise) {
        answer
          .then((response) => reply(response))
          .catch((error: unknown) => broker.failed(context, error, reply as Reply<Fields>));
      } else {
        reply(answer);
      }
    },
  };
  return served;
}

/** A handler that answers by itself, for the paths where a promise per request costs too much. */
export function directHandler<Req extends Fields, Res extends Fields>(
  api: Api<Req, Res>,
  serve: Handler<Req, Res>['serve'],
): AnyHandler {
  return { api, serve };
}
