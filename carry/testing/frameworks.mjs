/**
 * The same small program in each framework: `serve(answer)` resolves to the port. `answer` gets a request of node:http,
 * its response, and resolves to the text to answer with. JavaScript, so that any Node can run it.
 */
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';

/** @typedef {(req: any, res: any) => Promise<string>} Answer */

/** @type {Record<string, (answer: Answer) => Promise<number>>} */
export const frameworks = {
  http: (answer) => listen(createServer(async (req, res) => res.end(await answer(req, res)))),

  http2: (answer) => listen(createHttp2Server(async (req, res) => res.end(await answer(req, res)))),

  express: async (answer) => {
    const { default: express } = await import('express');
    const app = express();
    app.all('/{*any}', async (req, res) => {
      res.send(await answer(req, res));
    });
    return listen(createServer(app));
  },

  fastify: async (answer) => {
    const { default: fastify } = await import('fastify');
    const app = fastify();
    app.addContentTypeParser('*', (_request, _body, done) => done(null));
    app.all('/*', (request, reply) => answer(request.raw, reply.raw));
    await app.listen({ port: 0, host: '127.0.0.1' });
    return portOf(app.server);
  },

  koa: async (answer) => {
    const { default: Koa } = await import('koa');
    const app = new Koa();
    app.use(async (ctx) => {
      ctx.body = await answer(ctx.req, ctx.res);
    });
    return listen(createServer(app.callback()));
  },

  nest: async (answer) => {
    await import('reflect-metadata');
    const { All, Controller, Module, Req, Res } = await import('@nestjs/common');
    const { NestFactory } = await import('@nestjs/core');
    // what decorators do, without their syntax, which no Node knows
    class Any {
      async any(req, res) {
        res.send(await answer(req, res));
      }
    }
    Req()(Any.prototype, 'any', 0);
    Res()(Any.prototype, 'any', 1);
    All('*any')(Any.prototype, 'any', Object.getOwnPropertyDescriptor(Any.prototype, 'any'));
    Controller()(Any);
    class App {}
    Module({ controllers: [Any] })(App);
    const app = await NestFactory.create(App, { logger: false, bodyParser: false });
    await app.listen(0, '127.0.0.1');
    return portOf(app.getHttpServer());
  },
};

/** @param {import('node:net').Server} server */
async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  return portOf(server);
}

/** @param {import('node:net').Server} server */
function portOf(server) {
  const address = server.address();
  return address && typeof address === 'object' ? address.port : 0;
}
