import type { SettingTable } from '../setting.ts';

/** Who may do what. */
export const SECURITY_SETTINGS = {
  'authorizer.class.name': {
    kind: 'string',
    default: '',
    importance: 'low',
    doc: 'The authorizer that decides who may do what; empty lets everybody do everything.',
  },
  'connection.failed.authentication.delay.ms': {
    kind: 'int',
    default: '100',
    check: { range: [0, null] },
    importance: 'low',
    doc: 'How long the broker waits before it closes a connection that failed to authenticate.',
  },
  'connections.max.reauth.ms': {
    kind: 'long',
    default: '0',
    importance: 'medium',
    doc: 'Longest life of a SASL session before the client must authenticate again; 0 sets no limit.',
  },
  'delegation.token.expiry.check.interval.ms': {
    kind: 'long',
    default: '3600000',
    check: { range: [1, null] },
    importance: 'low',
    doc: 'How often expired delegation tokens are removed.',
  },
  'delegation.token.expiry.time.ms': {
    kind: 'long',
    default: '86400000',
    check: { range: [1, null] },
    importance: 'medium',
    doc: 'How long a delegation token is valid until it is renewed.',
  },
  'delegation.token.max.lifetime.ms': {
    kind: 'long',
    default: '604800000',
    check: { range: [1, null] },
    importance: 'medium',
    doc: 'Age at which a delegation token can no longer be renewed.',
  },
  'delegation.token.secret.key': {
    kind: 'password',
    default: null,
    importance: 'medium',
    doc: 'Key that delegation tokens are signed with; the same on all brokers.',
  },
  'principal.builder.class': {
    kind: 'class',
    default: 'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
    importance: 'medium',
    mode: 'per-broker',
    doc: "Java class that names a connection's principal.",
  },
  'security.inter.broker.protocol': {
    kind: 'string',
    default: 'PLAINTEXT',
    check: { oneOf: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] },
    importance: 'medium',
    doc: 'Security protocol between brokers, if inter.broker.listener.name is unset.',
  },
  'security.providers': { kind: 'string', default: null, importance: 'low', doc: 'Java security providers.' },
} as const satisfies SettingTable;
