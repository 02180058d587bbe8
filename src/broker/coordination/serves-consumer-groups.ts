import type { BrokerServices } from '../services.ts';

const FEATURE = 'group.version';

/** Whether groups of the consumer protocol are served: the feature and the setting both can switch them off (KIP-848). */
export function servesConsumerGroups(broker: BrokerServices): boolean {
  const isOn = (broker.image().features.get(FEATURE) ?? 0) > 0;
  return isOn && broker.config.get('group.coordinator.rebalance.protocols').includes('consumer');
}
