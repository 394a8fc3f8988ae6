// What npm runs before it packs the client package.
import { buildClientPackage } from './lib/client-package.ts';

buildClientPackage();
console.log('built packages/client/dist/');
