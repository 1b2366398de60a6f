import {expect} from 'vitest';
import type {JournalEvent} from '../../src/domain/incident/event.ts';
import {createRedaction} from '../../src/domain/text/redaction.ts';
import type {Action, Ports} from '../../src/engine/actions/action.ts';
import {beginSession, resumeSession, type Session, type SessionView} from '../../src/engine/session/session.ts';
import {createMemoryJournal} from './memory-journal.ts';
import {actionsOf, type Conduct, resultOf} from './small-catalogue.ts';
import {smallPage} from './told-incident.ts';

export type SmallSession = {
	session: Session;
	events: JournalEvent[];
	journal: ReturnType<typeof createMemoryJournal>;
	redaction: ReturnType<typeof createRedaction>;
	/** How often each write has run. */
	runs: string[];
	until(is: (view: SessionView) => boolean): Promise<SessionView>;
	/** Until the phase is this one. */
	phase(is: SessionView['incident']['phase']['kind']): Promise<SessionView>;
	types(): string[];
};

/** A session of the small runbook, with a journal in memory and scripted actions. */
export async function openSmallSession({
	conduct = {},
	page = smallPage,
	pace = 'auto',
	earlier = [],
	journal = createMemoryJournal(earlier),
	change = actions => actions,
	ports: more = {},
}: {
	conduct?: Partial<Conduct>;
	page?: string;
	pace?: 'person' | 'auto';
	earlier?: readonly JournalEvent[];
	journal?: ReturnType<typeof createMemoryJournal>;
	change?: (actions: Action[]) => Action[];
	ports?: Partial<Ports>;
} = {}): Promise<SmallSession> {
	const {events} = journal;
	const redaction = createRedaction();
	const runs: string[] = [];
	const clock = {now: () => new Date(), monotonic: () => performance.now(), sleep: async () => {}};
	const ports = {
		clock,
		secrets: {registry: async () => undefined, redact: redaction.redact, redactLog: redaction.stream},
		registry: {host: 'registry.example'},
		...more,
	} as unknown as Ports;
	const actions = actionsOf({
		run: async (action, inputs, context) => {
			if (action.effect !== 'read') {
				runs.push(action.name);
			}

			return conduct.run ? conduct.run(action, inputs, context) : resultOf(action, action.success[0] ?? 'broken');
		},
		reconcile: conduct.reconcile ?? (async () => ({kind: 'unknown', say: 'Nobody knows.'})),
	});
	const options = {journal: journal.journal, ports, actions: change(actions), actor: 'ada', pace};
	const session = await (events.length > 0
		? resumeSession(options)
		: beginSession(options, {
				type: 'incident.opened',
				schema: 'regmedic.journal/1',
				incident: '2026-04-19-small-calm-otter',
				version: '0.1.0',
				runbook: page,
				inputs: {image: 'registry.example/infra-ci:latest'},
				settings: {},
				dryRun: false,
			}));
	const until = (is: (view: SessionView) => boolean) => viewOf(session, is);

	return {
		session,
		events,
		journal,
		redaction,
		runs,
		until,
		phase: wanted => until(({incident}) => incident.phase.kind === wanted),
		types: () => events.map(({type}) => type),
	};
}

/** At the open gate of the repair. */
export async function openAtGate(options: Parameters<typeof openSmallSession>[0] = {}): Promise<SmallSession> {
	const small = await openSmallSession(options);
	await small.phase('asking');
	await small.session.say({type: 'choice.made', option: 'mend', step: 'decide', attempt: 1});
	await small.phase('gate');
	return small;
}

export const approve = {type: 'gate.answered', answer: 'approve', step: 'mend', attempt: 1} as const;

export async function expectRefused(said: Promise<void>): Promise<void> {
	await expect(said).rejects.toMatchObject({code: 'session.refused'});
}

/** The first view of a session that is so, now or later. @throws what halted the session before */
export function viewOf(session: Session, is: (view: SessionView) => boolean): Promise<SessionView> {
	return new Promise((resolve, reject) => {
		const look = () => {
			const view = session.current();
			if (is(view)) {
				stop();
				resolve(view);
			} else if (view.halted) {
				stop();
				reject(view.halted);
			}
		};
		const stop = session.subscribe(look);
		look();
	});
}
