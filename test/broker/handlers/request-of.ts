import { emptyStruct } from '../../../src/broker/requests/error-response.ts';
import type { Api, Fields, Write } from '../../../src/protocol/schema.ts';

/** A request with the fields given, and every other at its default or empty. */
export function requestOf<Req extends Fields>(api: Api<Req>, given: Partial<Write<Req>> = {}): Write<Req> {
  return { ...(emptyStruct(api.request.fields) as Write<Req>), ...given };
}
