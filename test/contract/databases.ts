import { inject } from 'vitest';
import { openEmbeddedDatabase } from '../../src/infrastructure/database/embedded/pglite.ts';
import { createPostgresDatabase } from '../../src/infrastructure/database/postgres/pool.ts';
import type { Database } from '../../src/infrastructure/database/sql.ts';
import { createSilentLogger } from '../support/logger.ts';
import { postgresSettings } from '../support/postgres-database.ts';
import { createTestDatabase } from '../support/test-database.ts';
import {
  type DatabaseCapabilities,
  embeddedCapabilities,
  postgresCapabilities,
} from './capabilities.ts';

export interface DatabaseImplementation {
  readonly name: string;
  readonly capabilities: DatabaseCapabilities;
  /** Opens a new database, migrated and empty. The caller closes it. */
  open(): Promise<Database>;
}

/** Every contract suite runs on each of them. */
export const databaseImplementations: readonly DatabaseImplementation[] = [
  {
    name: 'embedded',
    capabilities: embeddedCapabilities,
    open: () => openEmbeddedDatabase({ path: null, templatePath: inject('embeddedTemplate') }),
  },
  {
    name: 'PostgreSQL',
    capabilities: postgresCapabilities,
    async open() {
      const { connectionOptions } = await createTestDatabase();
      const settings = postgresSettings(connectionOptions);
      return await createPostgresDatabase(settings, { logger: createSilentLogger() });
    },
  },
];
