import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packId } from './packed-table.ts';
import { createRevocationSet, type RevocationEntry, readEntry } from './revocation-set.ts';

const NOW = 1_790_000_000;
const ids = Array.from({ length: 6 }, () => randomUUID());

const session = (id: string, until = NOW + 720): RevocationEntry => ({
  ...{ kind: 'session', id, notBefore: NOW, until },
});
const tokenOf = (sid: string, sub: string = randomUUID(), issuedAt = NOW) => ({
  ...{ session: packId(sid), user: packId(sub), issuedAt },
});

it('decides as a plain list of entries does, in any order and however often they come', () => {
  const second = fc.integer({ min: NOW - 50, max: NOW + 50 });
  const entry = fc.record({
    kind: fc.constantFrom('session', 'user', 'all'),
    id: fc.constantFrom(...ids),
    notBefore: second,
    life: fc.integer({ min: 1, max: 100 }),
  });
  const token = fc.record({
    ...{ sid: fc.constantFrom(...ids), sub: fc.constantFrom(...ids), iat: second, now: second },
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), token, (listed, { sid, sub, iat, now }) => {
      const set = createRevocationSet(100);
      const entries = listed.map(({ kind, id, notBefore, life }) => ({
        ...{ kind, id, notBefore, until: notBefore + life },
      }));
      for (const one of entries) set.add(one, NOW - 60);
      // For each kind and id, the highest time of each kind counts.
      const highest = (kind: string, id?: string) => {
        const same = entries.filter((one) => one.kind === kind && (id ?? one.id) === one.id);
        return {
          notBefore: Math.max(...same.map(({ notBefore }) => notBefore)),
          isOver: !same.some(({ until }) => until > now),
        };
      };
      const user = highest('user', sub);
      const all = highest('all');
      const expected =
        !highest('session', sid).isOver ||
        (!user.isOver && iat <= user.notBefore) ||
        (!all.isOver && iat <= all.notBefore);
      expect(set.isRevoked(tokenOf(sid, sub, iat), now)).toBe(expected);
    }),
  );
});

it('knows 200,000 sessions exactly, in less than 20 MB', () => {
  const set = createRevocationSet(500_000);
  const revoked = Array.from({ length: 200_000 }, () => randomUUID());
  for (const id of revoked) set.add(session(id), NOW);
  expect(set.size()).toBe(200_000);
  expect(set.bytes()).toBeLessThan(20_000_000);
  expect(revoked.every((id) => set.isRevoked(tokenOf(id), NOW))).toBe(true);
  const others = Array.from({ length: 20_000 }, () => randomUUID());
  expect(others.some((id) => set.isRevoked(tokenOf(id), NOW))).toBe(false);
});

it('does not take an id for another one that differs in one digit', () => {
  const set = createRevocationSet(10);
  const id = '0198c0de-5a6b-7c8d-9e0f-1a2b3c4d5e6f';
  set.add(session(id), NOW);
  for (let at = 0; at < id.length; at += 1) {
    if (id[at] === '-') continue;
    const other = `${id.slice(0, at)}${id[at] === '0' ? '1' : '0'}${id.slice(at + 1)}`;
    if (other !== id) expect(set.isRevoked(tokenOf(other), NOW), other).toBe(false);
  }
  expect(set.isRevoked(tokenOf(id.toUpperCase()), NOW)).toBe(true);
});

it('forgets entries after their end, and gives the memory back', () => {
  const set = createRevocationSet(500_000);
  const empty = set.bytes();
  for (let index = 0; index < 50_000; index += 1) set.add(session(randomUUID(), NOW + 10), NOW);
  const kept = randomUUID();
  set.add(session(kept, NOW + 100), NOW);
  expect(set.bytes()).toBeGreaterThan(empty * 10);
  set.add(session(randomUUID(), NOW + 100), NOW + 31);
  expect(set.size()).toBe(2);
  expect(set.bytes()).toBe(empty);
  expect(set.isRevoked(tokenOf(kept), NOW + 31)).toBe(true);
  set.add(session(randomUUID(), NOW + 31), NOW + 31);
  expect(set.size()).toBe(2);
});

it('says when it is full, and takes what it knows already', () => {
  const set = createRevocationSet(3);
  const known = [randomUUID(), randomUUID(), randomUUID()];
  for (const id of known) expect(set.add(session(id, NOW + 5), NOW)).toBe(true);
  expect(set.add(session(randomUUID()), NOW)).toBe(false);
  expect(set.add(session(known[0] ?? ''), NOW)).toBe(true);
  expect(set.add({ kind: 'all', id: null, notBefore: NOW, until: NOW + 720 }, NOW)).toBe(true);
  // Two of them have ended.
  expect(set.add(session(randomUUID()), NOW + 5)).toBe(true);
});

it('compares times after 2038', () => {
  const set = createRevocationSet(10);
  const later = 2 ** 31 + 1_000;
  const [id = '', sub = ''] = ids;
  set.add({ kind: 'user', id: sub, notBefore: later, until: later + 720 }, later);
  expect(set.isRevoked(tokenOf(id, sub, later), later + 1)).toBe(true);
  expect(set.isRevoked(tokenOf(id, sub, later + 1), later + 1)).toBe(false);
  expect(set.isRevoked(tokenOf(id, sub, later), later + 720)).toBe(false);
});

it('reads entries of the feed, leaves out kinds that it does not know, and refuses what is none', () => {
  const [id] = ids;
  const record = { kind: 'user', id, not_before: NOW, until: NOW + 720 };
  expect(readEntry(record)).toEqual({ kind: 'user', id, notBefore: NOW, until: NOW + 720 });
  expect(readEntry({ ...record, kind: 'device' })).toBeNull();
  expect(readEntry({ ...record, kind: 'all', id: null })).toMatchObject({ kind: 'all', id: null });
  const broken = [{ id: 'x' }, { id: null }, { not_before: '1' }, { until: -1 }, { kind: 1 }];
  for (const change of broken) expect(() => readEntry({ ...record, ...change })).toThrow();
  for (const other of [null, 'x', 1, []]) expect(() => readEntry(other)).toThrow();
});
