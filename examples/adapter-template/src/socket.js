import { createSocket } from 'node:dgram';

/** @param {string} place address:port */
export const splitPlace = (place) => {
  const [address = '', port = ''] = place.split(':');
  return { address, port: Number(port) };
};

/**
 * A UDP socket that is bound. It looks no name up: all addresses are numbers.
 * @param {string} listen address:port; port 0 takes any free one
 * @returns {Promise<import('node:dgram').Socket>} @throws what the system says
 */
export function bind(listen) {
  const { address, port } = splitPlace(listen);
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners('error');
      // A whole network is reached by its broadcast address.
      socket.setBroadcast(true);
      resolve(socket);
    });
  });
}
