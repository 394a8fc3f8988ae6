import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { accountLinks, challengeSettings } from '../../src/app/challenges.ts';
import { openLimits } from '../../src/app/limits.ts';
import { createServeRegistrationRequests } from '../../src/application/users/serve-registration-requests.ts';
import { createServeChallengeRequests } from '../../src/application/verification/serve-challenge-requests.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { MailBody, MailKind } from '../../src/domain/mail.ts';
import { createPostgresChallengeStore } from '../../src/infrastructure/database/postgres/challenge-repository.ts';
import { createUnitOfWork } from '../../src/infrastructure/database/postgres/unit-of-work.ts';
import type { Database } from '../../src/infrastructure/database/sql.ts';
import { createChallengeSecrets } from '../../src/infrastructure/security/challenge-secrets.ts';
import { createMasterKeys } from '../../src/infrastructure/security/master-key.ts';
import { createSystemClock } from '../../src/infrastructure/system/clock.ts';
import { createUuidV7Generator } from '../../src/infrastructure/system/ids.ts';
import { type Answer, type Api, patientHashing } from './api.ts';
import { createSilentLogger } from './logger.ts';
import { TEST_MASTER_KEY, testMailSeal } from './mail-seal.ts';

/** A mail of the queue with its values. */
export type QueuedMail = MailBody & { readonly to: string };

/** The secrets of a mail, as its reader has them. */
export interface MailedSecrets {
  readonly token: string;
  readonly code: string;
  readonly url: string;
}

/** Environment of a service whose mails a test can read. Limits of clients are off: all tests come from one address. */
export const readableMails = {
  ...patientHashing,
  SECURITY_MASTER_KEY: TEST_MASTER_KEY,
  LIMITS_ENABLED: 'false',
};

const ids = createUuidV7Generator();
const secrets = createChallengeSecrets({
  masterKeys: createMasterKeys(Buffer.from(TEST_MASTER_KEY, 'base64')),
});

/**
 * Requests, mails and proofs of a service that does not listen: nothing is sent before a test says so. Each mailbox has
 * limits of its own, those of `env`; `onLimitAsked` runs before each question to them.
 */
export function createMailbox(
  api: Api,
  env: Readonly<Record<string, string>> = {},
  { onLimitAsked = async () => {} }: { readonly onLimitAsked?: () => Promise<void> } = {},
) {
  // The composition root gives out the whole database under a narrower type.
  const database = api.app.database as Database;

  const serving = createServing();

  async function createServing(): Promise<() => Promise<void>> {
    const { config } = await loadConfig({
      env: { SERVER_PUBLIC_URL: 'http://service.test', ...env },
      cwd: '/nonexistent/user-service',
    });
    const logger = createSilentLogger();
    const { limits } = openLimits(config, { shared: null, keySecret: randomBytes(32), logger });
    const clock = createSystemClock();
    const deps = {
      ...{ ids, logger, secrets, clock },
      limits: {
        allow: async (...asked: Parameters<typeof limits.allow>) => {
          await onLimitAsked();
          return await limits.allow(...asked);
        },
      },
      challengeStore: createPostgresChallengeStore(database),
      unitOfWork: createUnitOfWork({
        ...{ database, ids, logger, mailSeal: testMailSeal, clock },
        onCommitted: async () => {},
      }),
      settings: challengeSettings(config),
      links: accountLinks(config),
    };
    const serveRegistrations = createServeRegistrationRequests(deps);
    const serveChallenges = createServeChallengeRequests(deps);
    return async () => {
      await serveRegistrations();
      await serveChallenges();
    };
  }

  const serve = async (): Promise<void> => await (await serving)();

  async function mailsTo(to: string, kind?: MailKind): Promise<readonly QueuedMail[]> {
    const { rows } = await database.query<{
      id: string;
      kind: string;
      locale: string | null;
      sealed_content: Uint8Array;
    }>(
      'select id, kind, locale, sealed_content from mail_queue where recipient = $1 and ($2::text is null or kind = $2) order by created_at, id',
      [to, kind ?? null],
    );
    return rows.map(({ sealed_content: content, ...row }) => {
      const body = testMailSeal.open({ ...row, content: new Uint8Array(content) });
      if (body === null) throw new Error('a mail does not open');
      return { ...body, to };
    });
  }

  const post = (path: string, body: object, token?: string): Promise<Answer> =>
    api.send('POST', path, { body, ...(token === undefined ? {} : { token }) });

  return {
    serve,
    mailsTo,
    post,
    /** Sends a request that is accepted. @returns the challenge's id */
    async request(path: string, body: object, token?: string): Promise<string> {
      const answer = await post(path, body, token);
      expect(answer.statusCode, answer.body).toBe(202);
      await serve();
      return answer.json().challenge_id;
    },
    /** The secrets of the newest mail of this kind. */
    async secretsOf(to: string, kind: MailKind): Promise<MailedSecrets> {
      const mail = (await mailsTo(to, kind)).at(-1);
      if (mail === undefined) throw new Error(`no mail ${kind} to ${to}`);
      const data = mail.data as { url?: string; undo_url?: string; code?: string };
      const url = data.url ?? data.undo_url ?? '';
      return { url, code: data.code ?? '', token: new URL(url).hash.replace('#t=', '') };
    },
  };
}
