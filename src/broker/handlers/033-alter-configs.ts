import { alterConfigs } from '../../protocol/messages/033-alter-configs.ts';
import { alteredLoggers, ResourceType } from '../requests/config-resources.ts';
import { handler } from '../requests/handler.ts';

/** Replaces all dynamic settings of resources (AlterConfigs; KIP-133). */
export const handleAlterConfigs = handler(alterConfigs, async ({ resources, validateOnly }, _context, broker) => {
  const loggers = resources.filter(({ resourceType }) => resourceType === ResourceType.brokerLogger);
  const others = resources.filter(({ resourceType }) => resourceType !== ResourceType.brokerLogger);
  const changes = [
    ...alteredLoggers(loggers),
    ...(await broker.controller.alterConfigs({ resources: others, validateOnly })),
  ];
  return {
    responses: changes.map(({ resourceType, resourceName, error, message }) => ({
      errorCode: error.code,
      errorMessage: message,
      resourceType,
      resourceName,
    })),
  };
});
