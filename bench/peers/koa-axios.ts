/**
 * What one writes first: Koa, and axios as it comes. With SERVICE_B_URL it is service-a, without it service-b. CARRIED=1:
 * it does not copy the colour, as carry/ does.
 */
import axios from 'axios';
import Koa from 'koa';
import { listen, sayListening } from './listen.ts';

const { SERVICE_B_URL, CARRIED } = process.env;
const app = new Koa();
app.use(async (ctx) => {
  if (!SERVICE_B_URL) {
    ctx.body = 'release';
    return;
  }
  const headers = CARRIED ? {} : { 'project-version': ctx.get('project-version') || '-' };
  const response = await axios.get(SERVICE_B_URL + ctx.url, { headers });
  ctx.body = response.data;
});
sayListening({ port: await listen(app.callback()) });
