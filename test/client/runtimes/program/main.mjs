// The program of a user of the package, for every runtime. It prints one line of JSON: what each entry did, without the
// ids and times that differ from one run to the next.
import { browser } from './browser.mjs';
import { calls } from './calls.mjs';
import { consumer, copy } from './events.mjs';
import { failures } from './failures.mjs';
import { service } from './kit.mjs';
import { fake, real } from './testing.mjs';
import { middleware, verification } from './verify.mjs';
import { webhooks } from './webhooks.mjs';

const parts = {
  ...{ calls, failures, verification, middleware, consumer, copy, webhooks, browser, fake, real },
};
const seen = {};
for (const [name, part] of Object.entries(parts)) {
  try {
    seen[name] = await part();
  } catch (error) {
    seen[name] = { threw: error.stack ?? String(error) };
  }
}
await service.stop();
process.stdout.write(`${JSON.stringify(seen)}\n`);
