/** What happened to groups since the start, for metrics. */
export class GroupCounters {
  /** Completed join phases of classic groups. */
  classicRebalances = 0;
  /** Group epochs of consumer groups that were begun. */
  consumerRebalances = 0;
}
