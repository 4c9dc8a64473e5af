/**
 * The way from worker hosts to the chain node, which can be cut: connections then end and new ones are refused, as when a
 * network between two machines is gone.
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface NodeLink {
  readonly port: number;
  readonly isCut: boolean;
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}

/** @param nodePort on this machine; nobody has to listen there yet */
export async function startNodeLink(nodePort: number): Promise<NodeLink> {
  const sockets = new Set<Socket>();
  let isCut = false;

  function keep(socket: Socket, other: Socket): void {
    sockets.add(socket);
    socket.setNoDelay(true);
    // Either end takes the other with it, so that who is connected hears what a direct connection would say.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      other.destroy();
    });
  }

  const server = createServer((incoming) => {
    if (isCut) {
      incoming.destroy();
      return;
    }
    const outgoing = connect(nodePort, "127.0.0.1");
    keep(incoming, outgoing);
    keep(outgoing, incoming);
    incoming.pipe(outgoing);
    outgoing.pipe(incoming);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    // A listening TCP server has an address of this form.
    port: (server.address() as AddressInfo).port,
    get isCut() {
      return isCut;
    },
    cut() {
      isCut = true;
      end();
    },
    mend() {
      isCut = false;
    },
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      end();
      return closed;
    },
  };
}
