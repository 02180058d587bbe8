const LISTENER_PREFIX = /^listener\.name\.[^.]+\.(?:(?:gssapi|plain|scram-sha-256|scram-sha-512|oauthbearer)\.)?(.+)$/i;

/**
 * The setting behind `listener.name.<listener>[.<sasl mechanism>].<setting>`, or null if the name has no such prefix.
 * The prefix narrows a setting to one listener and, for SASL, one mechanism.
 */
export function baseNameOf(name: string): string | null {
  return LISTENER_PREFIX.exec(name)?.[1] ?? null;
}
