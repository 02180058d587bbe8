/** What a request's decision may depend on besides the request itself. */
export interface GroupRequestContext {
  readonly apiVersion: number;
  /** Empty when the client gave none. */
  readonly clientId: string;
  /** The peer's address in Kafka's form, with a slash before it: `/127.0.0.1`. */
  readonly clientHost: string;
  /** Tells the connections of this broker apart; see {@link GroupCoordinatorConfig.memberDisconnectGraceMs}. */
  readonly connectionId: number;
}
