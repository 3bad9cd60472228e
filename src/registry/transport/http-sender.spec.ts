import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeAgents, createAgents, type HttpAgents } from './http-agents.ts';
import { sendHttp, type Answer, type HttpRequest } from './http-sender.ts';

const KIB = 1024;

let agents: HttpAgents;
let server: Server;
let connections: number;
let listener: RequestListener;

beforeEach(async () => {
  agents = createAgents(4, {});
  connections = 0;
  listener = (_request, response) => response.end();
  server = createServer((request, response) => listener(request, response));
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  closeAgents(agents);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function send(request: Partial<HttpRequest> & Pick<HttpRequest, 'method'>): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/v2/`);
  return await sendHttp({ url, headers: {}, answer: 'buffered', limitBytes: 4 * KIB, ...request }, agents);
}

describe('a HEAD', () => {
  it('gives the head of the answer, whose length is that of a body that never comes', async () => {
    listener = (_request, response) =>
      response.writeHead(200, { 'Content-Length': '123', 'X-One': '1' }).end();

    const answer = await send({ method: 'HEAD' });

    expect(answer).toMatchObject({ status: 200, body: new Uint8Array() });
    expect(answer.headers.get('content-length')).toBe('123');
    expect(answer.headers.get('x-one')).toBe('1');
  });

  it('says who asks, and wants the bytes as they are', async () => {
    const asked: unknown[] = [];
    listener = ({ headers, method }, response) => {
      asked.push(method, headers['user-agent'], headers['accept-encoding'], headers.accept);
      response.end();
    };

    await send({ method: 'HEAD', headers: { Accept: 'application/json' } });

    expect(asked).toEqual(['HEAD', 'geo-reconciler', 'identity', 'application/json']);
  });

  it('uses a connection again that another HEAD has opened', async () => {
    listener = (_request, response) => response.writeHead(200, { 'Content-Length': '123' }).end();

    for (let count = 0; count < 20; count += 1) await send({ method: 'HEAD' });

    expect(connections).toBe(1);
  });

  it('names the failure of a connection that breaks before the answer', async () => {
    listener = ({ socket }) => socket.resetAndDestroy();

    await expect(send({ method: 'HEAD' })).rejects.toMatchObject({
      code: 'NETWORK',
      networkCode: 'ECONNRESET',
    });
  });

  it.each<[string, (abort: () => void) => RequestListener]>([
    ['before the answer', (abort) => () => abort()],
    [
      'between the answer and its end',
      (abort) => (_request, response) => {
        response.socket?.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Late: ');
        abort();
      },
    ],
  ])('ends when it is given up %s', async (_when, listen) => {
    const controller = new AbortController();
    listener = listen(() => controller.abort());

    await expect(send({ method: 'HEAD', signal: controller.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  it('is not sent when it was given up before', async () => {
    await expect(send({ method: 'HEAD', signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(connections).toBe(0);
  });
});

describe('the body of an answer', () => {
  it('is read whole up to its limit', async () => {
    listener = (_request, response) => response.end(Buffer.alloc(4 * KIB, 1));

    await expect(send({ method: 'GET' })).resolves.toMatchObject({ body: Buffer.alloc(4 * KIB, 1) });
  });

  it('is refused when it is longer than its limit', async () => {
    listener = (_request, response) => response.end(Buffer.alloc(4 * KIB + 1));

    await expect(send({ method: 'GET' })).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('is cut when it only explains an error', async () => {
    listener = (_request, response) => response.writeHead(404).end(Buffer.alloc(1024 * KIB));

    const answer = await send({ method: 'GET' });

    expect(answer.status).toBe(404);
    expect(answer.body.length).toBeLessThan(256 * KIB);
  });

  it.each([
    ['its length', { 'Content-Length': '1000' }],
    ['its last chunk', { 'Transfer-Encoding': 'chunked' }],
  ])('is a failure when it ends before %s', async (_what, headers) => {
    listener = (_request, response) => {
      response.writeHead(200, headers);
      response.write('half', () => response.destroy());
    };

    await expect(send({ method: 'GET' })).rejects.toMatchObject({ code: 'NETWORK' });
  });
});

describe('a request without a body', () => {
  it('names no type of a body', async () => {
    const types: unknown[] = [];
    listener = ({ headers }, response) => {
      types.push(headers['content-type']);
      response.end();
    };

    await send({ method: 'POST', headers: { 'Content-Length': '0' } });

    expect(types).toEqual([undefined]);
  });
});
