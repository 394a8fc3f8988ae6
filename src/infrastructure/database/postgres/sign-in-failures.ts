import type { Factor } from '../../../domain/lockout/factor.ts';
import {
  type Claim,
  type Counter,
  type CounterState,
  QUIET_MS,
  type SignInFailures,
} from '../../../domain/lockout/sign-in-failures.ts';
import type { SqlConnection } from '../sql.ts';
import {
  claimAttempt,
  claimSignIn,
  deleteAllSignInFailures,
  deleteQuietSignInFailures,
  deleteSignInFailures,
  listSignInFailures,
  updateUnjudgedAttempt,
} from './generated/sign-in-failures.queries.ts';
import { toCredentials } from './user-repository.ts';

/** Between the factor and the device in the name of a bucket. */
const SEPARATOR = ':';

export function createPostgresSignInFailures(connection: SqlConnection): SignInFailures {
  return {
    async claimSignIn(counter, email, rules) {
      const [row] = await claimSignIn.run({ ...parameters(counter), ...rules, email }, connection);
      if (row === undefined) throw new Error('a claim has one row');
      const { id, status, version, password, password_form, expired_password } = row;
      const credentials =
        id === null
          ? null
          : toCredentials({
              ...{ id, status: status ?? 'disabled', version: version ?? 0, expired_password },
              ...{ password: password ?? '', password_form: password_form ?? 0 },
              email_verified: row.email_verified ?? false,
              disabling_is_over: row.disabling_is_over,
            });
      return { claim: toClaim(row), credentials };
    },
    async claim(counter, rules) {
      const [row] = await claimAttempt.run({ ...parameters(counter), ...rules }, connection);
      if (row === undefined) throw new Error('a claim has one row');
      return toClaim(row);
    },
    async release(counter, counted) {
      const { accountKey, bucket } = parameters(counter);
      await updateUnjudgedAttempt.run({ accountKey, bucket, counted }, connection);
    },
    async clear(counter, { free }) {
      const { accountKey, bucket } = parameters(counter);
      const others = counter.deviceId === null ? null : counter.factor;
      await deleteSignInFailures.run({ accountKey, bucket, others, free }, connection);
    },
    async clearAll(accountKeys) {
      await deleteAllSignInFailures.run({ accountKeys: accountKeys.map(toBuffer) }, connection);
    },
    async list(accountKeys) {
      const rows = await listSignInFailures.run(
        { accountKeys: accountKeys.map(toBuffer) },
        connection,
      );
      return rows.map(({ bucket, failures, last_at, blocked_until }): CounterState => {
        const [factor = '', device] = bucket.split(SEPARATOR);
        return {
          factor: factor as Factor,
          knownDevice: device !== undefined,
          failures,
          lastAt: last_at,
          blockedUntil: blocked_until,
        };
      });
    },
    deleteQuiet: (limit) =>
      deleteQuietSignInFailures.runForCount({ quietMs: QUIET_MS, limit }, connection),
  };
}

function parameters({ accountKey, factor, deviceId }: Counter) {
  return {
    accountKey: toBuffer(accountKey),
    bucket: deviceId === null ? factor : bucketOf(factor, deviceId),
    quietMs: QUIET_MS,
  };
}

function bucketOf(factor: Factor, deviceId: string): string {
  return `${factor}${SEPARATOR}${deviceId}`;
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes);
}

function toClaim(row: { readonly counted: number | null; readonly wait_ms: number | null }): Claim {
  return row.counted === null ? { waitMs: row.wait_ms ?? 0 } : { counted: row.counted };
}
