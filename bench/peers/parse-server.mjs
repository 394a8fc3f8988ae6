// A parse-server, by its guide for Express. It runs in the folder of its packages.
import { randomBytes } from 'node:crypto';
import express from 'express';
import { ParseServer } from 'parse-server';

const { PORT, DATABASE_URL } = process.env;
const server = new ParseServer({
  appId: 'bench',
  masterKey: randomBytes(32).toString('hex'),
  databaseURI: DATABASE_URL,
  serverURL: `http://127.0.0.1:${PORT}/parse`,
  silent: true,
  logLevel: 'error',
});
await server.start();
const app = express();
app.use('/parse', server.app);
app.listen(Number(PORT), '127.0.0.1', () => console.log('ready'));
