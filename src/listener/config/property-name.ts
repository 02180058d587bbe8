/**
 * The one form of a property's name in which all spellings meet, as Spring's relaxed binding has it: `bootstrap-servers`, `bootstrapServers`
 * and `bootstrap_servers` are the same; brackets around a part keep it as it is.
 */
export function canonicalName(name: string): string {
  return name
    .replaceAll(/\[([^\]\d][^\]]*)\]/g, '.$1')
    .replace(/^\./, '')
    .replaceAll(/[-_]/g, '')
    .toLowerCase();
}

/** The variables of the environment that stand for a property, best first: `SPRING_KAFKA_CLIENTID`, `SPRING_KAFKA_CLIENT_ID`. */
export function variableNames(name: string): readonly string[] {
  const dots = name.replaceAll(/[.[]/g, '_').replaceAll(']', '');
  return [dots.replaceAll('-', '').toUpperCase(), dots.replaceAll('-', '_').toUpperCase()];
}
