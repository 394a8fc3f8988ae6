import type { ConnectionOptions } from '../../test/support/postgres-server.ts';

/** A floor that serves requests until it is stopped. */
export type ServerOrder =
  | {
      readonly kind: 'redis';
      readonly host: string;
      readonly port: number;
      /** File of the access log; none with null. */
      readonly logFile: string | null;
    }
  | {
      readonly kind: 'select';
      readonly connection: ConnectionOptions;
      readonly logFile: string | null;
    }
  /** Answers every NATS request with the same text. */
  | {
      readonly kind: 'echo';
      readonly url: string;
      readonly subject: string;
      readonly text: string;
    };

/** A floor that does its work and reports a `Slice`. */
export type WorkOrder =
  | {
      readonly kind: 'publish';
      readonly url: string;
      readonly count: number;
      /** Its settings are those of the floor's stream. */
      readonly likeStream: string;
    }
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

export type FloorOrder = ServerOrder | WorkOrder;
