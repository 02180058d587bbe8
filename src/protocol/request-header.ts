import { int16, int32, message, string } from './schema.ts';

/**
 * What stands before every request. Version 2 comes with flexible requests; its client id keeps the old encoding so
 * that a broker can read it before it knows the version. {@link requestHeaderVersion} in api-table tells the version.
 */
export const requestHeader = message({
  name: 'RequestHeader',
  versions: '1-2',
  flexible: '2+',
  fields: {
    requestApiKey: int16(),
    requestApiVersion: int16(),
    correlationId: int32(),
    clientId: string({ nullable: '1+', flexible: 'none' }),
  },
});

/** What stands before every response. */
export const responseHeader = message({
  name: 'ResponseHeader',
  versions: '0-1',
  flexible: '1+',
  fields: {
    correlationId: int32(),
  },
});

export { requestHeaderVersion, responseHeaderVersion } from './api-table.ts';
