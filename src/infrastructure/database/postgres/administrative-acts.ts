import type {
  Action,
  Actor,
  ActReader,
  AdministrativeActs,
} from '../../../domain/administrative-acts.ts';
import type { IdGenerator } from '../../../domain/ports.ts';
import type { SqlConnection } from '../sql.ts';
import {
  insertAdministrativeAct,
  listAdministrativeActs,
} from './generated/administrative-acts.queries.ts';

/** The record of administrative acts, in the transaction of `connection`. */
export function createPostgresAdministrativeActs(
  connection: SqlConnection,
  stamp: { readonly ids: IdGenerator; readonly requestId: string },
): AdministrativeActs {
  return {
    async record({ actor, ...act }) {
      await insertAdministrativeAct.run(
        {
          ...act,
          id: stamp.ids.next(),
          actorKind: actor.kind,
          actorId: actor.id,
          requestId: stamp.requestId,
        },
        connection,
      );
    },
  };
}

export function createPostgresActReader(connection: SqlConnection): ActReader {
  return {
    async listOfUser(userId, limit) {
      const rows = await listAdministrativeActs.run({ userId, limit }, connection);
      return rows.map((row) => ({
        id: row.id,
        at: row.at,
        action: row.action as Action,
        userId: row.user_id,
        actor: { kind: row.actor_kind as Actor['kind'], id: row.actor_id },
        operator: row.operator,
        reason: row.reason,
        requestId: row.request_id,
      }));
    },
  };
}
