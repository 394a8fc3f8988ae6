import type { ConnectionOptions } from '../test/support/postgres-server.ts';

/** The task of a floor process. */
export type FloorOrder =
  | { readonly kind: 'redis'; readonly host: string; readonly port: number }
  | { readonly kind: 'select'; readonly connection: ConnectionOptions }
  | { readonly kind: 'publish'; readonly url: string; readonly count: number }
  | {
      readonly kind: 'argon2';
      readonly seconds: number;
      readonly concurrency: number;
      readonly parameters: {
        readonly memoryCost: number;
        readonly timeCost: number;
        readonly parallelism: number;
      };
    };

/** A floor that serves requests. */
export type ServerOrder = Extract<FloorOrder, { kind: 'redis' | 'select' }>;

/** A floor that does its work and reports its figures. */
export type WorkOrder = Exclude<FloorOrder, ServerOrder>;
