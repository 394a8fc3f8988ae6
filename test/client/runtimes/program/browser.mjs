import { createBrowserSession } from '@user-service/client/browser';
import { register, until, url } from './kit.mjs';

/** A session in a store of memory, in two tabs: sign-in, refresh and sign-out. */
export async function browser() {
  const { id, email, password } = await register('Ada');
  const texts = new Map();
  const storage = {
    getItem: (name) => texts.get(name) ?? null,
    setItem: (name, text) => void texts.set(name, text),
    removeItem: (name) => void texts.delete(name),
  };
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const open = () => createBrowserSession({ url, mode: 'storage', storage, now });
  const session = open();
  const tab = open();
  const heard = [];
  tab.onChange(({ status }) => heard.push(status));
  const status = async () => (await session.fetch(`${url}/v1/me`)).status;
  try {
    const refused = await session.signIn({ email, password: `${password}0` });
    const before = [session.state.status, await status()];
    const signedIn = await session.signIn({ email, password });
    await until('the sign-in in the other tab', () => tab.state.status === 'signed_in');
    const first = await session.accessToken();
    const ofTab = await tab.accessToken();
    const user = await session.user();
    ahead += 11 * 60_000;
    const again = await status();
    const second = await session.accessToken();
    const signedOut = await session.signOut();
    await until('the sign-out in the other tab', () => tab.state.status === 'signed_out');
    return {
      refused: refused.problem?.code,
      before,
      signedIn: signedIn.ok,
      isShared: first.data === ofTab.data,
      isOwn: user.data?.id === id,
      again,
      isReplaced: typeof second.data === 'string' && second.data !== first.data,
      signedOut: signedOut.ok,
      after: [session.state.status, await status()],
      // The token of the device, for the next sign-in.
      kept: texts.size,
      heard,
    };
  } finally {
    session.close();
    tab.close();
  }
}
