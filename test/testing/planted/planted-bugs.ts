import type { PlantedBug } from './planted-bug.ts';

/** Bugs of kinds that replicated logs have had, one for each rule that keeps records safe. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'cut-on-new-leader',
    rule: 'KIP-101: a follower of a new leader keeps what lies above its high watermark until the epochs tell otherwise',
    edits: [
      {
        file: 'broker/replicas/partition.js',
        find: 'if (this.isLeader)\n                this.#beginTerm();\n            this.#failAll',
        replace:
          'if (this.isLeader)\n                this.#beginTerm();\n            else if (leadership.leader >= 0) this.log.truncateTo(this.log.highWatermark);\n            this.#failAll',
      },
    ],
  },
  {
    name: 'unknown-epoch-own-end',
    rule: "KIP-279: an epoch that the leader does not know ends where the largest one before it ends, not at the leader's own end",
    edits: [
      {
        file: 'log/leader-epochs.js',
        find: 'return { epoch: this.#entries[next - 1].epoch, endOffset: following.startOffset };',
        replace: 'return { epoch: requested, endOffset: logEndOffset };',
      },
    ],
  },
  {
    name: 'diverging-epoch-ignored',
    rule: 'KIP-279, 595: a follower whose last epoch ends elsewhere is told so, and gets no records',
    edits: [
      {
        file: 'broker/requests/delayed-fetch.js',
        find: 'if (epoch < wanted.lastFetchedEpoch || endOffset < wanted.fetchOffset)',
        replace: 'if (false)',
      },
    ],
  },
  {
    name: 'stale-answer-taken',
    rule: 'KIP-320: a follower drops answers to what it asked under another leader epoch, or before its log changed',
    edits: [
      {
        file: 'replication/replica-fetcher.js',
        find: 'if (followed === undefined || followed.isDirty || request < followed.askedIn)',
        replace: 'if (followed === undefined)',
      },
      {
        file: 'replication/replica-fetcher.js',
        find: 'if (followed.askedEpoch !== followed.replica.leaderEpoch)',
        replace: 'if (false)',
      },
    ],
  },
  {
    name: 'in-sync-before-term-start',
    rule: "KIP-320: a replica joins the in-sync set only when it has reached the start of the leader's term, and what is committed",
    edits: [
      {
        file: 'replication/leader-term.js',
        find: 'const reaches = follower.endOffset >= Math.max(view.highWatermark, this.startOffset);',
        replace: 'const reaches = follower.endOffset >= 0;',
      },
      {
        file: 'replication/leader-term.js',
        find: 'return follower.endOffset === leaderEndOffset || nowMs - follower.caughtUpMs <= lagMaxMs;',
        replace: 'return follower.endOffset >= 0 || nowMs - follower.caughtUpMs <= lagMaxMs;',
      },
    ],
  },
  {
    name: 'in-sync-set-without-compare',
    rule: 'KIP-497: a leader changes the in-sync set by compare-and-set on the record that it saw',
    edits: [
      {
        file: 'replication/in-sync-proposals.js',
        find: 'compare({ key, modRevision: seen.modRevision });',
        replace: '',
      },
    ],
  },
  {
    name: 'proposed-set-not-counted',
    rule: 'KIP-497: while a change of the in-sync set is under way, the high watermark waits for both sets',
    edits: [
      {
        file: 'replication/leader-term.js',
        find: 'if (counts || this.#mayJoin(id, follower, view))',
        replace:
          'if (this.#proposed !== undefined ? this.#proposed.some(({ brokerId }) => brokerId === id) : this.#inSync.includes(id))',
      },
    ],
  },
  {
    name: 'joiners-not-awaited',
    rule: 'KIP-497: the high watermark waits also for who is caught up and about to join, lest it run away from them',
    edits: [
      {
        file: 'replication/leader-term.js',
        find: 'if (counts || this.#mayJoin(id, follower, view))',
        replace: 'if (this.#inSync.includes(id))',
      },
    ],
  },
  {
    name: 'fenced-joins',
    rule: 'KIP-841: a fenced broker does not join an in-sync set',
    edits: [
      {
        file: 'replication/in-sync-proposals.js',
        find: 'compare({ key: storeKeys.liveBroker(id), createRevision: unfenced(image, id) });',
        replace: '',
      },
      {
        file: 'broker/replicas/open-replication.js',
        find: 'const isUp = broker?.epoch === epoch && !broker.fenced && !broker.shuttingDown;',
        replace: 'const isUp = broker?.epoch === epoch;',
      },
    ],
  },
  {
    name: 'stale-broker-epoch',
    rule: 'KIP-903: a member joins under the registration under which it fetched, not under a later one',
    edits: [
      {
        file: 'replication/in-sync-proposals.js',
        find: 'compare({ key: storeKeys.broker(id), createRevision: epoch });',
        replace: '',
      },
      {
        file: 'broker/replicas/open-replication.js',
        find: 'const isUp = broker?.epoch === epoch && !broker.fenced && !broker.shuttingDown;',
        replace: 'const isUp = broker !== undefined && !broker.fenced && !broker.shuttingDown;',
      },
    ],
  },
  {
    name: 'commits-below-min-isr',
    rule: 'KIP-966: nothing is committed while fewer are in sync than min.insync.replicas',
    edits: [
      {
        file: 'replication/high-watermark.js',
        find: 'if (progress.inSyncCount < progress.minInSyncReplicas)',
        replace: 'if (false)',
      },
    ],
  },
  {
    name: 'unclean-election-unasked',
    rule: 'unclean elections: a replica that may lack records leads only where the topic allows it',
    edits: [
      {
        file: 'controller/partition-repair.js',
        find: 'isUncleanAllowed: isUncleanAllowed && !isAnyAwaited',
        replace: 'isUncleanAllowed: true',
      },
    ],
  },
  {
    name: 'same-leader-epoch',
    rule: 'own rule I1: each election of another leader takes a new leader epoch',
    edits: [
      {
        file: 'metadata/partition-transition.js',
        find: '(isNewLeader || isAnyRemoved ? 1 : 0)',
        replace: '(isAnyRemoved ? 1 : 0)',
      },
    ],
  },
  {
    name: 'lazy-member-counts',
    rule: 'KIP-320: a leader counts on what its followers told in its own epoch: one that has not fetched yet has nothing',
    edits: [
      {
        file: 'replication/high-watermark.js',
        find: 'progress.followerEndOffsets.get(follower) ?? -1)',
        replace: 'progress.followerEndOffsets.get(follower) ?? lowest)',
      },
    ],
  },
  {
    name: 'acknowledged-at-append',
    rule: 'acks=all is answered when the high watermark has passed, not when the record is written',
    edits: [
      {
        file: 'broker/requests/pending-produce.js',
        find: 'if (this.request.acks === ACKS_ALL)\n            partition.whenCommitted',
        replace: 'if (false)\n            partition.whenCommitted',
      },
    ],
  },
  {
    name: 'acknowledged-one-early',
    rule: 'acks=all is answered when the high watermark lies behind the record, not on it',
    edits: [
      {
        file: 'broker/requests/pending-produce.js',
        find: 'partition.whenCommitted(result.lastOffset + 1, outcome);',
        replace: 'partition.whenCommitted(result.lastOffset, outcome);',
      },
    ],
  },
  {
    name: 'deposed-leader-acknowledges',
    rule: 'KIP-320: what waits under one leader epoch fails with it, a deposed leader acknowledges nothing more',
    edits: [
      {
        file: 'broker/replicas/partition.js',
        find: 'this.#failAll(E.NOT_LEADER_OR_FOLLOWER);',
        replace: '',
      },
    ],
  },
  {
    name: 'high-watermark-beyond-end',
    rule: "a follower's high watermark never lies above its own end, nor above what it has of its leader's",
    edits: [
      {
        file: 'broker/replicas/partition.js',
        find: 'return Math.min(this.#leaderMarks?.highWatermark ?? 0, this.log.logEndOffset);',
        replace: 'return this.log.logEndOffset;',
      },
    ],
  },
  {
    name: 'reads-above-high-watermark',
    rule: 'KIP-392: no replica gives a consumer what is not committed',
    edits: [
      {
        file: 'broker/requests/delayed-fetch.js',
        find: 'isReadCommitted ? log.lastStableOffset : log.highWatermark;',
        replace: 'isReadCommitted ? log.lastStableOffset : log.logEndOffset;',
      },
    ],
  },
  {
    name: 'stable-offset-ignored',
    rule: 'KIP-98: a reader of committed records gets nothing above the last stable offset',
    edits: [
      {
        file: 'broker/requests/delayed-fetch.js',
        find: 'isReadCommitted ? log.lastStableOffset : log.highWatermark;',
        replace: 'log.highWatermark;',
      },
    ],
  },
  {
    name: 'markers-lost-at-move',
    rule: 'KIP-98: a coordinator that takes over sends the markers that are still owed',
    edits: [
      {
        file: 'coordinator/txn/transaction-markers.js',
        find: 'if (isPrepared(transaction.state.status))',
        replace: 'if (false)',
      },
    ],
  },
  {
    name: 'markers-given-up',
    rule: 'KIP-98: a marker that its leader did not take is sent again',
    edits: [
      {
        file: 'coordinator/txn/transaction-markers.js',
        find: "if (outcome !== 'written' && outcome !== 'given up')",
        replace: 'if (false)',
      },
    ],
  },
  {
    name: 'producers-forgotten-by-followers',
    rule: 'KIP-98: a follower knows the sequences of producers, so that it refuses duplicates once it leads',
    edits: [
      {
        file: 'log/log-writer.js',
        find: 'if (hasProducerId(view, 0))\n            applyProducer',
        replace: 'if (hasProducerId(view, 0) && this.isFollowing !== true)\n            applyProducer',
      },
      {
        file: 'log/log-writer.js',
        find: 'for (let at = 0; at < batches.length;) {',
        replace:
          'this.isFollowing = true; queueMicrotask(() => (this.isFollowing = false));\n        for (let at = 0; at < batches.length;) {',
      },
    ],
  },
  {
    name: 'producer-ids-twice',
    rule: 'KIP-730: a block of producer ids is handed out once',
    edits: [
      {
        file: 'controller/producer-id-blocks.js',
        find: 'compares: [{ key, modRevision: entry?.modRevision ?? 0 }],',
        replace: 'compares: [],',
      },
    ],
  },
  {
    name: 'deposed-controller-writes',
    rule: 'what a deposed controller still writes about partitions is refused',
    edits: [
      {
        file: 'controller/partition-writes.js',
        find: 'const compares = [{ key: storeKeys.controller, createRevision: this.#epoch }];',
        replace: 'const compares = [];',
      },
      {
        file: 'controller/partition-writes.js',
        find: 'compares.push({ key: storeKeys.partition(topicId, index), modRevision: seen.modRevision });',
        replace: '',
      },
    ],
  },
  {
    name: 'sync-skipped',
    rule: 'flush policy group: what counts as written is on the device',
    edits: [
      {
        file: 'log/log-durability.js',
        find: "return this.#log.flushPolicy() === 'group' ? this.#durableEndOffset : this.#writtenEndOffset;",
        replace: 'return this.#writtenEndOffset;',
      },
    ],
  },
  {
    name: 'unclean-taken-for-clean',
    rule: 'KIP-966: a broker that was not stopped in order is eligible no more, for it may have lost the ends of its logs',
    edits: [
      {
        file: 'controller/partition-repair.js',
        find: "return broker.cleanEpoch >= 0 && broker.cleanEpoch === broker.state?.epoch ? 'gone' : 'unclean';",
        replace: "return 'gone';",
      },
    ],
  },
  {
    name: 'let-in-while-counted-on',
    rule: 'own rule: a broker is let in when no partition counts any more on what it was before',
    edits: [
      {
        file: 'controller/admissions.js',
        find: 'if (settles && !isSameProcess(broker) && claimed.has(broker.id))',
        replace: 'if (false)',
      },
    ],
  },
  {
    name: 'topic-id-unchecked',
    rule: 'KIP-516: files of a deleted topic are none of the next one of its name',
    edits: [
      {
        file: 'broker/replicas/topic-applier.js',
        find: 'else if (topic?.id !== log.topicId)',
        replace: 'else if (topic === undefined)',
      },
    ],
  },
  {
    name: 'eligible-kept',
    rule: 'KIP-966: nobody is eligible besides the set in sync while enough are in it',
    edits: [
      {
        file: 'metadata/partition-transition.js',
        find: 'if (isr.length >= neededInSync(minIsr, replicas))\n        return [];',
        replace: '',
      },
    ],
  },
  {
    name: 'coordinator-answers-early',
    rule: 'own rule: coordinators answer when the high watermark has passed what they wrote',
    edits: [
      {
        file: 'coordinator/shard.js',
        find: 'this.#commits.holdForStaged(pending, response);',
        replace: 'pending.settle(response);',
      },
    ],
  },
  {
    name: 'failed-sync-tried-again',
    rule: 'own rule: what a sync failed for is never taken for synced, whatever the next sync says',
    edits: [
      {
        file: 'log/log-durability.js',
        find: 'this.#log.failed(error);\n            throw error;',
        replace: '',
      },
    ],
  },
  {
    name: 'full-disk-acknowledged',
    rule: 'own rule: what found no space is refused, not acknowledged',
    edits: [
      {
        file: 'broker/replicas/partition.js',
        find: 'if (this.log.takeUndone()) {',
        replace: 'if (this.log.takeUndone() && false) {',
      },
    ],
  },
  {
    name: 'cleans-beyond-stable',
    rule: 'I13: compaction stops at the last stable offset and at what is synced',
    edits: [
      {
        file: 'log/cleaning/cleanable.js',
        find: 'let end = Math.min(lastStableOffset, recoveryPoint, segments.active.baseOffset);',
        replace: 'let end = segments.active.baseOffset;',
      },
    ],
  },
  {
    name: 'cleans-newest',
    rule: 'I13: compaction keeps the last record of each key',
    edits: [
      {
        file: 'log/cleaning/batch-cleaner.js',
        find: 'if (offset < map.get(cursor.bytes, cursor.keyStart, cursor.keyLength))',
        replace: 'if (offset <= map.get(cursor.bytes, cursor.keyStart, cursor.keyLength))',
      },
    ],
  },
  {
    name: 'retention-beyond-high-watermark',
    rule: 'KAFKA-5634, I14: retention removes nothing above the high watermark',
    edits: [
      {
        file: 'log/retention.js',
        find: 'if (endOffset > highWatermark || (following',
        replace: 'if ((following',
      },
    ],
  },
  {
    name: 'behind-log-start-stays',
    rule: "KIP-101: a follower whose end lies before its leader's log start begins anew there",
    edits: [
      {
        file: 'replication/find-place.js',
        find: 'found(leaderStart > endOffset ? { restartAt: leaderStart }',
        replace: 'found(leaderStart < 0 ? { restartAt: leaderStart }',
      },
    ],
  },
  {
    name: 'deleted-on-leader-alone',
    rule: 'KIP-107: records are deleted when the replicas that are up have let go of them',
    edits: [
      {
        file: 'replication/leader-term.js',
        find: 'if (logStartOffset < lowest && isUp(id))',
        replace: 'if (false)',
      },
    ],
  },
  {
    name: 'failed-directory-goes-on',
    rule: 'own rule: a directory that failed once serves nothing more until the next start',
    edits: [
      {
        file: 'log/directories/log-directory.js',
        find: 'log.takeOffline(error);\n        this.#options.failed(this, error);',
        replace: 'void log;',
      },
      {
        file: 'log/log-health.js',
        find: 'this.takeOffline(reason);',
        replace: '',
      },
    ],
  },
];
