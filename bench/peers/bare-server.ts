/** The least that can answer: how long Node itself takes to start. */
import { listen, sayListening } from './listen.ts';

sayListening({ port: await listen((_, res) => res.end('release')) });
