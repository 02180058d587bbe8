import { api, array, bool, errorCode, int16, int32, int64, string } from '../schema.ts';

/**
 * Says which APIs, versions and features the broker has. Its response header is always v0; an unknown version is
 * answered in v0. 3 names the client's software (KIP-511), 4 allows features from level 0.
 */
export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: '0-4',
  flexible: '3+',
  request: {
    clientSoftwareName: string({ versions: '3+', ignorable: true }),
    clientSoftwareVersion: string({ versions: '3+', ignorable: true }),
  },
  response: {
    errorCode: errorCode(),
    apiKeys: array({
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16(),
    }),
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    supportedFeatures: array(
      {
        name: string(),
        minVersion: int16(),
        maxVersion: int16(),
      },
      { versions: '3+', tag: 0, tagged: '3+', ignorable: true },
    ),
    finalizedFeaturesEpoch: int64({ versions: '3+', default: -1, tag: 1, tagged: '3+', ignorable: true }),
    finalizedFeatures: array(
      {
        name: string(),
        maxVersionLevel: int16(),
        minVersionLevel: int16(),
      },
      { versions: '3+', tag: 2, tagged: '3+', ignorable: true },
    ),
    zkMigrationReady: bool({ versions: '3+', default: false, tag: 3, tagged: '3+', ignorable: true }),
  },
});
