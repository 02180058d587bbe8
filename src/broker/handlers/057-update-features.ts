import { E } from '../../protocol/errors.ts';
import { updateFeatures } from '../../protocol/messages/057-update-features.ts';
import { handler } from '../requests/handler.ts';

/** A failure is that of the whole request; a success is told by feature up to version 1. */
const LAST_VERSION_WITH_RESULTS = 1;
const UPGRADE = 1;
const SAFE_DOWNGRADE = 2;

/** Raises or lowers finalized feature levels, all or none (UpdateFeatures; KIP-584, 1022). */
export const handleUpdateFeatures = handler(
  updateFeatures,
  async ({ featureUpdates, validateOnly }, context, broker) => {
    const updates = featureUpdates.map(({ feature, maxVersionLevel, allowDowngrade, upgradeType }) => ({
      feature,
      maxVersionLevel,
      upgradeType: context.apiVersion === 0 ? (allowDowngrade ? SAFE_DOWNGRADE : UPGRADE) : upgradeType,
    }));
    const { error, message } = await broker.controller.updateFeatures({ updates, validateOnly });
    return {
      errorCode: error.code,
      errorMessage: message,
      results:
        error === E.NONE && context.apiVersion <= LAST_VERSION_WITH_RESULTS
          ? updates.map(({ feature }) => ({ feature, errorCode: error.code, errorMessage: error.name }))
          : [],
    };
  },
);
