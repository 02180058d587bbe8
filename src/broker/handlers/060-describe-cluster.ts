import { E } from '../../protocol/errors.ts';
import { describeCluster } from '../../protocol/messages/060-describe-cluster.ts';
import { handler } from '../requests/handler.ts';
import { CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED } from '../operations.ts';
import type { BrokerEndpoint } from '../services.ts';

const EndpointType = { brokers: 1, controllers: 2 } as const;

/** The cluster's id, controller and brokers (DescribeCluster; KIP-700, 919, 1073). */
export const handleDescribeCluster = handler(describeCluster, (request, context, broker) => {
  const { endpointType } = request;
  if (endpointType !== EndpointType.brokers) {
    const isControllers = endpointType === EndpointType.controllers;
    return {
      errorCode: (isControllers ? E.MISMATCHED_ENDPOINT_TYPE : E.UNSUPPORTED_ENDPOINT_TYPE).code,
      errorMessage: isControllers
        ? 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER'
        : `Unsupported endpoint type ${endpointType}`,
      clusterId: '',
      brokers: [],
    };
  }
  return {
    errorCode: E.NONE.code,
    errorMessage: null,
    endpointType,
    clusterId: broker.clusterId,
    controllerId: broker.image().controller?.brokerId ?? -1,
    brokers: [
      ...broker.endpoints(context.peer).map((endpoint) => shown(endpoint, false)),
      ...(request.includeFencedBrokers ? broker.fencedEndpoints(context.peer) : []).map((each) => shown(each, true)),
    ],
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_NOT_ASKED,
  };
});

function shown({ nodeId, host, port, rack }: BrokerEndpoint, isFenced: boolean) {
  return { brokerId: nodeId, host, port, rack, isFenced };
}
