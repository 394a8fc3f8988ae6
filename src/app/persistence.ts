import { dirname, join, resolve } from 'node:path';
import { decodeMasterKey } from '../config/master-key.ts';
import type { Config } from '../config/schema.ts';
import { CLOCK_LEEWAY_SECONDS } from '../domain/session/access-tokens.ts';
import { readRecord } from '../infrastructure/database/migrations/history.ts';
import {
  openDatabase,
  openMonitoringConnection,
} from '../infrastructure/database/open-database.ts';
import { createPostgresActReader } from '../infrastructure/database/postgres/administrative-acts.ts';
import { createPostgresAnswerRecords } from '../infrastructure/database/postgres/answer-records.ts';
import { createPostgresChallengeStore } from '../infrastructure/database/postgres/challenge-repository.ts';
import { createPostgresDiagnostics } from '../infrastructure/database/postgres/diagnostics.ts';
import {
  createPostgresEventAudit,
  createPostgresEventRestorations,
} from '../infrastructure/database/postgres/event-audit.ts';
import {
  createPostgresEventFeed,
  createPostgresEventNumbering,
} from '../infrastructure/database/postgres/event-feed.ts';
import { createPostgresInvitationRepository } from '../infrastructure/database/postgres/invitation-repository.ts';
import { createPostgresDeadMails } from '../infrastructure/database/postgres/mail-queue.ts';
import { createPostgresMasterKeyUses } from '../infrastructure/database/postgres/master-key-uses.ts';
import {
  createPostgresDeadEvents,
  createPostgresOutboxAdministration,
  createPostgresOutboxLog,
} from '../infrastructure/database/postgres/outbox-queue.ts';
import { createPostgresRegistrationRequestStore } from '../infrastructure/database/postgres/registration-requests.ts';
import { createPostgresRevocationFeed } from '../infrastructure/database/postgres/revocation-feed.ts';
import { createPostgresSealedRows } from '../infrastructure/database/postgres/sealed-rows.ts';
import { createPostgresServiceAccountRepository } from '../infrastructure/database/postgres/service-account-repository.ts';
import { createPostgresSessionRepository } from '../infrastructure/database/postgres/session-repository.ts';
import { createPostgresSignInFailures } from '../infrastructure/database/postgres/sign-in-failures.ts';
import { createPostgresSigningKeyStore } from '../infrastructure/database/postgres/signing-key-store.ts';
import { createPostgresStoredUserReader } from '../infrastructure/database/postgres/stored-user-reader.ts';
import { readRootCertificate } from '../infrastructure/database/postgres/tls.ts';
import { createPostgresUserRepository } from '../infrastructure/database/postgres/user-repository.ts';
import {
  createPostgresDeadDeliveries,
  createPostgresWebhookLog,
  createPostgresWebhookQueue,
} from '../infrastructure/database/postgres/webhook-deliveries.ts';
import {
  createPostgresSealedSecrets,
  createPostgresWebhookEndpoints,
} from '../infrastructure/database/postgres/webhook-endpoints.ts';
import { createAccessTokens } from '../infrastructure/security/access-tokens.ts';
import { createAccountKeys } from '../infrastructure/security/account-keys.ts';
import { createAnswerSeals } from '../infrastructure/security/answer-seals.ts';
import { createChallengeSecrets } from '../infrastructure/security/challenge-secrets.ts';
import { createDeviceTokens } from '../infrastructure/security/device-tokens.ts';
import { createFirstServiceKey } from '../infrastructure/security/first-service-key.ts';
import { createInvitationTokens } from '../infrastructure/security/invitation-tokens.ts';
import { createMailSeal } from '../infrastructure/security/mail-seal.ts';
import {
  createMasterKeys,
  generateMasterKey,
  MASTER_KEY_MIN_BYTES,
  type MasterKeys,
} from '../infrastructure/security/master-key.ts';
import { createRefreshTokens } from '../infrastructure/security/refresh-tokens.ts';
import { createServiceKeys } from '../infrastructure/security/service-keys.ts';
import { createSigningKeys } from '../infrastructure/security/signing-keys.ts';
import {
  createWebhookSecretSeals,
  createWebhookSecrets,
} from '../infrastructure/security/webhook-secrets.ts';
import { createSystemClock } from '../infrastructure/system/clock.ts';
import { claimControlSocket } from '../infrastructure/system/control-socket.ts';
import { createUuidV7Generator } from '../infrastructure/system/ids.ts';
import {
  readOrCreateSecretFile,
  removeSecretDrafts,
} from '../infrastructure/system/secret-file.ts';
import type { ReleaseStack } from '../lib/release-stack.ts';
import type { AppDeps, TracedDeps } from './deps.ts';
import { StartError } from './start-error.ts';

