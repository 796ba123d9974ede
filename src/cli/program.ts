import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { isBridgeError } from '../kit/errors.js';
import { packageVersion } from '../kit/package.js';
import { EXIT } from './exit.js';
import { lineHelp } from './qlab-lines.js';

const program = new Command('pacebuddy')
  .description('One ordered, durable stream of show events, mapped to and from QLab, consoles, buttons and pedals.')
  .version(packageVersion)
  .enablePositionalOptions()
  .showHelpAfterError('(pacebuddy --help lists the commands)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage));

/** A number on the command line, kept as text. */
const number = (min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (text.trim() === '' || !(value >= min && value <= max)) {
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
  }
  return text;
};
const port = number(0, 65_535);
const url = (text: string) => {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:8420.');
  }
  return text;
};
const seq = number(1, Number.MAX_SAFE_INTEGER);

const json = () => new Option('--json', 'one JSON object a line, for scripts');
/** Still taken, and no longer shown: what is typed can be read in the list of processes. */
const typedToken = () => new Option('--token <token>', 'the token itself').hideHelp();
const server = (command: Command) =>
  command
    .option('-u, --url <url>', 'where the bridge is', url, process.env.PACEBUDDY_URL ?? 'http://127.0.0.1:8420')
    .option('--token-file <file>', 'a file with the token that says who you are; or PACEBUDDY_TOKEN in the environment')
    .addOption(typedToken());

program
  .command('run')
  .description('run the bridge')
  .argument('[file]', 'the bridge file', 'bridge.yaml')
  .option('-c, --config <file>', 'the bridge file, for those who write it so')
  .addOption(
    new Option('--log-level <level>', 'how much is told')
      .choices(['trace', 'debug', 'info', 'warn', 'error'])
      .default('info'),
  )
  .addOption(new Option('--json', 'log lines as JSON even on a terminal'))
  .addHelpText(
    'after',
    '\nSIGHUP loads the bridge file anew; a broken one changes nothing. SIGTERM and Ctrl-C stop it.',
  )
  .action(async (file, options) => (await import('./run.js')).run(options.config ?? file, options));

program
  .command('demo')
  .description('the example show with a simulated QLab: GO on the space bar')
  .option('--port <port>', 'the port of the page and the WebSocket', port, '8420')
  .addOption(json())
  .action(async (options) => (await import('./demo.js')).demo(options));

program
  .command('check')
  .description('check a bridge file and its show file without any device: every problem at once, with its place')
  .argument('[file]', 'the bridge file', 'bridge.yaml')
  .addOption(json())
  .action(async (file, options) => (await import('./check.js')).check(file, options));

program
  .command('devices')
  .description('what is plugged into this machine, each with its line for the bridge file')
  .argument('[what...]', 'kinds to look for, such as midi hid serial; or a bridge file: how its devices are now')
  .option('-w, --watch', 'go on, and tell what is plugged in and out')
  .option('-b, --bridge <file>', 'look for the kinds as well whose packages this bridge file names')
  .option('-u, --url <url>', 'how the devices of the bridge at this address are now', url)
  .option('--token-file <file>', 'a file with the token for that bridge; or PACEBUDDY_TOKEN in the environment')
  .addOption(typedToken())
  .addOption(json())
  .addHelpText(
    'after',
    `
pacebuddy devices                  everything; all that is printed may be pasted below devices:
pacebuddy devices midi --watch     MIDI ports, and what comes and goes
pacebuddy devices bridge.yaml      asks the running bridge which of its devices are up, and why others are not

What may be opened is told for the user who runs it; the bridge may be another one.
Exits with 1 when a kind cannot be looked for (a missing library is named) or a device of the bridge is down, with 3
when no bridge answers.`,
  )
  .action(async (what, options) => (await import('./devices.js')).devices(what, options));

const simulate = program
  .command('simulate')
  .description('be a device, for trying a bridge file at the desk')
  .argument('<kind>', 'what to be: one of the commands below, or a kind from a package that --bridge names')
  .argument('[options...]', 'of that kind: --name value')
  .option('--bridge <file>', 'the bridge file whose adapters are known as well', 'bridge.yaml')
  .addOption(json())
  .enablePositionalOptions()
  .allowUnknownOption()
  .action(async (kind, typed, options) => (await import('./simulate.js')).simulatePackaged(kind, typed, options));

simulate
  .command('qlab')
  .description('a QLab that answers as the real one is documented to; what is typed happens there')
  .option('--host <address>', 'where to listen', '127.0.0.1')
  .option('--port <port>', 'TCP and UDP', port, '53000')
  .option('--passcode <text>', 'clients must connect with it')
  .option('--qlab-version <version>', 'what it says it is', '5.5.10')
  .option('--workspace <name>', 'the name of its workspace', 'Simulated')
  .option('--min-go-time <seconds>', 'the double-GO window', number(0, 3600), '0')
  .option('--cues <numbers>', 'cue numbers, with commas between', '1,2,3,4,5,6,7,8,9,10')
  .option('--bridge <file>', 'take the cues from a bridge file: what its show calls are called in QLab')
  .addOption(json())
  .addHelpText('after', `\nWhat can be typed:\n${lineHelp()}`)
  .action(async (options) => (await import('./simulate.js')).simulateQlab(options));

