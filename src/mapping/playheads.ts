import type { BridgeConfig, DevicePlayhead } from '../generated/types.js';
import type { ShowState } from '../show/state.js';
import { runsAhead } from './event-view.js';
import { type Context, NO_VALUE } from './placeholders.js';
import { compileTemplate } from './template.js';

/** A device whose own playhead is compared. */
export interface PlayheadWish {
  device: string;
  /** The main whose playhead it should share. */
  main?: string;
  /** What the device calls the cue that its playhead should stand at; undefined when none is ahead that it knows. */
  wanted?(state: ShowState): string | undefined;
}

/**
 * The devices that have something to be compared with: the show, by `playhead`, or their main, by `backupOf`. A backup that
 * says nothing of its own goes by its main's `playhead`, so that it is still compared when the main is gone.
 */
export function compilePlayheads(devices: BridgeConfig['devices'], show: { id?: string }): PlayheadWish[] {
  return Object.entries(devices).flatMap(([device, { backupOf: main, playhead: own }]) => {
    const playhead = own ?? (main === undefined ? undefined : devices[main]?.playhead);
    if (main === undefined && playhead === undefined) return [];
    return [
      {
        device,
        ...(main === undefined ? {} : { main }),
        ...(playhead === undefined ? {} : { wanted: wanted(playhead, show) }),
      },
    ];
  });
}

function wanted({ call, is }: DevicePlayhead, show: { id?: string }): (state: ShowState) => string | undefined {
  const fill = compileTemplate(is);
  let last: { acts: unknown; currentCueId: unknown; text: string | undefined } | undefined;
  return (state) => {
    const { acts, currentCueId } = state;
    // Most events move nothing: looking at all cues ahead again would find the same.
    if (last?.acts !== acts || last.currentCueId !== currentCueId) {
      last = { acts, currentCueId, text: firstOf(state, call, fill, { show: { ...show, title: state.title } }) };
    }
    return last.text;
  };
}

function firstOf(
  state: ShowState,
  call: string | undefined,
  fill: (context: Context) => unknown,
  around: Context,
): string | undefined {
  for (const run of runsAhead(state, around, call)) {
    const text = fill(run);
    if (text !== NO_VALUE) return String(text);
  }
  return undefined;
}
