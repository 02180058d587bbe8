import { CoordinatorFormatter } from './coordinator-formatter.ts';
import { DefaultFormatter } from './default-formatter.ts';
import { formatterNames } from './formatter-names.ts';
import type { FormatterWarning, RecordFormatter } from './record-formatter.ts';

const OFFSETS = [0, 1];
const CLASSIC_GROUP = [2];
const SHARE_GROUP = [10, 11, 12, 13, 14, 15];

/** A formatter by the name of its class; undefined when there is none. */
export function formatterNamed(
  name: string,
  properties: ReadonlyMap<string, string>,
  warn: FormatterWarning,
): RecordFormatter | undefined {
  switch (name) {
    case formatterNames.default:
    case formatterNames.logging:
      return new DefaultFormatter(properties, warn);
    case formatterNames.none:
      return { write: () => {} };
    case formatterNames.offsets:
      return new CoordinatorFormatter('offsets', OFFSETS);
    case formatterNames.groups:
      return new CoordinatorFormatter('offsets', CLASSIC_GROUP);
    case formatterNames.shareGroups:
      return new CoordinatorFormatter('offsets', SHARE_GROUP);
    case formatterNames.transactions:
      return new CoordinatorFormatter('transactions');
    default:
      return undefined;
  }
}
