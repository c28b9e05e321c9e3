// Asks whom STOCK_URL names, and does to the colour and to the request's id what LOSES says.
import { createServer } from 'node:http';

const { STOCK_URL, LOSES, PORT, HOST } = process.env;
const color = 'project-version';

createServer(async (req, res) => {
  const { [color]: came, 'x-request-id': id, accept } = req.headers;
  const sent = LOSES === 'changes' && came ? 'release-v9' : came;
  const headers = {
    ...(accept && { accept }),
    ...(sent && LOSES !== 'drops' && { [color]: sent }),
    ...(id && LOSES !== 'id' && { 'x-request-id': id }),
  };
  const answer = await fetch(STOCK_URL + req.url, { headers });
  res.setHeader('content-type', answer.headers.get('content-type') ?? 'text/plain');
  res.writeHead(answer.status).end(await answer.text());
}).listen(PORT, HOST);
