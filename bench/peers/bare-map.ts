/** The least that can be a map: a page of one box, served by Node alone, and the line that prints its URL. */
import { listen } from './listen.ts';

const page =
  '<!doctype html><title>A box</title><div class="box gateway"></div><div class="box version">release</div>';
const port = await listen((_, res) => res.setHeader('content-type', 'text/html').end(page));
console.log(`  the map       http://localhost:${port}/`);
console.log('  to stop       Ctrl-C');
