import Type from 'typebox';
import type { Caller } from '../../../application/access/caller.ts';
import type { UseCases } from '../../../application/use-cases.ts';
import { closedObject, uuidInput } from '../../api/schemas/common.ts';
import { type Route, route } from '../route.ts';

/** What was set aside for the operator to decide on, and the words for it. */
interface SetAsideSpec {
  readonly tag: string;
  /** Of the list. */
  readonly path: string;
  readonly requeue: {
    readonly operationId: string;
    readonly summary: string;
    readonly idDescription: string;
    run(useCases: UseCases, caller: Caller, id: string | null): Promise<number>;
  };
  readonly drop: {
    readonly operationId: string;
    readonly summary: string;
    readonly idDescription: string;
    /** The answer's, for an id that is not in the list. */
    readonly description: string;
    run(useCases: UseCases, caller: Caller, id: string): Promise<boolean>;
  };
}

/** The routes that decide on what was set aside: try one or all again, and give one up. */
export function setAsideRoutes({ tag, path, requeue, drop }: SetAsideSpec): readonly Route[] {
  const count = Type.Object({ count: Type.Integer() });
  return [
    route({
      method: 'POST',
      path: `${path}/requeue`,
      operationId: requeue.operationId,
      tag,
      summary: requeue.summary,
      access: 'operator',
      body: {
        schema: closedObject({ id: Type.Union([uuidInput(requeue.idDescription), Type.Null()]) }),
        mediaTypes: ['application/json'],
      },
      responses: { 200: { description: 'How many are tried again.', schema: count } },
      problems: [],
      handle: async ({ caller, body }, { useCases }) => ({
        status: 200,
        body: { count: await requeue.run(useCases, caller, body.id) },
      }),
    }),
    route({
      method: 'DELETE',
      path: `${path}/{id}`,
      operationId: drop.operationId,
      tag,
      summary: drop.summary,
      access: 'operator',
      params: closedObject({ id: uuidInput(drop.idDescription) }),
      responses: { 200: { description: drop.description, schema: count } },
      problems: [],
      handle: async ({ caller, params }, { useCases }) => {
        const dropped = await drop.run(useCases, caller, params.id);
        return { status: 200, body: { count: dropped ? 1 : 0 } };
      },
    }),
  ];
}
