/** `node --import` this file: `@julusian/midi/lazy` is virtual-midi.mjs, in this process and in those that it starts. */
import { register } from 'node:module';

const to = new URL('./virtual-midi.mjs', import.meta.url).href;
const source = `export const resolve = (specifier, context, next) =>
  specifier === '@julusian/midi/lazy' ? { url: ${JSON.stringify(to)}, shortCircuit: true } : next(specifier, context);`;
register(`data:text/javascript,${encodeURIComponent(source)}`);
