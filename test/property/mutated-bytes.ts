import fc from 'fast-check';

/** Sound bytes with some flipped, cut out, doubled or put in: what hurts parsers most. */
export const mutated = (sound: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      sound,
      fc.array(
        fc.record({
          at: fc.nat(),
          byte: fc.integer({ min: 0, max: 255 }),
          how: fc.constantFrom('set', 'cut', 'put', 'end'),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    )
    .map(([bytes, changes]) => {
      let now = [...bytes];
      for (const { at, byte, how } of changes) {
        const place = now.length === 0 ? 0 : at % now.length;
        if (how === 'set') now[place] = byte;
        else if (how === 'cut') now.splice(place, 1 + (byte % 8));
        else if (how === 'put') now.splice(place, 0, ...new Array(1 + (byte % 4)).fill(byte));
        else now = now.slice(0, place);
      }
      return Uint8Array.from(now);
    });
