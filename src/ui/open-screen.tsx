import {render} from 'ink';
import {type OpenIncident, Root, type ScreenHolder} from './components/root.tsx';
import {createFormatter} from './draw/formatter.ts';
import type {Intro} from './draw/frame.ts';

type ScreenOptions = {
	intro: Intro;
	/** Opens the incident. Called when the first frame is on the terminal; it may load and do a lot. */
	begin(): Promise<OpenIncident>;
	/** Both have to be terminals. */
	stdin: NodeJS.ReadableStream;
	stdout: NodeJS.WritableStream;
	env: NodeJS.ProcessEnv;
	/** Milliseconds since the epoch. */
	now: () => number;
	colors: boolean;
	unicode: boolean;
	/** For ctrl-z: stops this process and returns when it is continued. */
	suspend?: () => Promise<void>;
	/** Closes the screen: the terminal went away, or the process was told to end. */
	stop?: AbortSignal;
	/** Learns how the screen steps aside for a program that asks the person something. */
	foreground?: ScreenHolder;
};

/**
 * Shows an incident until the person leaves, or until it is closed and a key was pressed. `session.ended` says how it
 * ended.
 * @throws what `begin` or a bug threw, after the terminal is as it was before
 */
export async function openScreen(options: ScreenOptions): Promise<void> {
	const {intro, begin, stdin, stdout, env, now, colors, unicode, suspend, foreground, stop} = options;
	const opened = Promise.withResolvers<OpenIncident>();
	let isOpen = false;
	const app = render(
		<Root
			intro={intro}
			opened={opened.promise}
			now={now}
			colors={colors}
			format={createFormatter(unicode)}
			env={env}
			signal={sequence => stdout.write(sequence)}
			{...(suspend ? {suspend} : {})}
			{...(foreground ? {foreground} : {})}
		/>,
		{
			stdin,
			stdout,
			alternateScreen: true,
			incrementalRendering: true,
			exitOnCtrlC: false,
			// The caller knows that these are terminals; Ink would take a CI variable for the contrary.
			interactive: true,
			patchConsole: false,
		},
	);
	const close = () => app.unmount();
	stop?.aborted && close();
	stop?.addEventListener('abort', close, {once: true});
	const closed = app.waitUntilExit().finally(() => stop?.removeEventListener('abort', close));
	closed.catch(() => {});
	await app.waitUntilRenderFlush();
	const beginning = begin().then(incident => {
		isOpen = true;
		opened.resolve(incident);
		return incident;
	}, opened.reject);
	await closed;

	// The person left while the incident was being opened: the session is left once it is open.
	if (!isOpen) {
		await (await beginning)?.session.leave('interrupted');
	}
}
