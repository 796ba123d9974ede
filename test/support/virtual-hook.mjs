/**
 * `node --import` this file with `?kind=hid`: its library is virtual-hid.mjs, in this process and in those that it starts. What
 * else is in the query is told to it in the environment.
 */
import { register } from 'node:module';

const LIBRARIES = { hid: 'node-hid', midi: '@julusian/midi/lazy', streamdeck: '@elgato-stream-deck/node' };

const { kind, ...told } = Object.fromEntries(new URL(import.meta.url).searchParams);
Object.assign(process.env, told);
const to = new URL(`./virtual-${kind}.mjs`, import.meta.url).href;
const source = `export const resolve = (specifier, context, next) =>
  specifier === ${JSON.stringify(LIBRARIES[kind])} ? { url: ${JSON.stringify(to)}, shortCircuit: true } : next(specifier, context);`;
register(`data:text/javascript,${encodeURIComponent(source)}`);
