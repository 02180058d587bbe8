import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describeAllowed } from '../src/config/check.ts';
import { profileDefaults } from '../src/config/profile.ts';
import type { Setting, SettingTable } from '../src/config/setting.ts';
import { CLIENT_METRICS_SETTINGS } from '../src/config/settings/client-metrics-settings.ts';
import { CLIENT_QUOTA_SETTINGS } from '../src/config/settings/client-quota-settings.ts';
import { GROUP_COORDINATOR_SETTINGS } from '../src/config/settings/group-coordinator-settings.ts';
import { GROUP_SETTINGS } from '../src/config/settings/group-settings.ts';
import { IP_QUOTA_SETTINGS } from '../src/config/settings/ip-quota-settings.ts';
import { LOG_SETTINGS } from '../src/config/settings/log-settings.ts';
import { METADATA_STORE_SETTINGS } from '../src/config/settings/metadata-store-settings.ts';
import { METRICS_SETTINGS } from '../src/config/settings/metrics-settings.ts';
import { NETWORK_SETTINGS } from '../src/config/settings/network-settings.ts';
import { POSTHORN_SETTINGS } from '../src/config/settings/posthorn-settings.ts';
import { QUOTA_SETTINGS } from '../src/config/settings/quota-settings.ts';
import { RAFT_SETTINGS } from '../src/config/settings/raft-settings.ts';
import { REMOTE_STORAGE_SETTINGS } from '../src/config/settings/remote-storage-settings.ts';
import { REPLICATION_SETTINGS } from '../src/config/settings/replication-settings.ts';
import { SASL_SETTINGS } from '../src/config/settings/sasl-settings.ts';
import { SECURITY_SETTINGS } from '../src/config/settings/security-settings.ts';
import { SHARE_SETTINGS } from '../src/config/settings/share-settings.ts';
import { SSL_SETTINGS } from '../src/config/settings/ssl-settings.ts';
import { TRANSACTION_SETTINGS } from '../src/config/settings/transaction-settings.ts';
import { TOPIC_SETTINGS } from '../src/config/topic-settings.ts';
import { apiPages } from './api-pages.ts';
import { clientErrorsPage } from './client-errors-page.ts';
import { clientMetricsPage } from './client-metrics-page.ts';

const SECTIONS: readonly (readonly [string, SettingTable])[] = [
  ["Posthorn's own", POSTHORN_SETTINGS],
  ['Where metadata lies', METADATA_STORE_SETTINGS],
  ['Network and identity', NETWORK_SETTINGS],
  ['The log', LOG_SETTINGS],
  ['Groups and their offsets', GROUP_COORDINATOR_SETTINGS],
  ['Transactions and idempotent producers', TRANSACTION_SETTINGS],
  ['Replication', REPLICATION_SETTINGS],
  ['Share groups', SHARE_SETTINGS],
  ['Quotas', QUOTA_SETTINGS],
  ['Metrics and telemetry', METRICS_SETTINGS],
  ['Who may do what', SECURITY_SETTINGS],
  ['TLS', SSL_SETTINGS],
  ['SASL', SASL_SETTINGS],
  ['Tiered storage', REMOTE_STORAGE_SETTINGS],
  ["Kafka's controller quorum", RAFT_SETTINGS],
];

const INTRODUCTION = `# Configuration

This page is made from the declarations in \`src/config/\` by \`node dist/scripts/generate-docs.js\`.

Every setting of a broker, a topic and a group that Apache Kafka 4.3 has is known under Kafka's name. Where a setting can be given, each place
stronger than the one before:

1. a file in the form of \`server.properties\`: \`posthorn --config server.properties\`
2. variables of the environment, as with Kafka's own container image: \`KAFKA_LOG_RETENTION_MS\` is \`log.retention.ms\`; two underscores stand for one,
   three for a dash. \`POSTHORN_FLUSH_POLICY\` is \`posthorn.flush.policy\`, \`POSTHORN_PROFILE\` is \`profile\`.
3. the command line: \`--override log.retention.ms=60000\`
4. at run time, through Kafka's \`kafka-configs\` or an admin client, where the column *changes* says so: for one *broker*, or for all (*cluster*).

A name that is not known, or a value that is not allowed, stops the start with a sentence that says where it stands, what is allowed and which name
comes nearest. \`listener.name.<listener>.<setting>\`, which in Kafka narrows a setting to one listener, is checked but has no effect.

Settings marked with ○ are checked but have no effect in Posthorn; the broker names those that were set when it starts.
`;

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function code(text: string | null): string {
  if (text === null) return '';
  return text === '' ? '(empty)' : `\`${cell(text)}\``;
}

