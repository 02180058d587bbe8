import { requestHeaderVersion } from '../protocol/api-table.ts';
import { encode } from '../protocol/codec.ts';
import { requestHeader } from '../protocol/request-header.ts';
import type { Api, Fields, Write } from '../protocol/schema.ts';
import { closedFrame, openFrame } from './frame.ts';

/** A request on its way out. */
export interface Outgoing<Req extends Fields, Res extends Fields> {
  readonly api: Api<Req, Res>;
  readonly version: number;
  readonly body: Write<Req>;
}

/** A request as it goes over the wire. Throws when the version cannot carry the body. */
export function requestFrame<Req extends Fields, Res extends Fields>(
  { api, version, body }: Outgoing<Req, Res>,
  correlationId: number,
  clientId: string,
): Uint8Array[] {
  const writer = openFrame();
  encode(requestHeader, requestHeaderVersion(api.key, version), writer, {
    requestApiKey: api.key,
    requestApiVersion: version,
    correlationId,
    clientId,
  });
  encode(api.request, version, writer, body);
  return closedFrame(writer);
}
