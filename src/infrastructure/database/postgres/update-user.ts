import type { User } from '../../../domain/user/user.ts';
import type { SqlConnection } from '../sql.ts';
import { updateUser } from './generated/users.queries.ts';
import type { RecordingOutbox } from './outbox.ts';
import { profileColumns } from './user-repository.ts';

/** Stores a locked user with its events in one statement: see `Transaction.updateUser`. */
export async function updateUserWithEvents(
  connection: SqlConnection,
  outbox: RecordingOutbox,
  user: User,
): Promise<void> {
  const { disabledUntil } = user.state;
  const columns = { ...profileColumns(user.state), disabledUntil };
  const events = user.takeEvents();
  // Without one, the statement could not tell that the row was written.
  if (events.length === 0) throw new Error('a user without a change was to be stored');
  await outbox.appendBy(events, (json) =>
    updateUser.runForCount({ ...columns, events: json }, connection),
  );
}