function changes(setting: Setting): string {
  if (setting.mode === undefined) return 'at start';
  return setting.mode === 'cluster-wide' ? 'cluster, broker' : 'broker';
}

function allowed(setting: Setting): string {
  return setting.check === undefined ? setting.kind : cell(describeAllowed(setting));
}

function brokerTable(table: SettingTable): string {
  const rows = Object.entries(table)
    .filter(([, setting]) => setting.internal !== true || setting.plugin === true)
    .map(([name, setting]) => {
      const mark = setting.noEffect === true ? ' ○' : '';
      return `| \`${name}\`${mark} | ${code(setting.default)} | ${allowed(setting)} | ${changes(setting)} | ${cell(setting.doc)} |`;
    });
  return ['| setting | default | allowed | changes | meaning |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function ownedTable(table: SettingTable): string {
  const rows = Object.entries(table)
    .filter(([, setting]) => setting.internal !== true)
    .map(([name, setting]) => {
      const mark = setting.noEffect === true ? ' ○' : '';
      const from = (setting.synonyms ?? []).map((synonym) => code(synonym.name)).join(', ');
      return `| \`${name}\`${mark} | ${code(setting.default)} | ${allowed(setting)} | ${from} | ${cell(setting.doc)} |`;
    });
  return [
    "| setting | default | allowed | the broker's setting behind it | meaning |",
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function profiles(): string {
  const [development, production] = [
    profileDefaults('development', new Map()),
    profileDefaults('production', new Map()),
  ];
  const rows = [...development.keys()].map(
    (name) =>
      `| \`${name}\` | ${code(development.get(name) ?? null)} | ${code(production.get(name) ?? null) || 'its default'} |`,
  );
  return [
    '## Profiles',
    '',
    'Without any configuration the profile is `development`. What the profiles set; a setting that is given anywhere wins:',
    '',
    '| setting | development | production |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function page(): string {
  const brokers = SECTIONS.map(([title, table]) => `### ${title}\n\n${brokerTable(table)}`);
  const owned = [
    ['Topic settings', TOPIC_SETTINGS],
    ['Group settings', GROUP_SETTINGS],
    ['Client metrics subscriptions', CLIENT_METRICS_SETTINGS],
    ['Quotas of users and client ids', CLIENT_QUOTA_SETTINGS],
    ['Quotas of addresses', IP_QUOTA_SETTINGS],
  ] as const;
  return [
    INTRODUCTION.trimEnd(),
    profiles(),
    '## Broker settings',
    ...brokers,
    ...owned.map(([title, table]) => `## ${title}\n\n${ownedTable(table)}`),
  ]
    .join('\n\n')
    .concat('\n');
}

/** Every page that is made from declarations, by its path. */
const PAGES: readonly (readonly [string, () => string])[] = [
  ['docs/configuration.md', page],
  ['docs/client-errors.md', clientErrorsPage],
  ['docs/client-metrics.md', clientMetricsPage],
];

/** Writes the pages, or with `--check` fails if one is not what would be written. */
function main(): void {
  const pages = [...PAGES.map(([path, make]) => [path, make()] as const), ...apiPages()];
  mkdirSync('docs/api', { recursive: true });
  for (const [path, text] of pages) {
    if (!process.argv.includes('--check')) {
      writeFileSync(path, text);
      continue;
    }
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    console.error(`${path} is not up to date: run node dist/scripts/generate-docs.js`);
    process.exitCode = 1;
  }
}

main();
