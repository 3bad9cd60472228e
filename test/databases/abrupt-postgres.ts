import { createServer, type AddressInfo, type Socket } from 'node:net';

/** Messages of PostgreSQL's protocol 3: a session that begins, and is ended by an administrator in the same breath. */
const AUTHENTICATED = message('R', Buffer.from([0, 0, 0, 0]));
const READY = message('Z', Buffer.from('I'));
const TERMINATED = message('E', fields({ S: 'FATAL', V: 'FATAL', C: '57P01', M: 'terminating connection' }));

/** A server that ends every session in the very packet in which it says that it has begun, as a real one does by chance. */
export class AbruptPostgres {
  readonly #server = createServer((socket) => {
    this.sessions += 1;
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATED, READY, TERMINATED])));
    this.#sockets.add(socket);
  });
  readonly #sockets = new Set<Socket>();
  sessions = 0;

  async start(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = this.#server.address() as AddressInfo;
    return `postgres://somebody@127.0.0.1:${port}/state`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

function fields(values: Readonly<Record<string, string>>): Buffer {
  return Buffer.from(
    `${Object.entries(values)
      .map(([type, text]) => `${type}${text}\0`)
      .join('')}\0`,
  );
}
