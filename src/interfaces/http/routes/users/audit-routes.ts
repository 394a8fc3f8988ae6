import Type from 'typebox';
import { AUDIT_PAGE_LIMIT } from '../../../../application/users/audit-stored-users.ts';
import {
  closedObject,
  nullableString,
  uuidInput,
  uuidOutput,
} from '../../../api/schemas/common.ts';
import { type Route, route } from '../../route.ts';

/** Without the values, which are personal data. */
const findingSchema = Type.Object({
  id: uuidOutput(),
  field: Type.String(),
  rule: Type.String(),
  effects: Type.Array(Type.String()),
  message: Type.String(),
});

/** Routes of the audit of stored users; on the control socket only. */
export const userAuditRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/user-audit',
    operationId: 'auditStoredUsers',
    tag: 'Users',
    summary: 'List the stored values of users that break a rule',
    access: 'operator',
    query: closedObject({
      from: Type.Optional(uuidInput('Id of the first user to read.')),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: AUDIT_PAGE_LIMIT })),
    }),
    responses: {
      200: {
        description: 'The findings among the users of one page.',
        schema: Type.Object({
          findings: Type.Array(findingSchema),
          checked: Type.Integer({ description: 'Users that were read.' }),
          next_from: nullableString({ description: '`from` of the next page; null on the last.' }),
        }),
      },
    },
    problems: [],
    handle: async ({ caller, query }, { useCases }) => {
      const { findings, checked, nextFromId } = await useCases.users.auditStored(caller, {
        fromId: query.from ?? null,
        limit: query.limit ?? AUDIT_PAGE_LIMIT,
      });
      return {
        status: 200,
        body: {
          findings: findings.map(({ userId, ...finding }) => ({ id: userId, ...finding })),
          checked,
          next_from: nextFromId,
        },
      };
    },
  }),
];
