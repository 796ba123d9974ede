/**
 * An adapter whose driver does what native code can do to a process. A driver's process loads it by path; it is plain
 * JavaScript because Node runs no TypeScript.
 */
import { closeSync, writeSync } from 'node:fs';
import { BridgeError } from '../../dist/src/kit/errors.js';

const spin = () => {
  for (;;);
};

/** What it can be told to do: `{ do: NAME }` as a command, `connect: NAME` in the configuration. */
const deeds = {
  segfault: () => process.kill(process.pid, 'SIGSEGV'),
  exit: () => process.exit(3),
  throw: () => setImmediate(() => JSON.parse('thrown by the driver')),
  spin: () => setImmediate(spin),
  print: () => {
    writeSync(1, 'out of the driver\n');
    writeSync(2, Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
    writeSync(2, `${'ALSA lib: unable to open slave\n'.repeat(1000)}${'x'.repeat(100_000)}`);
  },
  leak: () => {
    const held = [];
    const hold = () => {
      held.push(Buffer.alloc(16 * 1024 * 1024, held.length + 1));
      setImmediate(hold);
    };
    hold();
  },
  scribble: () => writeSync(3, 'no message\n'),
  mute: () => {
    closeSync(3);
    spin();
  },
  nothing: () => undefined,
};

/** Told by `do: flood`: as many inputs at once as fit into a second many times over. */
const FLOOD = 20_000;

export const misbehaving = {
  kind: 'misbehaving',
  summarise: (command) => `do ${command.do}`,
  async connect(config, io, signal) {
    io.log.info({ pid: process.pid }, 'driver.connecting');
    if (config.connect === 'absent') throw new Error('nobody is there');
    if (config.connect === 'missing') throw new BridgeError('DEVICE_DRIVER_MISSING', 'no libthing.so');
    if (config.connect === 'never') return new Promise(() => {});
    if (config.connect === 'slow') await new Promise((resolve) => signal.addEventListener('abort', resolve));
    deeds[config.connect]?.();
    let tellInput = () => {};
    let resolveClosed;
    let commands = 0;
    const closed = new Promise((resolve) => {
      resolveClosed = resolve;
    });
    return {
      health: () => ({ status: 'up', detail: String(process.pid) }),
      onHealth: () => () => {},
      onInput: (listener) => {
        tellInput = listener;
        listener({ said: 'hello' });
        return () => {
          tellInput = () => {};
        };
      },
      counters: () => ({ 'out.commands': commands }),
      async send(command, sending) {
        commands += 1;
        if (command.do === 'wait') {
          await new Promise((resolve) => sending.addEventListener('abort', resolve));
          tellInput({ said: 'aborted' });
          throw new Error('aborted');
        }
        if (command.do === 'echo') tellInput({ said: command.text });
        else if (command.do === 'tellEnvironment') tellInput({ names: Object.keys(process.env) });
        else if (command.do === 'sayLater') setTimeout(() => tellInput({ said: command.text }), command.afterMs);
        else if (command.do === 'hang') return { reached: 'sent', left: new Promise(() => {}) };
        else if (command.do === 'leave') return { reached: 'sent', left: Promise.resolve() };
        else if (command.do === 'stay') {
          const left = Promise.reject(new BridgeError('DEVICE_TIMEOUT', 'it did not leave'));
          left.catch(() => undefined);
          return { reached: 'sent', left };
        } else if (command.do === 'flood') for (let n = 0; n < FLOOD; n++) tellInput({ n });
        else deeds[command.do]();
        return { reached: 'sent' };
      },
      ...(config.displays && { display: (face) => tellInput({ shown: face.next?.number }) }),
      async close() {
        if (config.close === 'spin') spin();
        if (config.close === 'never') await new Promise(() => {});
        resolveClosed(undefined);
      },
      closed,
    };
  },
};

const [, , kind = ''] = process.argv;
const lists = {
  ...deeds,
  well: () => ({ found: [{ name: 'Box', what: String(process.pid), nickname: 'box' }], looked: 'here' }),
  ask: () => {
    throw new BridgeError('DEVICE_DRIVER_MISSING', 'libbox.so.1 does not load; on Debian install libbox1');
  },
};

/** What its list does is in the kind that its process was started for: `lists-DEED`. It lists only when it does well. */
export const lister = {
  kind: kind.startsWith('lists-') ? kind : 'lists-nothing',
  async list() {
    const listing = lists[kind.slice('lists-'.length)]();
    return listing?.found ? listing : new Promise(() => {});
  },
};
