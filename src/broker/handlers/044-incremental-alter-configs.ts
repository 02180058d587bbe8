import { incrementalAlterConfigs } from '../../protocol/messages/044-incremental-alter-configs.ts';
import { alteredLoggers, ResourceType } from '../requests/config-resources.ts';
import { handler } from '../requests/handler.ts';

/** Changes single settings of resources (IncrementalAlterConfigs; KIP-339). */
export const handleIncrementalAlterConfigs = handler(
  incrementalAlterConfigs,
  async ({ resources, validateOnly }, _context, broker) => {
    const loggers = resources.filter(({ resourceType }) => resourceType === ResourceType.brokerLogger);
    const others = resources.filter(({ resourceType }) => resourceType !== ResourceType.brokerLogger);
    const changes = [
      ...alteredLoggers(loggers),
      ...(await broker.controller.incrementalAlterConfigs({ resources: others, validateOnly })),
    ];
    return {
      responses: changes.map(({ resourceType, resourceName, error, message }) => ({
        errorCode: error.code,
        errorMessage: message,
        resourceType,
        resourceName,
      })),
    };
  },
);
