import { nameOf, type UserEvent } from './event.ts';

/** Versions of users by id; a `Map` is one. Lasting ones belong into the transaction of the change that they guard. */
export interface VersionStore {
  get(userId: string): number | undefined | Promise<number | undefined>;
  set(userId: string, version: number): unknown;
}

/**
 * Makes a handler ignore what it has handled: `user.*` events whose version is not above the last one of their user.
 * Other events, such as `session.ended`, pass: they have a version that they saw, and no own one.
 */
export function onlyNewer<Context>(
  versions: VersionStore,
  handle: (event: UserEvent, context: Context) => unknown,
): (event: UserEvent, context: Context) => Promise<void> {
  return async (event, context) => {
    const { userId, userVersion } = event;
    if (userId === null || !nameOf(event).startsWith('user.'))
      return void (await handle(event, context));
    if (userVersion <= ((await versions.get(userId)) ?? 0)) return;
    await handle(event, context);
    await versions.set(userId, userVersion);
  };
}
