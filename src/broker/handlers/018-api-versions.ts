import { E } from '../../protocol/errors.ts';
import { apiVersions } from '../../protocol/messages/018-api-versions.ts';
import { SUPPORTED_FEATURES } from '../../controller/features.ts';
import { handler } from '../requests/handler.ts';

const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;
const FIRST_VERSION_WITH_SOFTWARE = 3;
const FIRST_VERSION_WITH_FEATURES_FROM_ZERO = 4;

/** Which APIs, versions and features this broker has (ApiVersions; KIP-35, 511, 584). */
export const handleApiVersions = handler(apiVersions, (request, context, broker) => {
  const { clientSoftwareName: name, clientSoftwareVersion: version } = request;
  if (context.apiVersion >= FIRST_VERSION_WITH_SOFTWARE) {
    if (!SOFTWARE_NAME.test(name) || !SOFTWARE_NAME.test(version)) {
      return { errorCode: E.INVALID_REQUEST.code, apiKeys: [], throttleTimeMs: 0 };
    }
    context.peer.softwareName = name;
    context.peer.softwareVersion = version;
  }
  const image = broker.image();
  return {
    errorCode: E.NONE.code,
    apiKeys: broker.servedApis().map(({ key, min, max }) => ({ apiKey: key, minVersion: min, maxVersion: max })),
    throttleTimeMs: 0,
    // Old Java clients cannot parse a feature whose lowest level is 0 (KIP-584).
    supportedFeatures: SUPPORTED_FEATURES.filter(
      ({ minVersion }) => minVersion > 0 || context.apiVersion >= FIRST_VERSION_WITH_FEATURES_FROM_ZERO,
    ),
    finalizedFeaturesEpoch: image.revision,
    finalizedFeatures: [...image.features]
      .filter(([, level]) => level > 0)
      .map(([feature, level]) => ({ name: feature, maxVersionLevel: level, minVersionLevel: level })),
  };
});
