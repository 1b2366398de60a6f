import {defined} from '../domain/defined.ts';
import {exitCodes, OperatorError} from '../domain/errors.ts';
import {withWhatGoesOn} from '../domain/incident/goes-on.ts';
import type {Journal} from '../engine/ports/journal.ts';
import type {Session} from '../engine/session/session.ts';
import type {Invocation} from '../invocation.ts';
import type {Answering} from '../plain/session/unattended.ts';
import type {OpenIncident} from './start.ts';

type Lead = {
	invocation: Invocation;
	/** Answers every question by itself: drills only. */
	autopilot: boolean;
	/** What answers where there is no person. */
	answering?: Answering;
	/** Shown while the incident is being opened. */
	intro: {title: string; story: string; drill: boolean};
	/** Called when the person already sees the intro: it may load and do a lot. */
	begin(): Promise<OpenIncident>;
};

/** Leads a person through an incident, on a screen or in plain lines, and says how it ended. @returns the exit code */
export async function leadIncident(lead: Lead): Promise<number> {
	const {invocation, autopilot} = lead;
	const {signal, flags, terminal, print} = invocation;
	const onScreen = terminal.interactive && !flags.plain && !autopilot;
	let beginning: Promise<OpenIncident> | undefined;
	let stopListening = () => {};

	const begin = () => {
		beginning ??= lead.begin().then(open => {
			stopListening = leaveWhenInterrupted(open.session, signal);
			return open;
		});
		return beginning;
	};

	try {
		await (onScreen ? leadOnScreen(lead, begin) : leadInLines(lead, begin));
		const {session, journal, resumeCommand} = await begin();
		// The last answer may still be on its way to the journal, and writing it may fail.
		await session.ended;
		const {endIncident} = await import('./end.ts');
		const exitCode = await endIncident({
			incident: session.current().incident,
			journal,
			print,
			// The screen is gone; plain lines have told it already.
			summary: onScreen
				? {journalFolder: journal.folder, resumeCommand, ...defined({columns: terminal.columns()})}
				: undefined,
		});
		return signal.aborted || wasInterrupted(journal) ? exitCodes.interrupted : exitCode;
	} catch (error) {
		const open = await beginning?.catch(() => undefined);
		throw error instanceof Error && !(error instanceof OperatorError) && open !== undefined
			? withWhatGoesOn(error, open.session.current().incident)
			: error;
	} finally {
		stopListening();
		await (await beginning?.catch(() => undefined))?.close();
	}
}

/** By ctrl-c on the screen, where it is a key and not a signal. */
function wasInterrupted(journal: Journal): boolean {
	const last = journal.events().at(-1);
	return last?.type === 'incident.left' && last.reason === 'interrupted';
}

/** Loads and draws the screen before anything else: a person at 3 a.m. sees at once that something happens. */
async function leadOnScreen({invocation, intro}: Lead, begin: () => Promise<OpenIncident>): Promise<void> {
	const {terminal, environment, foreground} = invocation;
	const {openScreen} = await import('../ui/open-screen.tsx');
	await openScreen({
		intro,
		begin: async () => {
			const {session, image, journal} = await begin();
			return {session, image, journalFolder: journal.folder};
		},
		stdin: terminal.stdin,
		stdout: terminal.stdout,
		env: environment,
		// The system clock's file brings the configuration's schema, which the first frame does not wait for.
		now: Date.now,
		colors: terminal.colors,
		unicode: terminal.unicode,
		suspend: terminal.suspend,
		stop: invocation.signal,
		...defined({foreground}),
	});
}

async function leadInLines(
	{invocation, intro, autopilot, answering}: Lead,
	begin: () => Promise<OpenIncident>,
): Promise<void> {
	const {terminal, print, foreground} = invocation;
	const {readableColumns, wrap} = await import('../domain/text/wrap.ts');
	const columns = readableColumns(terminal.columns());
	const lines = [`${intro.drill ? 'REHEARSAL: ' : ''}${intro.title}`, intro.story].filter(line => line !== '');
	print(`${lines.flatMap(line => wrap(line, {columns})).join('\n')}\n\n`);
	const [{runPlain}, {systemClock}, {createInterface}, {session, journal, resumeCommand}] = await Promise.all([
		import('../plain/session/run-plain.ts'),
		import('../wiring/setup.ts'),
		import('node:readline'),
		begin(),
	]);
	// Input from a pipe does not count as a person: a gate needs a person at a terminal.
	const typed =
		terminal.interactive && !autopilot ? createInterface({input: terminal.stdin, terminal: false}) : undefined;

	const release = foreground?.take(async work => {
		typed?.pause();
		await work().finally(() => typed?.resume());
	});

	try {
		await runPlain({
			session,
			output: print,
			answers: typed,
			autopilot,
			now: systemClock.now,
			journalFolder: journal.folder,
			resumeCommand,
			...defined({columns: terminal.columns(), answering}),
		});
	} finally {
		release?.();
		typed?.close();
	}
}

function leaveWhenInterrupted(session: Session, signal: AbortSignal): () => void {
	const leave = () => void session.leave('interrupted');
	if (signal.aborted) {
		leave();
	}

	signal.addEventListener('abort', leave, {once: true});
	return () => signal.removeEventListener('abort', leave);
}
