import { describe, expect, test } from 'vitest';
import { createInboxCheck } from './reply-guard.ts';

describe('an inbox check', () => {
  test.each([
    ['_INBOX.AbC123.x', true],
    ['_INBOX.one', true],
    ['_INBOX_billing.AbC.1', true],
    ['_INBOX_user-service.AbC.1', false],
    ['_INBOX', false],
    ['_INBOX.', false],
    ['_INBOX..x', false],
    ['_INBOX.x.', false],
    ['_INBOX.*', false],
    ['_INBOX.a.>', false],
    ['_INBOX.a b', false],
    ['_INBOXES.a', false],
    ['_INBOX_.a', false],
    ['_INBOX_a*.b', false],
    ['x._INBOX.a', false],
    ['_inbox.a', false],
    ['users.events.user.deleted.x', false],
    ['users.health.x', false],
    ['users.relay.wake', false],
    ['$JS.API.STREAM.PURGE.USERS', false],
    ['$JS.ACK.USERS.consumer.1.1.1.1.1', false],
    ['$SRV.PING', false],
    ['_R_.abc', false],
    ['', false],
  ])('with the default prefix, %s: %s', (reply, expected) => {
    expect(createInboxCheck(['_INBOX'], '_INBOX_user-service')(reply)).toBe(expected);
  });

  test('covers only the named prefixes otherwise, also with several tokens', () => {
    const isInbox = createInboxCheck(['_INBOX_billing', 'replies.shop'], '_INBOX');
    const allowed = ['_INBOX_billing.a', 'replies.shop.a.b'];
    const refused = [
      '_INBOX.a',
      '_INBOX_billing2.a',
      '_INBOX_other.a',
      'replies.a',
      'replies.shop',
    ];
    expect(allowed.filter(isInbox)).toEqual(allowed);
    expect(refused.filter(isInbox)).toEqual([]);
  });

  test('covers inboxes of the service itself only if its prefix is allowed by name', () => {
    expect(createInboxCheck(['_INBOX'], '_INBOX')('_INBOX.a')).toBe(true);
    expect(createInboxCheck(['_INBOX'], '_INBOX_self')('_INBOX_self.a')).toBe(false);
    expect(createInboxCheck(['_INBOX', '_INBOX_self'], '_INBOX_self')('_INBOX_self.a')).toBe(true);
  });
});
