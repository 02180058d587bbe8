export type BrokerKind = 'posthorn' | 'kafka';

/** The broker that BROKER names; Posthorn when it is not set. */
export function brokerKind(): BrokerKind {
  const wanted = process.env['BROKER'] ?? 'posthorn';
  if (wanted !== 'posthorn' && wanted !== 'kafka') throw new Error(`BROKER is posthorn or kafka, not ${wanted}`);
  return wanted;
}
