/** The kinds of devices of this build: one line each, and nothing of a kind is loaded before it is asked for. */
export const adapters = {
  hid: () => import('./hid/index.js'),
  midi: () => import('./midi/index.js'),
  osc: () => import('./osc/index.js'),
  qlab: () => import('./qlab/index.js'),
  serial: () => import('./serial/index.js'),
  streamdeck: () => import('./streamdeck/index.js'),
  xkeys: () => import('./xkeys/index.js'),
};
