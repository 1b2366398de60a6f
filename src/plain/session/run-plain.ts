import {OperatorError} from '../../domain/errors.ts';
import {sayHold} from '../../domain/hold/say-hold.ts';
import {holdIn} from '../../domain/incident/hold.ts';
import {currentStep, currentVisit, type Incident, type Phase, type Visit} from '../../domain/incident/incident.ts';
import {sayDuration} from '../../domain/text/time.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {upperFirst} from '../../domain/text/wording.ts';
import type {Session, SessionView} from '../../engine/session/session.ts';
import {narrate} from './narrate.ts';
import {createPerson} from './person.ts';
import {waitsForPerson} from './prompt.ts';
import {readLines} from './read-lines.ts';
import {sayEnd} from './say-end.ts';
import {type Answering, createAutopilot, createNobody} from './unattended.ts';

export type PlainOptions = {
	session: Session;
	/** Takes whole lines, each with its end. */
	output: (text: string) => void;
	/** Lines typed by a person. Undefined: there is no person. */
	answers?: AsyncIterable<string> | undefined;
	/** The drill answers for itself. */
	autopilot: boolean;
	/** What answers where there is no person. */
	answering?: Answering;
	now: () => Date;
	/** After this much silence a line says that work goes on. */
	heartbeatMs?: number;
	/** After this much silence progress is told. */
	progressMs?: number;
	/** How long the autopilot waits before it checks again whether a change was made. */
	checkAgainMs?: number;
	journalFolder: string;
	/** The command that goes on with this incident. */
	resumeCommand: string;
	/** Of the terminal, for the lines at the end. */
	columns?: number;
};

/** `gate`: a question or a gate came, and there was no person to answer. */
export type PlainEnd = {end: 'stopped' | 'left' | 'gate'; incident: Incident};

/**
 * Leads an incident as plain sentences: for a screen reader, a log file, a terminal that can show nothing else.
 * @throws what `session.ended` rejects with
 */
export async function runPlain(options: PlainOptions): Promise<PlainEnd> {
	const {session, output, answers, autopilot, now} = options;
	const {heartbeatMs = 30_000, progressMs = 5_000, checkAgainMs = 2_000, resumeCommand} = options;
	const broken = Promise.withResolvers<never>();
	const over = new AbortController();
	let before: SessionView | undefined;
	let asked: Phase | Visit['items'] | Visit['rows'];
	let isUnanswered = false;
	let toldAt = now().getTime();

	const heartbeat = createHeartbeat(heartbeatMs, () => {
		const view = session.current();
		if (!waitsForPerson(view)) {
			tell([sayStillWorking(view, now().getTime())]);
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
		// At a stop the journal is being sealed: the session ends by itself.
		if (session.current().incident.phase.kind !== 'stopped') {
			isUnanswered = reason === 'gate';
			session.leave(reason).catch(failed);
		}
	};
	const person = createPerson(session, tell, {now, leave: () => leave('left')});
	const unattended = autopilot
		? createAutopilot(session, tell, {checkAgainMs, leave, failed})
		: (options.answering ?? createNobody)(session, tell, {checkAgainMs, resumeCommand, leave, failed});
	const isAttended = answers !== undefined && !autopilot;

	function tellNews(): void {
		const view = session.current();
		const known = before;
		before = view;
		tell(narrate(known, view, {explains: answers !== undefined}));

		const progress = sayProgress(view);
		const isNew = view.live.progress !== known?.live.progress;
		if (progress !== undefined && isNew && now().getTime() - toldAt >= progressMs) {
			tell([`  ${progress}`]);
		}

		if (waitsForPerson(view) && momentOf(view.incident) !== asked && !view.halted) {
			asked = momentOf(view.incident);
			tell(sayHeld(view, now().getTime()));
			if (isAttended) {
				person.ask();
			} else {
				unattended.answer();
			}
		}
	}

	const unsubscribe = session.subscribe(tellNews);
	try {
		tellNews();
		const {phase} = session.current().incident;
		if (phase.kind === 'stopped' && phase.closed) {
			tell(['', ...sayEnd(session.current().incident, options)]);
			return {end: 'stopped', incident: session.current().incident};
		}

		(answers === undefined ? Promise.resolve() : readLines(answers, person.answer, over.signal))
			.then(() => isAttended && !over.signal.aborted && leave('left'))
			.catch(failed);
		const {kind, incident} = await Promise.race([session.ended, broken.promise]);
		tell(['', ...sayEnd(incident, options)]);
		return {end: isUnanswered ? 'gate' : kind, incident};
	} finally {
		over.abort();
		unsubscribe();
		heartbeat.stop();
		unattended.stop();
	}
}

/** Changes when something else is asked: while items are carried out, or rows are marked, the phase stays the same. */
function momentOf(incident: Incident): Phase | Visit['items'] | Visit['rows'] {
	const {phase} = incident;
	const visit = currentVisit(incident);
	return phase.kind === 'applying' ? visit?.items : phase.kind === 'asking' ? (visit?.rows ?? phase) : phase;
}

/** `blobs: 12 of 40` */
function sayProgress({live: {progress}}: SessionView): string | undefined {
	if (!progress) {
		return undefined;
	}

	const {label, done, total} = progress;
	return `${label}${done === undefined ? '' : `: ${done}${total === undefined ? '' : ` of ${total}`}`}`;
}

/** `[3] infra-ci, rebuild-ci: layers: 2 of 8` */
function sayItemsUnderWay({incident, live}: SessionView): string[] {
	return (currentVisit(incident)?.items ?? [])
		.filter(({state}) => state.kind === 'running')
		.map(({id, title, remedy}) => {
			const {label, done, total} = live.items?.get(id) ?? {label: 'under way'};
			return `[${id}] ${title}, ${remedy}: ${label}${done === undefined ? '' : ` ${done}${total === undefined ? '' : ` of ${total}`}`}`;
		});
}

function sayStillWorking(view: SessionView, now: number): string {
	const {incident} = view;
	const {phase, lastAt} = incident;
	const title = currentStep(incident)?.title ?? phase.kind;
	const since = currentVisit(incident)?.startedAt ?? lastAt;
	const elapsed = sayDuration(Math.max(0, now - Date.parse(since)));
	const progress =
		[sayProgress(view), ...sayItemsUnderWay(view)].filter(each => each !== undefined).join('; ') || undefined;
	const held = sayHeld(view, now).map(line => ` ${line}`);
	return `Still working: ${title}, ${elapsed} so far${progress === undefined ? '' : `; ${progress}`}.${held.join('')}`;
}

/** The countdown to what will take data out of the store. */
function sayHeld({incident}: SessionView, now: number): string[] {
	const hold = holdIn(incident);
	const text = hold && sayHold(hold, now);
	return text === undefined ? [] : [`${upperFirst(text)}.`];
}

/** Beats whenever it was not touched for this long. */
function createHeartbeat(everyMs: number, beat: () => void) {
	let timer: NodeJS.Timeout | undefined;
	const touch = () => {
		clearTimeout(timer);
		timer = setTimeout(() => {
			touch();
			beat();
		}, everyMs);
	};

	touch();
	return {touch, stop: () => clearTimeout(timer)};
}
