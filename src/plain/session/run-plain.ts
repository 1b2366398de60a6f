import {OperatorError} from '../../domain/errors.ts';
import type {Incident, Phase} from '../../domain/incident/incident.ts';
import {sayDuration} from '../../domain/text/duration.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import type {Session, SessionView} from '../../engine/session/session.ts';
import {createHeartbeat} from './heartbeat.ts';
import {listen} from './listen.ts';
import {narrate, underWay} from './narrate.ts';
import {createPerson} from './person.ts';
import {isPersonsTurn} from './persons-turn.ts';
import {sayEnd} from './say-end.ts';
import {sayProgress} from './say-progress.ts';
import {createAutopilot, createNobody} from './stand-in.ts';

export type PlainOptions = {
	session: Session;
	/** Whole lines, each with its end. */
	output: (text: string) => void;
	/** Lines typed by a person. Undefined: nobody is there. */
	answers?: AsyncIterable<string> | undefined;
	/** A rehearsal that answers for itself. */
	autopilot: boolean;
	now: () => Date;
	/** After how much silence we say that we are still there. */
	heartbeatMs?: number;
	/** After how much silence progress is told. */
	progressMs?: number;
	/** How long the autopilot waits before it asks the world again. */
	lookAgainMs?: number;
	journalFolder: string;
	/** The command that goes on with this incident. */
	resumeCommand: string;
	/** Of the terminal, for the words at the end. */
	columns?: number;
};

/** `gate`: nobody was there to answer. */
export type PlainEnd = {end: 'stopped' | 'left' | 'gate'; incident: Incident};

/**
 * The same session as sentences: for a screen reader, a log file, a terminal that can do nothing else.
 * @throws what `session.ended` rejects with
 */
export async function runPlain(options: PlainOptions): Promise<PlainEnd> {
	const {session, output, answers, autopilot, now} = options;
	const {heartbeatMs = 30_000, progressMs = 5_000, lookAgainMs = 2_000, resumeCommand} = options;
	const broken = Promise.withResolvers<never>();
	const over = new AbortController();
	let before: SessionView | undefined;
	let asked: Phase | undefined;
	let isUnanswered = false;
	let toldAt = now().getTime();

	const heartbeat = createHeartbeat(heartbeatMs, () => {
		const view = session.current();
		if (!isPersonsTurn(view)) {
			const {title, since} = underWay(view);
			const far = sayProgress(view);
			const so = sayDuration(Math.max(0, now().getTime() - Date.parse(since)));
			tell([`Still working: ${title}, ${so} so far${far === undefined ? '' : `; ${far}`}.`]);
		}
	});

	/** Nothing leaves here that a terminal would obey. */
	function tell(lines: string[]): void {
		if (lines.length > 0) {
			heartbeat.touch();
			toldAt = now().getTime();
			output(lines.map(line => `${visibleLine(line)}\n`).join(''));
		}
	}

	const failed = (error: unknown) => {
		if (!(error instanceof OperatorError && error.code === 'session.closed')) {
			broken.reject(error);
		}
	};
	const leave = (reason: 'gate' | 'left') => {
		// At a stop the journal is being sealed; there is nothing left to leave.
		if (session.current().incident.phase.is !== 'stopped') {
			isUnanswered = reason === 'gate';
			session.leave(reason).catch(failed);
		}
	};
	const person = createPerson(session, tell, {now, leave: () => leave('left')});
	const standIn = autopilot
		? createAutopilot(session, tell, {lookAgainMs, leave, failed})
		: createNobody(session, tell, {resumeCommand, leave, failed});
	const isAttended = answers !== undefined && !autopilot;

	function look(): void {
		const view = session.current();
		const seen = before;
		before = view;
		tell(narrate(seen, view, {explains: answers !== undefined}));

		const far = sayProgress(view);
		if (far !== undefined && view.live.progress !== seen?.live.progress && now().getTime() - toldAt >= progressMs) {
			tell([`  ${far}`]);
		}

		if (isPersonsTurn(view) && view.incident.phase !== asked && !view.halted) {
			asked = view.incident.phase;
			if (isAttended) {
				person.ask();
			} else {
				standIn.answer();
			}
		}
	}

	const unsubscribe = session.subscribe(look);
	try {
		look();
		const {phase} = session.current().incident;
		if (phase.is === 'stopped' && phase.closed) {
			tell(['', ...sayEnd(session.current().incident, options)]);
			return {end: 'stopped', incident: session.current().incident};
		}

		(answers === undefined ? Promise.resolve() : listen(answers, person.hear, over.signal))
			.then(() => isAttended && !over.signal.aborted && leave('left'))
			.catch(failed);
		const {why, incident} = await Promise.race([session.ended, broken.promise]);
		tell(['', ...sayEnd(incident, options)]);
		return {end: isUnanswered ? 'gate' : why, incident};
	} finally {
		over.abort();
		unsubscribe();
		heartbeat.stop();
		standIn.stop();
	}
}
