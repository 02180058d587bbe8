import { api, array, errorCode, string } from '../schema.ts';

/** Names the SASL mechanism. After version 1 tokens travel in SaslAuthenticate, after 0 bare on the connection. */
export const saslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: '0-1',
  flexible: 'none',
  request: {
    mechanism: string(),
  },
  response: {
    errorCode: errorCode(),
    mechanisms: array(string()),
  },
});
