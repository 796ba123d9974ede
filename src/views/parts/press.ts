/** When a finger means it, and when it means it once. */
import { useRef, useState } from 'preact/hooks';
import { clock } from './hooks.js';

/** A finger that has moved so far is scrolling, in CSS pixels. */
const SLOP_PX = 10;

/**
 * The handlers of a button that is pressed at its moment: a mouse presses when it goes down; a finger, which may turn out
 * to scroll, when it comes up where it went down, however long it lay there; a right button never; a key or an
 * assistive device by the click that no pointer came before.
 */
export function useMoment(press: () => void) {
  const finger = useRef<{ id: number; x: number; y: number } | undefined>(undefined);
  const isFar = ({ clientX, clientY }: PointerEvent) => {
    const at = finger.current;
    return at !== undefined && Math.hypot(clientX - at.x, clientY - at.y) > SLOP_PX;
  };
  const forget = () => {
    finger.current = undefined;
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      if (!event.isPrimary || event.button !== 0) return;
      if (event.pointerType === 'mouse') press();
      else finger.current = { id: event.pointerId, x: event.clientX, y: event.clientY };
    },
    onPointerMove: (event: PointerEvent) => {
      if (event.pointerId === finger.current?.id && isFar(event)) forget();
    },
    onPointerCancel: forget,
    onPointerUp: (event: PointerEvent) => {
      if (event.pointerId !== finger.current?.id) return;
      const means = !isFar(event);
      forget();
      if (means) press();
    },
    onClick: (event: MouseEvent) => {
      if (event.detail === 0) press();
    },
    // A long press asks for a menu, which would lie over the button.
    onContextMenu: (event: MouseEvent) => event.preventDefault(),
  };
}

/** The second press of a double click comes within this time, in milliseconds; what it meets may stand where the first one's did. */
const DOUBLE_MS = 600;

/** One press at a time: what is pressed before the first is answered, or as its double click, is the same press. */
export function useOnce() {
  const [isBusy, setBusy] = useState(false);
  const busy = useRef(false);
  const once = async (act: () => Promise<void>) => {
    if (busy.current) return;
    busy.current = true;
    setBusy(true);
    await Promise.all([act(), clock.sleep(DOUBLE_MS)]);
    busy.current = false;
    setBusy(false);
  };
  return { isBusy, once };
}
