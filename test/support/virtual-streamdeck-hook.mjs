/** `node --import` this file: `@elgato-stream-deck/node` is virtual-streamdeck.mjs, in this process and in those that it starts. */
import { register } from 'node:module';

const to = new URL('./virtual-streamdeck.mjs', import.meta.url).href;
const source = `export const resolve = (specifier, context, next) =>
  specifier === '@elgato-stream-deck/node' ? { url: ${JSON.stringify(to)}, shortCircuit: true } : next(specifier, context);`;
register(`data:text/javascript,${encodeURIComponent(source)}`);