export type Persistence = Awaited<ReturnType<typeof openPersistence>>;

/** Opens the database and creates the keys that a new database lacks. */
export async function openPersistence(deps: TracedDeps, releases: ReleaseStack) {
  const { config, logger } = deps;
  const clock = createSystemClock();
  const ids = createUuidV7Generator();
  const files = dataFiles(config);
  const ownsFiles = config.database.driver === 'embedded' && deps.inMemoryTemplate === undefined;
  const control = ownsFiles ? await claimControlSocket(files.controlSocket) : null;
  if (control !== null) {
    releases.register('the control socket', () => control.release());
    for (const path of [files.masterKey, files.serviceKey]) await removeSecretDrafts(path);
  }
  const settings = databaseSettings(deps);
  const opened = await openDatabase(settings, logger, deps.signal);
  releases.register('the database', () => opened.close());
  const database = deps.tracing?.database(opened) ?? opened;
  const monitoring = await openMonitoringConnection(settings, database, logger);
  releases.register('the monitoring connection', () => monitoring.close());
  deps.signal?.throwIfAborted();

  const masterKeys = await readMasterKeys(deps, files.masterKey);
  const signingKeyStore = createPostgresSigningKeyStore(database);
  const accessTokens = createAccessTokens({
    keys: signingKeyStore,
    masterKeys,
    ...config.tokens,
    clock,
    ids,
    logger,
  });
  if (deps.toleratesLostMasterKey !== true) await accessTokens.prepare();
  const serviceAccounts = createPostgresServiceAccountRepository(database);
  const serviceKeys = createServiceKeys();
  const newServiceKey =
    control === null
      ? null
      : await createFirstServiceKey({
          path: files.serviceKey,
          accounts: serviceAccounts,
          keys: serviceKeys,
          ids,
          clock,
        });
  return {
    clock,
    ids,
    /** Identifies this process to the other instances. */
    instanceId: ids.next(),
    files,
    control,
    database,
    monitoring,
    readSchemaRecord: () => readRecord(database),
    outboxLog: createPostgresOutboxLog(database),
    eventAudit: createPostgresEventAudit(database),
    eventRestorations: createPostgresEventRestorations(database),
    eventFeed: createPostgresEventFeed(database),
    eventNumbering: createPostgresEventNumbering(database),
    revocationFeed: createPostgresRevocationFeed(database, revocationLifeMs(config.tokens)),
    outboxAdministration: createPostgresOutboxAdministration(database),
    deadEvents: createPostgresDeadEvents(database),
    deadMails: createPostgresDeadMails(database),
    webhookEndpoints: createPostgresWebhookEndpoints(database),
    webhookQueue: createPostgresWebhookQueue(database),
    webhookLog: createPostgresWebhookLog(database),
    deadDeliveries: createPostgresDeadDeliveries(database),
    webhookSecrets: createWebhookSecrets(masterKeys),
    webhookSecretSeals: createWebhookSecretSeals(createPostgresSealedSecrets(database), masterKeys),
    users: createPostgresUserRepository(database),
    invitations: createPostgresInvitationRepository(database),
    invitationTokens: createInvitationTokens({ masterKeys }),
    storedUsers: createPostgresStoredUserReader(database),
    sessions: createPostgresSessionRepository(database),
    acts: createPostgresActReader(database),
    signInFailures: createPostgresSignInFailures(database),
    accountKeys: createAccountKeys(masterKeys.derive('sign-in-failure-names').current),
    deviceTokens: createDeviceTokens({
      keys: masterKeys.derive('device-token-authentication'),
      clock,
      ttlMs: config.devices.ttlMs,
    }),
    diagnostics: createPostgresDiagnostics(database),
    serviceAccounts,
    serviceKeys,
    masterKeyUses: createPostgresMasterKeyUses(
      database,
      masterKeys.derive('master-key-fingerprint'),
    ),
    sealedRows: createPostgresSealedRows(database, connectionNameOf(deps)),
    answerRecords: createPostgresAnswerRecords(database),
    answerSeals: createAnswerSeals({ masterKeys }),
    accessTokens,
    signingKeys: createSigningKeys({
      store: signingKeyStore,
      algorithm: config.tokens.algorithm,
      encryptionKeys: masterKeys.derive('signing-key-encryption'),
      refresh: () => accessTokens.refresh(),
    }),
    refreshTokens: createRefreshTokens({ masterKeys }),
    challengeSecrets: createChallengeSecrets({ masterKeys }),
    challengeStore: createPostgresChallengeStore(database),
    registrationRequestStore: createPostgresRegistrationRequestStore(database),
    masterKeys,
    // Not needed for reading: a cached name under the previous key is a miss, and expires.
    emailKeySecret: masterKeys.derive('cached-email-names').current,
    mailSeal: createMailSeal(masterKeys),
    newServiceKey,
  };
}

