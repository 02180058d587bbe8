import type { SettingTable } from '../setting.ts';

/** Who may do what. */
export const SECURITY_SETTINGS = {
  'authorizer.class.name': { kind: 'string', default: '', importance: 'low', doc: 'MISSING' },
  'connection.failed.authentication.delay.ms': {
    kind: 'int',
    default: '100',
    check: { range: [0, null] },
    importance: 'low',
    doc: 'MISSING',
  },
  'connections.max.reauth.ms': { kind: 'long', default: '0', importance: 'medium', doc: 'MISSING' },
  'delegation.token.expiry.check.interval.ms': {
    kind: 'long',
    default: '3600000',
    check: { range: [1, null] },
    importance: 'low',
    doc: 'MISSING',
  },
  'delegation.token.expiry.time.ms': {
    kind: 'long',
    default: '86400000',
    check: { range: [1, null] },
    importance: 'medium',
    doc: 'MISSING',
  },
  'delegation.token.max.lifetime.ms': {
    kind: 'long',
    default: '604800000',
    check: { range: [1, null] },
    importance: 'medium',
    doc: 'MISSING',
  },
  'delegation.token.secret.key': { kind: 'password', default: null, importance: 'medium', doc: 'MISSING' },
  'principal.builder.class': {
    kind: 'class',
    default: 'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
    importance: 'medium',
    mode: 'per-broker',
    doc: 'MISSING',
  },
  'security.inter.broker.protocol': {
    kind: 'string',
    default: 'PLAINTEXT',
    check: { oneOf: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] },
    importance: 'medium',
    doc: 'MISSING',
  },
  'security.providers': { kind: 'string', default: null, importance: 'low', doc: 'MISSING' },
} as const satisfies SettingTable;
