import type { SettingTable } from '../setting.ts';

/** Where the cluster's metadata lies. Kafka has no such settings: it keeps metadata in a log of its own. */
export const METADATA_STORE_SETTINGS = {
  'metadata.store': {
    kind: 'string',
    default: 'embedded',
    importance: 'high',
    own: true,
    doc: 'Where the metadata of the cluster lies: embedded, in the first data directory of this process; or etcd://host:2379,host:2379 for a cluster of several processes, etcds:// where etcd speaks TLS.',
  },
  'metadata.store.cluster.name': {
    kind: 'string',
    default: 'posthorn',
    importance: 'medium',
    own: true,
    doc: 'The name under which this cluster keeps its keys in etcd: /ph/<name>/. All its brokers have the same, other clusters in the same etcd another.',
  },
  'metadata.store.user': {
    kind: 'string',
    default: null,
    importance: 'medium',
    own: true,
    doc: 'The user as which the broker logs in at etcd; none if unset.',
  },
  'metadata.store.password': {
    kind: 'password',
    default: null,
    importance: 'medium',
    own: true,
    doc: 'The password of metadata.store.user.',
  },
  'metadata.store.tls.ca.file': {
    kind: 'string',
    default: null,
    importance: 'medium',
    own: true,
    doc: 'PEM file of the authorities that sign the certificates of etcd, with etcds://; those that Node trusts if unset.',
  },
  'metadata.store.tls.cert.file': {
    kind: 'string',
    default: null,
    importance: 'medium',
    own: true,
    doc: 'PEM file of the certificate that the broker shows to etcd, for etcd with --client-cert-auth; needs metadata.store.tls.key.file.',
  },
  'metadata.store.tls.key.file': {
    kind: 'string',
    default: null,
    importance: 'medium',
    own: true,
    doc: 'PEM file of the private key of metadata.store.tls.cert.file.',
  },
} as const satisfies SettingTable;
