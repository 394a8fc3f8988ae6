import { describe, expect, it } from 'vitest';
import { PROBLEMS, problemType } from './problem-table.ts';

describe('the problem table', () => {
  it('has a title, one sentence and an error status for each code', () => {
    for (const [code, { status, title, meaning }] of Object.entries(PROBLEMS)) {
      expect(title, code).toMatch(/^[A-Z][^.]*$/);
      expect(meaning, code).toMatch(/^[A-Z].*\.$/);
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect(status, code).toBeLessThan(600);
    }
  });

  it('names types that clients can match on', () => {
    expect(problemType('email_taken')).toBe('urn:user-service:problem:email_taken');
  });
});
