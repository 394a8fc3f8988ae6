import type { EmailAddress } from '../../../domain/user/email-address.ts';
import type { Locale } from '../../../domain/user/locale.ts';
import type { PersonName } from '../../../domain/user/person-name.ts';
import type { PhoneNumber } from '../../../domain/user/phone-number.ts';
import { pickProfile } from '../../../domain/user/profile-fields.ts';
import type {
  RegistrationRequestRepository,
  RegistrationRequestStore,
} from '../../../domain/user/registration-request.ts';
import type { SqlConnection } from '../sql.ts';
import {
  deleteExpiredRegistrationRequests,
  deleteRegistrationRequest,
  insertRegistrationRequest,
  lockRegistrationRequest,
  readRegistrationRequestBacklog,
} from './generated/registration-requests.queries.ts';

/** Waiting registrations in the transaction of `connection`. */
export function createPostgresRegistrationRequests(
  connection: SqlConnection,
): RegistrationRequestRepository {
  return {
    async add(request, limits) {
      const { id, passwordHash: password, passwordForm } = request;
      const columns = { id, ...pickProfile(request), password, passwordForm };
      return (
        (await insertRegistrationRequest.run({ ...columns, ...limits }, connection)).length === 1
      );
    },
    async lockNext(skipped) {
      const [row] = await lockRegistrationRequest.run({ skipped }, connection);
      if (row === undefined) return null;
      // Stored values were parsed before they were written, so they are not parsed again.
      return {
        id: row.id,
        firstName: row.first_name as PersonName,
        lastName: row.last_name as PersonName,
        email: row.email as EmailAddress,
        phone: row.phone as PhoneNumber | null,
        locale: row.locale as Locale | null,
        passwordHash: row.password,
        passwordForm: row.password_form,
      };
    },
    async delete(id) {
      await deleteRegistrationRequest.run({ id }, connection);
    },
  };
}

export function createPostgresRegistrationRequestStore(
  connection: SqlConnection,
): RegistrationRequestStore {
  return {
    async readBacklog() {
      const [row] = await readRegistrationRequestBacklog.run(undefined, connection);
      return { waiting: row?.waiting ?? 0, oldestAgeMs: row?.oldest_age_ms ?? 0 };
    },
    deleteExpired: (limit) => deleteExpiredRegistrationRequests.runForCount({ limit }, connection),
  };
}
