// Orders of signed-in users, with the names of the people who ordered.
import { unwrap, userService } from '@user-service/client';
import { bearerAuth } from '@user-service/client/fastify';
import Fastify from 'fastify';

const { USERS_URL: url, USERS_KEY: key, PORT = '3000' } = process.env;
const app = Fastify();
app.register(bearerAuth, { issuer: url, audience: 'user-service', revocations: { http: { url, key } } });

const { profiles } = userService({ url, key });
async function namesOf(ids) {
  const found = unwrap(await profiles.byId(ids));
  return new Map([...found.values()].map(({ id, first_name, last_name }) => [id, `${first_name} ${last_name}`]));
}

const orders = [];
app.register(async (routes) => {
  routes.post('/orders', async (request, reply) => {
    orders.push({ id: orders.length + 1, buyer: request.user.id, what: request.body.what });
    reply.code(201);
    return orders.at(-1);
  });
  routes.get('/orders', async () => {
    const names = await namesOf(orders.map(({ buyer }) => buyer));
    return orders.map((order) => ({ ...order, name: names.get(order.buyer) ?? null }));
  });
});
console.log(`orders at ${await app.listen({ port: Number(PORT) })}`);
