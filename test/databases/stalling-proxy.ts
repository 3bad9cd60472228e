import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** Stands before a server and can hold everything back without closing a connection, as a network does that has lost its way. */
export class StallingProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#join(socket));
  #state: 'open' | 'stalled' = 'open';

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#target = { host: hostname, port: Number(port) };
  }

  /** Starts, and answers the URL with this proxy's address in it. */
  async start(url: string): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String((this.#server.address() as AddressInfo).port);
    return through.href;
  }

  stall(): void {
    this.#state = 'stalled';
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    this.#state = 'open';
    for (const socket of this.#sockets) socket.resume();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(socket: Socket): void {
    const onward = connect(this.#target);
    this.#pass(socket, onward);
    this.#pass(onward, socket);
    if (this.#state === 'stalled') for (const end of [socket, onward]) end.pause();
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (chunk) => to.write(chunk));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
