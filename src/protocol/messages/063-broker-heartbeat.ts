import { api, array, bool, errorCode, int32, int64, uuid } from '../schema.ts';

/** Keeps a broker's registration alive (KIP-631). 1 offline directories (KIP-858); 2 cordoned ones (KIP-1066). */
export const brokerHeartbeat = api({
  key: 63,
  name: 'BrokerHeartbeat',
  versions: '0-2',
  flexible: '0+',
  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    currentMetadataOffset: int64(),
    wantFence: bool(),
    wantShutDown: bool(),
    offlineLogDirs: array(uuid(), { versions: '1+', tag: 0, tagged: '1+' }),
    cordonedLogDirs: array(uuid(), { versions: '2+', nullable: '2+', default: null, tag: 1, tagged: '2+' }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: errorCode(),
    isCaughtUp: bool({ default: false }),
    isFenced: bool({ default: true }),
    shouldShutDown: bool(),
  },
});
