/** Where a setting was given, as a person finds it: `application.yml:12`, a variable's name. */
export type Origin = string;

/** A setting that is not known or cannot be: the message names the key, where it stands and what to write instead. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';

  /** @param origin where it stands; undefined when it is missing. */
  constructor(origin: Origin | undefined, message: string, options?: ErrorOptions) {
    super(origin === undefined ? message : `${origin}: ${message}`, options);
  }
}
