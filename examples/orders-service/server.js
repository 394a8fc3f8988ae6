// Orders of signed-in users, with the names of the people who ordered.
import { bearerAuth } from '@user-service/client/fastify';
import Fastify from 'fastify';

const { USERS_URL: url, USERS_KEY: key, PORT = '3000' } = process.env;
const app = Fastify();
app.register(bearerAuth, { issuer: url, audience: 'user-service', revocations: { http: { url, key } } });

async function namesOf(ids) {
  const response = await fetch(`${url}/v1/public-profiles`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ids }),
  });
  if (!response.ok) throw new Error(`public profiles: ${response.status}`);
  const { profiles } = await response.json();
  return new Map(profiles.map((profile) => [profile.id, `${profile.first_name} ${profile.last_name}`]));
}

const orders = [];
app.register(async (routes) => {
  routes.post('/orders', async (request, reply) => {
    orders.push({ id: orders.length + 1, buyer: request.user.id, what: request.body.what });
    reply.code(201);
    return orders.at(-1);
  });
  routes.get('/orders', async () => {
    if (orders.length === 0) return [];
    const names = await namesOf([...new Set(orders.map(({ buyer }) => buyer))]);
    return orders.map((order) => ({ ...order, name: names.get(order.buyer) ?? null }));
  });
});
console.log(`orders at ${await app.listen({ port: Number(PORT) })}`);
