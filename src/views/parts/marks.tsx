/** Marks that say the same by shape, by colour and by word. */
export type Shape = 'disc' | 'half' | 'triangle' | 'cross' | 'ring' | 'bar';

const SHAPES: Readonly<Record<Shape, preact.JSX.Element>> = {
  disc: <circle cx="8" cy="8" r="6" />,
  half: (
    <>
      <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="M8 2.5a5.5 5.5 0 0 0 0 11z" />
    </>
  ),
  triangle: <path d="M8 1.5 15 14H1z" />,
  cross: <path d="M3.2 1 8 5.8 12.8 1 15 3.2 10.2 8 15 12.8 12.8 15 8 10.2 3.2 15 1 12.8 5.8 8 1 3.2z" />,
  ring: <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="3 2.2" />,
  bar: <path d="M2 2h4v12H2zM10 2h4v12h-4z" />,
};

export const Mark = ({ shape }: { shape: Shape }) => (
  <svg class="mark" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true">
    {SHAPES[shape]}
  </svg>
);

/** Without evidence (`unverified`) nothing is green. */
export const DEVICE_SHAPE = {
  up: 'disc',
  unverified: 'half',
  degraded: 'triangle',
  connecting: 'ring',
  down: 'cross',
} as const satisfies Record<string, Shape>;