/** Files beside the embedded data directory; unused with a PostgreSQL server. */
export function dataFiles(config: Config) {
  const directory = dirname(resolve(config.database.path));
  return {
    controlSocket: join(directory, 'control.sock'),
    serviceKey: join(directory, 'service-key'),
    masterKey: join(directory, 'master-key'),
  };
}

export function databaseSettings(
  deps: Pick<AppDeps, 'config' | 'inMemoryTemplate' | 'toleratesLostMasterKey'>,
) {
  const { config, inMemoryTemplate } = deps;
  const { migrateOnStart, path, ...settings } = config.database;
  if (settings.driver === 'embedded') {
    return {
      driver: 'embedded' as const,
      path: inMemoryTemplate === undefined ? resolve(path) : null,
      ...(inMemoryTemplate === undefined ? {} : { template: inMemoryTemplate }),
      migrateOnStart,
    };
  }
  const { host = '', name, password, sslRootCert, ...rest } = settings;
  return {
    driver: 'postgres' as const,
    migrateOnStart,
    postgres: {
      ...rest,
      applicationName: connectionNameOf(deps),
      host,
      database: name,
      password: password?.reveal() ?? '',
      sslRootCert: readRootCertificate(sslRootCert, rest.sslMode),
    },
  };
}

/** The command that replaces lost keys tells its own connections from those of instances. */
function connectionNameOf({
  config,
  toleratesLostMasterKey,
}: Pick<AppDeps, 'config' | 'toleratesLostMasterKey'>): string {
  const { applicationName } = config.database;
  return toleratesLostMasterKey === true ? `keys reset: ${applicationName}` : applicationName;
}

async function readMasterKeys(
  { config, inMemoryTemplate }: AppDeps,
  path: string,
): Promise<MasterKeys> {
  const { masterKey, masterKeyPrevious } = config.security;
  const current =
    masterKey === undefined
      ? decode(
          inMemoryTemplate === undefined
            ? await readOrCreateSecretFile(path, generateMasterKey)
            : generateMasterKey(),
          path,
        )
      : decode(masterKey.reveal(), 'security.master_key');
  if (masterKeyPrevious === undefined) return createMasterKeys(current);
  return createMasterKeys(
    current,
    decode(masterKeyPrevious.reveal(), 'security.master_key_previous'),
  );
}

/** @throws StartError that names the place of a text that is not a master key. */
function decode(text: string, place: string): Uint8Array {
  const key = decodeMasterKey(text);
  if (key === undefined || key.byteLength < MASTER_KEY_MIN_BYTES) {
    throw new StartError(`${place} does not hold 32 bytes in base64. Restore it from a backup.`);
  }
  return key;
}

/**
 * How long a revocation can concern a valid token: the life of a token, and the leeway for the clock of the instance that
 * issued it and for the clock of the service that verifies it.
 */
export function revocationLifeMs({ accessTtlMs }: Pick<Config['tokens'], 'accessTtlMs'>): number {
  return accessTtlMs + 2 * CLOCK_LEEWAY_SECONDS * 1_000;
}
