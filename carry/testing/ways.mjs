/** The ways in which a handler comes to make its call: `call` has to be part of the request on each of them. */
import { EventEmitter } from 'node:events';
import { PassThrough, Readable } from 'node:stream';

/** @typedef {() => Promise<string>} Call */

/** @type {Record<string, (call: Call, req: any, res: any) => Promise<string>>} */
export const waysToCall = {
  'at once': (call) => call(),
  'after a timer': (call) =>
    new Promise((resolve, reject) => setTimeout(() => call().then(resolve, reject), 2)),
  'after nextTick and setImmediate': (call) =>
    new Promise((resolve, reject) => {
      setImmediate(() => process.nextTick(() => queueMicrotask(() => call().then(resolve, reject))));
    }),
  'in Promise.all': async (call) => {
    const [first] = await Promise.all([call(), call(), new Promise((resolve) => setTimeout(resolve, 1))]);
    return first;
  },
  'in a stream': async (call) => {
    let said = '';
    const through = new PassThrough({ objectMode: true });
    Readable.from(['a', 'b']).pipe(through);
    for await (const _ of through) said = await call();
    return said;
  },
  'in a listener': async (call) => {
    const emitter = new EventEmitter();
    const said = new Promise((resolve, reject) => emitter.on('go', () => call().then(resolve, reject)));
    setImmediate(() => emitter.emit('go'));
    return said;
  },
  'at the end of the request': async (call, req) => {
    if (req.readableEnded) return call();
    return new Promise((resolve, reject) => req.resume().on('end', () => call().then(resolve, reject)));
  },
  'in a listener of the response': async (call, _req, res) => {
    res.on('close', () => call());
    return 'later';
  },
};
