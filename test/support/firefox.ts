import { type Browser, firefox } from 'playwright-core';
import { findBinary } from '../../scripts/lib/server-binaries.mjs';

/** What is used of the inner objects of Playwright. */
interface Inner {
  readonly _connection: {
    toImpl(browser: unknown): { readonly _browserSession: { send: Send } };
  };
}
type Send = (method: string, parameters?: object) => Promise<unknown>;

/** Playwright sends this command for each context, and stock Firefox does not know it. No test needs it. */
const UNKNOWN_COMMAND = 'emulation.setMediaFeaturesOverride';

/**
 * Starts the Firefox of the machine. Playwright drives it by WebDriver BiDi, the protocol of all browsers.
 * @throws Error that says how to install it
 */
export async function launchFirefox(): Promise<Browser> {
  const executablePath = findBinary('firefox') ?? findBinary('firefox-esr');
  if (executablePath === undefined) {
    throw new Error(
      'Firefox is not installed; on Debian `apt-get install firefox-esr` installs it',
    );
  }
  const browser = await firefox.launch({ channel: 'moz-firefox', executablePath });
  const session = (browser as unknown as Inner)._connection.toImpl(browser)._browserSession;
  const send: Send = session.send.bind(session);
  session.send = async (method, parameters) =>
    method === UNKNOWN_COMMAND ? {} : await send(method, parameters);
  return browser;
}
