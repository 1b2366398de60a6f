import {render} from 'ink';
import type {Session} from '../engine/session.ts';
import {App} from './app.tsx';
import {createPen} from './pen.ts';

export type ScreenOptions = {
	session: Session;
	/** As it stands in titles: `infra-ci:latest`. */
	image: string;
	/** Both have to be terminals. */
	stdin: NodeJS.ReadableStream;
	stdout: NodeJS.WritableStream;
	env: NodeJS.ProcessEnv;
	journalFolder: string;
	/** Milliseconds since the epoch. */
	now: () => number;
	colors: boolean;
	unicode: boolean;
	/** For ctrl-z: stops this process and returns when it is continued. */
	suspend?: () => Promise<void>;
};

/**
 * Shows a session until the person leaves, or until the incident is closed and a key was pressed.
 * What becomes of the session is in `session.ended`.
 * @throws what a bug in the session or the screen threw, when the terminal is as it was before
 */
export async function openScreen(options: ScreenOptions): Promise<void> {
	const {session, image, stdin, stdout, env, journalFolder, now, colors, unicode, suspend} = options;
	const app = render(
		<App
			session={session}
			image={image}
			journalFolder={journalFolder}
			now={now}
			colors={colors}
			pen={createPen(unicode)}
			env={env}
			signal={sequence => stdout.write(sequence)}
			{...(suspend ? {suspend} : {})}
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
	await app.waitUntilExit();
}
