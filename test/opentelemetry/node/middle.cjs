// Asks the service behind it the same path, with node:http and fetch, and knows nothing of colours.
const { createServer } = require('node:http');
const { MIDDLE_URL, DB_URL, PORT } = process.env;

createServer(async (req, res) => {
  const answered = await fetch((MIDDLE_URL ?? DB_URL) + req.url);
  res.writeHead(answered.status).end(await answered.text());
}).listen(PORT, '127.0.0.1');
