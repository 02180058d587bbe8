import type { BrokerConfig } from './broker-config.ts';

/** Problems of settings that are each valid but not together, as one sentence each. */
export function checkTogether(config: BrokerConfig): readonly string[] {
  const problems: string[] = [];
  if (config.get('node.id') !== config.get('broker.id')) {
    problems.push(
      `node.id=${config.text('node.id')} and broker.id=${config.text('broker.id')} must be equal. Set only node.id.`,
    );
  }
  return problems;
}
