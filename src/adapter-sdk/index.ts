/** The door `pacebuddy-bridge/adapter`: what an adapter is made of. */
export type { Clock, MonoMs, WallMs } from '../kit/clock.js';
export { BridgeError, ERRORS, type ErrorCode, isBridgeError, toBridgeError, wordsOf } from '../kit/errors.js';
export type { Log } from '../kit/log.js';
export { RateLimiter } from '../kit/rate.js';
export type { ValidationFault, Validator } from '../kit/validator.js';
export type * from './adapter.js';
export { BaseConnection } from './base-connection.js';
export {
  type ButtonSettings,
  Buttons,
  buttonsOf,
  includesButton,
  isButtonPress,
  matchesButton,
  problemOfButton,
} from './buttons.js';
export {
  type AdapterDefinition,
  CONTRACT_VERSION,
  defineAdapter,
  type Simulate,
  type Simulated,
  type SimulatorModule,
} from './define-adapter.js';
export { firedCueOf } from './fired-cue.js';
export { type Gesture, GestureMachine, type GestureSettings, type Who } from './gestures.js';
export { Overdue } from './overdue.js';
export { ProfileFolder } from './profile-folder.js';
