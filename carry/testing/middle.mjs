/**
 * The service in the middle, that knows nothing of the headers: node --import=…/carry/register middle.mjs FRAMEWORK.
 * `/WAY/CLIENT/ID` calls the service behind it, CALLS (JSON: origins), and answers with what that said. IDs differ, and
 * so does the path of the call. A header x-set is sent on, as project-version, by the program itself.
 */
import { clientsOf } from './clients.mjs';
import { frameworks } from './frameworks.mjs';
import { waysToCall } from './ways.mjs';

const clients = await clientsOf(JSON.parse(process.env.CALLS ?? ''));
const port = await frameworks[process.argv[2] ?? '']?.((req, res) => {
  const [way, client, id] = req.url.slice(1).split('/').map(decodeURIComponent);
  const own = req.headers['x-set'];
  return waysToCall[way](() => clients[client](`/${id}`, own ? { 'project-version': own } : {}), req, res);
});
console.log(JSON.stringify({ msg: 'listening', port }));
process.on('disconnect', () => process.exit());
