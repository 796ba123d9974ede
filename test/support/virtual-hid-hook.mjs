/** `node --import` this file: `node-hid` is virtual-hid.mjs, in this process and in those that it starts. */
import { register } from 'node:module';

const to = new URL('./virtual-hid.mjs', import.meta.url).href;
const source = `export const resolve = (specifier, context, next) =>
  specifier === 'node-hid' ? { url: ${JSON.stringify(to)}, shortCircuit: true } : next(specifier, context);`;
register(`data:text/javascript,${encodeURIComponent(source)}`);
