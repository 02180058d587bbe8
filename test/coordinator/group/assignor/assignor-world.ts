import type { Uuid } from '../../../../src/base/uuid.ts';
import type {
  AssignableTopics,
  AssignedMember,
  Assignment,
  PartitionAssignor,
} from '../../../../src/coordinator/group/assignor/partition-assignor.ts';

/** Members and topics as a test tells them, and assignments one after the other, each on top of the last. */
export class AssignorWorld {
  readonly #assignor: PartitionAssignor;
  readonly #topics: ReadonlyMap<Uuid, number>;
  readonly #racks: (topicId: Uuid, partition: number) => ReadonlySet<string>;
  readonly #members = new Map<string, AssignedMember>();

  constructor(
    assignor: PartitionAssignor,
    topics: Readonly<Record<Uuid, number>>,
    racks: (topicId: Uuid, partition: number) => ReadonlySet<string> = () => new Set(),
  ) {
    this.#assignor = assignor;
    this.#topics = new Map(Object.entries(topics));
    this.#racks = racks;
  }

  get members(): AssignedMember[] {
    return [...this.#members.values()].toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
  }

  get topics(): AssignableTopics {
    return { partitionCount: (topicId) => this.#topics.get(topicId) ?? 0, racks: this.#racks };
  }

  /** Adds a member, or changes what it subscribes to; by default to all topics. */
  put(memberId: string, { topicIds = [...this.#topics.keys()], ...rest }: MemberWish = {}): this {
    const assignment = this.#members.get(memberId)?.assignment ?? new Map<Uuid, number[]>();
    const member = { instanceId: rest.instanceId ?? null, rackId: rest.rackId ?? null, topicIds: new Set(topicIds) };
    this.#members.set(memberId, { memberId, ...member, assignment });
    return this;
  }

  remove(memberId: string): this {
    this.#members.delete(memberId);
    return this;
  }

  /** Divides the topics; tells how many partitions have an owner now that is not the one they had. */
  assign(): number {
    let moves = 0;
    const assignments = this.#assignor.assign(this.members, this.topics);
    for (const [memberId, assignment] of assignments) {
      const member = this.#members.get(memberId)!;
      const before = new Set(flat(member.assignment));
      moves += flat(assignment).filter((partition) => !before.has(partition)).length;
      this.#members.set(memberId, { ...member, assignment });
    }
    return moves;
  }

  /** What a member has, as `topic-partition`. */
  partitionsOf(memberId: string): string[] {
    return flat(this.#members.get(memberId)!.assignment);
  }

  get counts(): number[] {
    return this.members.map(({ memberId }) => this.partitionsOf(memberId).length);
  }
}

export interface MemberWish {
  readonly topicIds?: readonly Uuid[];
  readonly instanceId?: string;
  readonly rackId?: string;
}

export function flat(assignment: Assignment): string[] {
  return [...assignment].flatMap(([topicId, partitions]) => partitions.map((partition) => `${topicId}-${partition}`));
}
