// The front of the shop: asks api for the products and db-proxy for the visitor's orders. It knows nothing of lanes.
import express from 'express';

const { PORT = 8080, HOST, PROJECT_VERSION = 'release' } = process.env;
const { API_URL = 'http://api:8081', DB_PROXY_URL = 'http://db-proxy:8082' } = process.env;

async function ask(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.json();
}

const app = express();
app.get('/healthz', (_, res) => res.send('ok'));
app.get('/', async (_, res) => {
  const catalogue = await ask(`${API_URL}/products`);
  const orders = await ask(`${DB_PROXY_URL}/tables/orders`);
  res.json({ web: PROJECT_VERSION, catalogue, orders });
});
app.listen(Number(PORT), HOST);
