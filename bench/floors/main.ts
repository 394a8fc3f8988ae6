// A floor: the least that any implementation of the same work has to do. It runs as a process of its own with its order
// in BENCH_FLOOR.
import { runEcho } from './echo.ts';
import type { FloorOrder } from './order.ts';
import { serve } from './server.ts';
import { hashForAWhile, publishAll } from './work.ts';

const order = JSON.parse(process.env.BENCH_FLOOR ?? '{}') as FloorOrder;
if (order.kind === 'argon2') console.log(JSON.stringify(await hashForAWhile(order)));
else if (order.kind === 'publish') console.log(JSON.stringify(await publishAll(order)));
else console.log(`listening ${await (order.kind === 'echo' ? runEcho(order) : serve(order))}`);
