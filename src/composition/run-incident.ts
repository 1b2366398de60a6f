import path from 'node:path';
import {createInterface} from 'node:readline';
import writeFileAtomic from 'write-file-atomic';
import type {Invocation} from '../commands/invocation.ts';
import {exitCodes} from '../domain/errors.ts';
import type {Incident} from '../domain/incident.ts';
import {exitOf} from '../domain/incident-exit.ts';
import {postMortemOf} from '../domain/post-mortem.ts';
import {renderMarkdown} from '../domain/post-mortem-markdown.ts';
import type {Journal} from '../engine/ports.ts';
import type {Session} from '../engine/session.ts';
import {runPlain} from '../plain/run-plain.ts';
import {sayEnd} from '../plain/say-end.ts';

export type IncidentRun = {
	invocation: Invocation;
	session: Session;
	journal: Journal;
	/** For titles: `infra-ci:latest`. */
	image: string;
	/** Answers by itself what a person is asked: drills only. */
	autopilot: boolean;
	resumeCommand: string;
};

/** Leads a person through an open session, on a screen or in plain lines, and says how it ended. @returns the exit code */
export async function runIncident(run: IncidentRun): Promise<number> {
	const {invocation, session, journal, resumeCommand} = run;
	const onScreen = invocation.terminal.interactive && !invocation.flags.plain && !run.autopilot;
	const interrupted = onScreen ? undefined : leaveWhenInterrupted(session, invocation.signal);

	try {
		await (onScreen ? showScreen(run) : talk(run));
	} finally {
		interrupted?.();
	}

	const {incident} = session.current();
	const report = await writePostMortem(journal, incident);
	for (const line of sayEnd(incident, {journalFolder: journal.folder, resumeCommand})) {
		invocation.print(`${line}\n`);
	}

	if (report !== undefined) {
		invocation.print(`Post-mortem: ${report}\n`);
	}

	return invocation.signal.aborted ? exitCodes.interrupted : exitOf(incident);
}

async function showScreen({invocation, session, journal, image}: IncidentRun): Promise<void> {
	const {terminal, environment} = invocation;
	const {openScreen} = await import('../ui/open-screen.tsx');
	await openScreen({
		session,
		image,
		stdin: terminal.stdin,
		stdout: terminal.stdout,
		env: environment,
		journalFolder: journal.folder,
		now: Date.now,
		colors: terminal.colors,
		unicode: terminal.unicode,
	});
}

async function talk({invocation, session, journal, autopilot, resumeCommand}: IncidentRun): Promise<void> {
	const {terminal} = invocation;
	// A pipe that answers is nobody: a gate wants a person at a terminal.
	const typed =
		terminal.interactive && !autopilot ? createInterface({input: terminal.stdin, terminal: false}) : undefined;
	try {
		await runPlain({
			session,
			output: invocation.print,
			answers: typed,
			autopilot,
			now: () => new Date(),
			journalFolder: journal.folder,
			resumeCommand,
		});
	} finally {
		typed?.close();
	}
}

/** A drill's ends up beside its journal like a real one's; the document itself says DRILL. */
async function writePostMortem(journal: Journal, incident: Incident): Promise<string | undefined> {
	if (incident.phase.is !== 'stopped') {
		return undefined;
	}

	const file = path.join(journal.folder, 'post-mortem.md');
	await writeFileAtomic(file, renderMarkdown(postMortemOf(journal.events())), {mode: 0o600});
	return file;
}

function leaveWhenInterrupted(session: Session, signal: AbortSignal): () => void {
	const leave = () => void session.leave('interrupted');
	signal.addEventListener('abort', leave, {once: true});
	return () => signal.removeEventListener('abort', leave);
}