simulate
  .command('console')
  .description('a console that speaks OSC as it is documented to; a line that is typed is fired there')
  .addArgument(
    new Argument('<profile>', 'which').choices(['eos', 'grandma3', 'qlcplus', 'linux-show-player', 'reaper']),
  )
  .option('--host <address>', 'where to listen', '127.0.0.1')
  .option('--port <port>', 'left out: as in its profile', port)
  .option('--udp', 'for eos: UDP (port 8000) instead of TCP')
  .option('--to <address:port>', 'over UDP: where the bridge listens for it; left out: this machine, as in its profile')
  .addOption(json())
  .action(async (profile, options) => (await import('./simulate.js')).simulateConsole(profile, options));

simulate
  .command('midi')
  .description('a desk or a keyboard on a virtual MIDI port, built on easymidi; what is typed is sent')
  .option('--name <port>', 'what its ports are called', 'PaceBuddy Desk')
  .option('--device-id <number>', 'its number in MIDI Show Control, 0 to 127', number(0, 127), '1')
  .option('--format <format>', 'its format in MIDI Show Control, such as lighting, sound or 1', 'lighting')
  .option('--channel <number>', 'the channel that it plays on', number(1, 16), '1')
  .addOption(json())
  .addHelpText(
    'after',
    `
What can be typed: go 34.5 1, and the other commands of show control; note 60, cc 64 127, program 5; help.
The bridge file names it as { adapter: midi, input: "PaceBuddy Desk", output: "PaceBuddy Desk" }.
Linux needs ALSA's sequencer (/dev/snd/seq), Windows has no virtual ports.`,
  )
  .action(async (options) => (await import('./simulate.js')).simulateMidi(options));

server(program.command('send'))
  .description('send one event and wait for its ack')
  .argument('<eventType>', 'such as CueAdvanced, NoteAdded, EmergencyTriggered')
  .argument('[payload]', 'the payload as JSON: what only you can know of it; ids, the cue and the level are filled in')
  .option('--user <userId>', 'who sends, where no token says so', 'u-cli')
  .option('--role <role>', 'as what, where no token says so', 'stageManager')
  .option('--device <deviceId>', 'from where', 'cli')
  .option('--timeout <seconds>', 'how long to wait for the ack', number(0, 3600), '5')
  .addOption(json())
  .addHelpText(
    'after',
    `
pacebuddy send CueAdvanced                                    GO
pacebuddy send NoteAdded '{"text":"mic 3 crackles"}'          a note about the current cue
pacebuddy send EmergencyTriggered '{"code":"technical"}'      a hold; "level":"stop" or "evacuate" is more
pacebuddy send EmergencyResolved                              lifts it

Exits with 0 when the event is in the log, 1 when it was refused, 3 when no bridge answered.`,
  )
  .action(async (eventType, payload, options) => (await import('./send.js')).send(eventType, payload, options));

const log = program.command('log').description('the log of a show');
server(log.command('tail'))
  .description('follow the events of a running bridge')
  .option('--from <seq>', 'begin with this event instead of the next one', seq)
  .addOption(json())
  .action(async (options) => (await import('./log.js')).tail(options));
log
  .command('export')
  .description('write the events of a log folder as JSON Lines; the bridge may be running')
  .argument('<folder>', 'the log folder of the show, or the bridge file')
  .option('--from <seq>', 'begin with this event', seq, '1')
  .option('-o, --out <file>', 'into a file instead of the terminal')
  .action(async (folder, options) => (await import('./log.js')).exportLog(folder, options));
log
  .command('verify')
  .description('prove that a log is whole: every checksum, every number')
  .argument('<folder>', 'the log folder of the show, or the bridge file')
  .addOption(json())
  .action(async (folder, options) => (await import('./log.js')).verify(folder, options));
log
  .command('repair')
  .description('save what can be saved of a broken log into a new folder beside it; the log itself stays as it is')
  .argument('<folder>', 'the log folder of the show, or the bridge file')
  .option('--to <folder>', 'the new folder')
  .option('--dry-run', 'only say what would be kept and what is lost')
  .addOption(json())
  .action(async (folder, options) => (await import('./log.js')).repair(folder, options));

// `pacebuddy log export … | head`: whoever has read enough ends the command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.done);
});

try {
  await program.parseAsync();
} catch (error) {
  if (!isBridgeError(error)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n  ${error.hint}\n`);
  process.exitCode = EXIT.refused;
}
