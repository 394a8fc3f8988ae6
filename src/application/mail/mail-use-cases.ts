import type { DeadLetters } from '../../domain/dead-letters.ts';
import type { DeadMail } from '../../domain/mail.ts';
import type { Logger } from '../../domain/ports.ts';
import { createDeadLetterUseCases } from '../dead-letters.ts';

interface Deps {
  readonly deadMails: DeadLetters<DeadMail>;
  readonly logger: Logger;
}

export function createMailUseCases({ deadMails, logger }: Deps) {
  return {
    deadLetters: createDeadLetterUseCases({ deadLetters: deadMails, kind: 'mail', logger }),
  };
}
