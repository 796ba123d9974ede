/** Whose key is it? Space is GO, unless the keyboard was used to get to another control. */
import { useEffect, useRef, useState } from 'preact/hooks';

/** Keys that carry the focus from one control to another. */
const TRAVEL: ReadonlySet<string> = new Set(['Tab', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']);
const TEXT_FIELD = 'input:not([type=radio], [type=checkbox]), textarea';

/** Whether keys type into what has the focus. */
const isTextField = (element: Element | null): element is HTMLElement => element?.matches(TEXT_FIELD) ?? false;

/**
 * Keys of the whole page, by `KeyboardEvent.code`. A text field keeps its keys; Escape leaves it. A browser turns
 * `:focus-visible` on with the very key that is asked about, so how the focus came is remembered here.
 */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const life = new AbortController();
    /** Whether the keyboard was used last, and the control that it was used to get to. */
    let byKeyboard = false;
    let reached: Element | undefined;
    /** Whether Space was taken as a key of the page when it went down: then its coming up means nothing to a control. */
    let taken = false;

    const isBusy = (code: string): boolean => {
      const focused = document.activeElement;
      if (!focused || focused === document.body || focused.classList.contains('go')) return false;
      if (isTextField(focused) || (code !== 'Space' && focused.matches('select'))) return true;
      return code === 'Space' && focused === reached;
    };
    const onDown = (event: KeyboardEvent) => {
      if (TRAVEL.has(event.code)) byKeyboard = true;
      // A held Enter would press a button again and again.
      if (event.code === 'Enter' && event.repeat) event.preventDefault();
      if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
      const focused = document.activeElement;
      if (event.code === 'Escape' && isTextField(focused)) focused.blur();
      const act = latest.current[event.code];
      if (!act || isBusy(event.code)) return;
      event.preventDefault();
      if (event.code === 'Space') taken = true;
      // A key that is held is one press.
      if (!event.repeat) act();
    };
    // A button that has the focus would be pressed when the key comes up.
    const onUp = (event: KeyboardEvent) => {
      if (event.code !== 'Space') return;
      if (taken || !isBusy('Space')) event.preventDefault();
      taken = false;
    };
    const onPointer = () => {
      byKeyboard = false;
      reached = undefined;
    };
    const onFocus = ({ target }: FocusEvent) => {
      reached = byKeyboard && target instanceof Element ? target : undefined;
    };
    const { signal } = life;
    window.addEventListener('keydown', onDown, { signal });
    window.addEventListener('keyup', onUp, { signal });
    // What a control does with a pointer may end there, so it is seen on the way down.
    window.addEventListener('pointerdown', onPointer, { signal, capture: true });
    window.addEventListener('focusin', onFocus, { signal });
    return () => life.abort();
  }, []);
}

/** Whether a text field has the focus: keys type there. */
export function useTyping(): boolean {
  const [typing, setTyping] = useState(false);
  useEffect(() => {
    const life = new AbortController();
    const { signal } = life;
    window.addEventListener('focusin', () => setTyping(isTextField(document.activeElement)), { signal });
    window.addEventListener(
      'focusout',
      ({ relatedTarget }) => setTyping(isTextField(relatedTarget as Element | null)),
      {
        signal,
      },
    );
    return () => life.abort();
  }, []);
  return typing;
}
