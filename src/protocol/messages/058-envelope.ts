import { api, bytes, errorCode } from '../schema.ts';

/**
 * Carries a client's request, header and body, from the broker that it reached to the controller (KIP-590). The answer
 * carries the controller's, header and body; without one, what kept the controller from giving it.
 */
export const envelope = api({
  key: 58,
  name: 'Envelope',
  versions: '0',
  flexible: '0+',
  request: {
    requestData: bytes(),
    requestPrincipal: bytes({ nullable: '0+' }),
    clientHostAddress: bytes(),
  },
  response: {
    responseData: bytes({ nullable: '0+', default: null }),
    errorCode: errorCode(),
  },
});
