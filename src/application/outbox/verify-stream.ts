import type { JudgedMessage, StreamSlice } from './read-stream-slice.ts';

/** What is wrong about an event. */
export type FindingKind =
  /** A published event that the stream does not have. */
  | 'missing'
  /** Versions of a user between two events of the stream that it does not have. */
  | 'version_gap'
  /** An event that the stream has twice. */
  | 'twice'
  /** An event behind a later one of its user, by version or number. */
  | 'out_of_order'
  /** An event that the database never had: it is older than the stream. */
  | 'unknown'
  /** A message that is not an event of the service. */
  | 'foreign';

export interface StreamFinding {
  readonly kind: FindingKind;
  /** Null for events before the first message. */
  readonly streamSequence: number | null;
  readonly id: string | null;
  readonly type: string | null;
  readonly userId: string | null;
  readonly userVersion: number | null;
  readonly detail: string;
}

export interface VerificationSummary {
  readonly stream: string;
  readonly messages: number;
  readonly findings: number;
  /** Messages whose rows were deleted, or that are from before the last restore. */
  readonly unjudged: number;
  /** Unpublished events. */
  readonly waiting: number;
}

interface Deps {
  /** @returns null without a stream */
  readSlice(after: number, upTo: number | null): Promise<StreamSlice | null>;
  onFinding(finding: StreamFinding): void;
  onProgress?(done: number, total: number): void;
  /** Users whose order is remembered at the same time; half a million take some 90 MB. */
  readonly maxUsers?: number;
}

/** The last event of a user. */
interface Last {
  version: number | null;
  number: number | null;
  /** The end of its id, which is random. */
  idEnd: string | null;
}

const MAX_USERS = 500_000;
/** Written without a lock on the user's row: their versions and numbers say nothing about order. */
const UNORDERED: ReadonlySet<string> = new Set(['authentication.failed', 'account.locked']);

/**
 * Reads the stream from its begin to the end that it has now, and reports what is missing, twice or out of order. The
 * order of users is compared for a bounded number of them at a time: a longer stream is read several times.
 * @returns null without a stream
 */
export async function verifyStream(deps: Deps): Promise<VerificationSummary | null> {
  const { readSlice, onFinding, onProgress, maxUsers = MAX_USERS } = deps;
  let summary: VerificationSummary | null = null;
  let passes = 1;
  for (let pass = 0; pass < passes; pass += 1) {
    const order = createOrderCheck((userId) => partOf(userId, passes) === pass, deps);
    let after = 0;
    let upTo: number | null = null;
    for (;;) {
      const slice = await readSlice(after, upTo);
      if (slice === null) return null;
      if (upTo === null) {
        upTo = slice.upTo;
        // Each message may be of another user.
        passes = Math.max(1, Math.ceil((upTo - slice.stream.firstSequence + 1) / maxUsers));
      }
      if (pass === 0) summary = addSlice(summary, slice, onFinding);
      for (const message of slice.messages) order(message, slice.restored);
      onProgress?.(pass * upTo + (slice.next ?? upTo), passes * upTo);
      if (slice.next === null) break;
      after = slice.next;
    }
    if (summary !== null) summary = { ...summary, findings: summary.findings + order.found() };
  }
  return summary;
}

function addSlice(
  before: VerificationSummary | null,
  slice: StreamSlice,
  onFinding: Deps['onFinding'],
): VerificationSummary {
  const found = [
    ...(slice.missingBefore > 0 ? [missingBefore(slice)] : []),
    ...slice.missing.map(({ streamSequence, ...event }) => ({
      ...{ kind: 'missing' as const, ...event, streamSequence },
      detail: 'published, and the stream does not have it there',
    })),
    ...slice.messages.flatMap(findingOf),
  ];
  for (const finding of found) onFinding(finding);
  const unjudged = slice.messages.filter(({ verdict }) => verdict === 'unjudged').length;
  return {
    stream: slice.stream.name,
    messages: (before?.messages ?? 0) + slice.messages.length,
    findings: (before?.findings ?? 0) + found.length,
    unjudged: (before?.unjudged ?? 0) + unjudged,
    waiting: slice.waiting,
  };
}

function missingBefore({ missingBefore: count, stream }: StreamSlice): StreamFinding {
  return {
    ...{ kind: 'missing', streamSequence: null, id: null, type: null },
    ...{ userId: null, userVersion: null },
    detail: `${count} published events from before message ${stream.firstSequence} have not expired`,
  };
}

const DETAILS = {
  elsewhere: ['twice', 'the database has it at another place of the stream'],
  unknown: ['unknown', 'the database never had it: it is older than the stream'],
  foreign: ['foreign', 'not an event of the service'],
} as const;

function findingOf({ verdict, ...message }: JudgedMessage): readonly StreamFinding[] {
  if (verdict === 'known' || verdict === 'unjudged') return [];
  const [kind, detail] = DETAILS[verdict];
  return [{ ...about(message), kind, detail }];
}

function about({ streamSequence, event }: Omit<JudgedMessage, 'verdict'>) {
  const { id = null, type = null, userId = null, userVersion = null } = event ?? {};
  return { streamSequence, id, type, userId, userVersion };
}

/** Which of the passes compares a user: the last digits of an id are random. */
function partOf(userId: string, passes: number): number {
  return passes === 1 ? 0 : Number.parseInt(userId.slice(-6), 16) % passes;
}

/** Compares each event with the one before it of the same user. */
function createOrderCheck(isMine: (userId: string) => boolean, { onFinding }: Deps) {
  const users = new Map<string, Last>();
  let found = 0;

  function report(kind: FindingKind, message: JudgedMessage, detail: string): void {
    found += 1;
    onFinding({ ...about(message), kind, detail });
  }

  function check(message: JudgedMessage, restored: number): void {
    const { event } = message;
    if (event === null || event.userId === null || UNORDERED.has(event.type)) return;
    // What came before the last restore says nothing about the versions after it.
    if (restored > 0 && (event.number ?? 0) < restored) return;
    if (!isMine(event.userId)) return;
    const last = users.get(event.userId) ?? { version: null, number: null, idEnd: null };
    users.set(event.userId, last);
    const fault = faultOf(event, last);
    if (fault !== null) report(...([fault[0], message, fault[1]] as const));
    if (event.type.startsWith('user.')) {
      last.version = Math.max(last.version ?? 0, event.userVersion ?? 0);
    }
    if ((event.number ?? 0) >= (last.number ?? 0)) {
      last.number = event.number;
      last.idEnd = endOf(event.id);
    }
  }

  return Object.assign(check, { found: () => found });
}

function faultOf(
  { id, type, userVersion, number }: NonNullable<JudgedMessage['event']>,
  last: Readonly<Last>,
): readonly [FindingKind, string] | null {
  if (number !== null && last.number !== null && number <= last.number) {
    return number === last.number && endOf(id) === last.idEnd
      ? ['twice', 'the stream had it before']
      : ['out_of_order', `number ${number} comes behind ${last.number} of its user`];
  }
  if (!type.startsWith('user.') || userVersion === null || last.version === null) return null;
  if (userVersion <= last.version) {
    return ['out_of_order', `version ${userVersion} comes behind version ${last.version}`];
  }
  const isGap = userVersion > last.version + 1 && !JUMPING.has(type);
  return isGap
    ? ['version_gap', `no event between version ${last.version} and ${userVersion}`]
    : null;
}

const endOf = (id: string): string => id.slice(-8);

/** A resync after a restore gives versions far above the earlier ones. */
const JUMPING: ReadonlySet<string> = new Set(['user.restored']);
