import { invalidFields } from '../../domain/errors.ts';

/**
 * Reads the audience that a client asks for: one of `tokens.audience`. Without one, a token is for this service.
 * @throws DomainError `validation_failed` on `audience`
 */
export function readAudience(
  known: readonly string[],
  requested: string | undefined,
): string | undefined {
  if (requested === undefined || known.includes(requested)) return requested;
  throw invalidFields([
    {
      field: 'audience',
      code: 'audience',
      message: 'Must be one of the audiences that the service is configured with.',
    },
  ]);
}
