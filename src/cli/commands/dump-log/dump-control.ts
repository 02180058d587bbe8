import { ControlType, readControlType, readEndTxnMarker } from '../../../records/control-records.ts';
import type { DecodedRecord } from '../../../records/batch-records.ts';

const names: readonly string[] = Object.keys(ControlType);

/** What a control record says. */
export function controlText({ key, value }: DecodedRecord): string {
  const marker = readEndTxnMarker(key, value);
  if (marker !== undefined) {
    const name = marker.type === ControlType.commit ? 'COMMIT' : 'ABORT';
    return ` endTxnMarker: ${name} coordinatorEpoch: ${marker.coordinatorEpoch}`;
  }
  const type = readControlType(key);
  const name = type === undefined ? 'UNKNOWN' : (names[type] ?? '').replaceAll(/[A-Z]/g, '_$&').toUpperCase();
  return ` controlType: ${name}(${type ?? -1})`;
}
