// Asks itself once more, so that a colour that came in shows what went out; knows nothing of carrying. For package.test.ts.
import { createServer } from 'node:http';

const server = createServer(async ({ url, headers }, response) => {
  if (url === '/last') return response.end(headers['project-version'] ?? 'none');
  const answer = await fetch(`http://localhost:${server.address().port}/last`);
  response.end(await answer.text());
});
server.listen(0, async () => {
  const { port } = server.address();
  const answer = await fetch(`http://localhost:${port}/`, { headers: { 'project-version': 'cart' } });
  console.log(await answer.text());
  process.exit(0);
});
