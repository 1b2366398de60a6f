import {exitCodes} from '../domain/errors.ts';
import type {Journal} from '../engine/ports/journal.ts';
import type {Session} from '../engine/session/session.ts';
import type {Invocation} from '../invocation.ts';

/** An incident that is open here, with everything it holds open. */
export type OpenIncident = {
	session: Session;
	journal: Journal;
	/** For titles: `infra-ci:latest`. */
	image: string;
	resumeCommand: string;
	close(): Promise<void>;
};

export type Lead = {
	invocation: Invocation;
	/** Answers by itself what a person is asked: drills only. */
	autopilot: boolean;
	/** What is said while the incident is being opened. */
	opening: {title: string; story: string; drill: boolean};
	/** Called when the person has something to look at: it may load and do a lot. */
	begin(): Promise<OpenIncident>;
};

/** Leads a person through an incident, on a screen or in plain lines, and says how it ended. @returns the exit code */
export async function leadIncident(lead: Lead): Promise<number> {
	const {invocation, autopilot} = lead;
	const {signal, flags, terminal, print} = invocation;
	const onScreen = terminal.interactive && !flags.plain && !autopilot;
	let beginning: Promise<OpenIncident> | undefined;
	let inattentive = () => {};

	const begin = () => {
		beginning ??= lead.begin().then(open => {
			inattentive = leaveWhenInterrupted(open.session, signal);
			return open;
		});
		return beginning;
	};

	try {
		await (onScreen ? showScreen(lead, begin) : talk(lead, begin));
		const {session, journal, resumeCommand} = await begin();
		// What the person said last is still being written, and the record may have failed.
		await session.ended;
		const {exitOf, sayEnd, writePostMortem} = await import('./end-incident.ts');
		const {incident} = session.current();
		// The screen is gone; plain lines have said it already.
		if (onScreen) {
			const whereabouts = {journalFolder: journal.folder, resumeCommand, columns: terminal.stdout.columns};
			print(`${sayEnd(incident, whereabouts).join('\n')}\n`);
		}

		const report = await writePostMortem(journal, incident);
		if (report !== undefined) {
			print(`Post-mortem: ${report}\n`);
		}

		return signal.aborted || wasInterrupted(journal) ? exitCodes.interrupted : exitOf(incident);
	} finally {
		inattentive();
		await (await beginning?.catch(() => undefined))?.close();
	}
}

/** By ctrl-c on the screen, where it is a key and no signal. */
function wasInterrupted(journal: Journal): boolean {
	const last = journal.events().at(-1);
	return last?.type === 'incident.left' && last.reason === 'interrupted';
}

/** The screen is loaded and drawn first: a person at 3 a.m. sees at once that something happens. */
async function showScreen({invocation, opening}: Lead, begin: () => Promise<OpenIncident>): Promise<void> {
	const {terminal, environment} = invocation;
	const {openScreen} = await import('../ui/open-screen.tsx');
	await openScreen({
		opening,
		begin: async () => {
			const {session, image, journal} = await begin();
			return {session, image, journalFolder: journal.folder};
		},
		stdin: terminal.stdin,
		stdout: terminal.stdout,
		env: environment,
		now: Date.now,
		colors: terminal.colors,
		unicode: terminal.unicode,
		suspend: terminal.suspend,
		stop: invocation.signal,
		...(invocation.foreground === undefined ? {} : {foreground: invocation.foreground}),
	});
}

async function talk({invocation, opening, autopilot}: Lead, begin: () => Promise<OpenIncident>): Promise<void> {
	const {terminal, print} = invocation;
	print(`${opening.drill ? 'REHEARSAL: ' : ''}${opening.title}\n${opening.story === '' ? '' : `${opening.story}\n`}\n`);
	const [{runPlain}, {createInterface}, {session, journal, resumeCommand}] = await Promise.all([
		import('../plain/session/run-plain.ts'),
		import('node:readline'),
		begin(),
	]);
	// A pipe that answers is nobody: a gate wants a person at a terminal.
	const typed =
		terminal.interactive && !autopilot ? createInterface({input: terminal.stdin, terminal: false}) : undefined;

	const giveBack = invocation.foreground?.take(async work => {
		typed?.pause();
		await work().finally(() => typed?.resume());
	});

	try {
		await runPlain({
			session,
			output: print,
			answers: typed,
			autopilot,
			now: () => new Date(),
			journalFolder: journal.folder,
			resumeCommand,
			...(terminal.stdout.isTTY ? {columns: terminal.stdout.columns} : {}),
		});
	} finally {
		giveBack?.();
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
