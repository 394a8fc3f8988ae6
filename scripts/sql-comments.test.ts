import { describe, expect, it } from 'vitest';
import { findCallerNames } from './sql-comments.ts';

describe('the check of comments in query files', () => {
  it.each([
    ['Called by', '/* Pages by keyset. Called by the list command. */'],
    ['used by', '/* Locks one row; used by\n   the relay. */'],
    ['For the UserRepository', '/* For the UserRepository. */'],
    ['OutboxQueue.claim', '/* Locks in id order. OutboxQueue.claim waits for it. */'],
  ])('rejects a comment with "%s"', (name, comment) => {
    const sql = `/* Why. */\n/* @name a */\nselect 1;\n\n${comment}\n/* @name b */\nselect 2;\n`;
    expect(findCallerNames('a.sql', sql)).toEqual([
      `a.sql:5 names a caller in a comment: "${name}"`,
    ]);
  });

  it('accepts reasons, names of statements, and the same words in SQL', () => {
    const sql = `/* Needs the row locked by lockUser. FOR NO KEY UPDATE lets sessions be inserted. The best plan depends
   on the values (RFC 5321 allows 254 bytes). */
/* @name a */
select u.id, 'Called by' from users u;
`;
    expect(findCallerNames('a.sql', sql)).toEqual([]);
  });
});
