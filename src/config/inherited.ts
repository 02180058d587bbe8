import type { BrokerConfig } from './broker-config.ts';
import type { Setting } from './setting.ts';

/**
 * The text that a topic or group setting has when it is not set itself: that of the first of its broker settings that
 * has one, converted to its unit, else its own default. A negative time means "no limit" in every unit, so -1.
 */
export function inheritedText(setting: Setting, broker: BrokerConfig): string | null {
  for (const { name, factor } of setting.synonyms ?? []) {
    const text = broker.text(name);
    if (text === null) continue;
    if (factor === undefined) return text;
    const converted = Number(text) * factor;
    return converted < 0 ? '-1' : String(converted);
  }
  return setting.default;
}
